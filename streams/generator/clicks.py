"""Clicks on partners' links, nearly all of a stream, hence written by hand."""

from __future__ import annotations

from typing import Final

from events.time import format_time
from streams.generator.event import CLICKS, Generated, Ids, Person
from streams.generator.partners import Partner

SHOP: Final = "https://shop.example"
CATEGORIES: Final = ("shoes", "jackets", "bags", "toys", "books", "kitchen", "garden", "audio")


def click(
    ids: Ids,
    click_id: str,
    person: Person,
    partner: Partner,
    market: str,
    at: int,
    page: int,
    *,
    tracking: str = "",
    referrer: str = "",
) -> Generated:
    """A click; ``page`` chooses what is looked at, ``tracking`` is added to the address.

    Nothing that goes into it needs escapes in JSON.
    """
    who, device, address = person
    category = CATEGORIES[page % 8]
    value = (
        f'{{"specversion":"1.0","id":"{click_id}","source":"{ids.source}","type":"link.clicked",'
        f'"time":"{format_time(at)}","data":{{"click_id":"{click_id}","customer_id":"{who}",'
        f'"partner_id":"{partner.id}","market":"{market}",'
        f'"url":"{SHOP}/{market}/{category}?item={page}&utm_source={partner.id}{tracking}",'
        f'"referrer":"{referrer or partner.page}{page}","country":"{market}",'
        f'"device_id":"{device}","ip_hash":"{address}"}}}}'
    )
    return Generated(CLICKS, who.encode(), value.encode(), at)
