"""``key_day_performance``: what each key day of a market brought, beside its baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from events.milestones import KeyDayClosed, KeyDayUpcoming
from projections.tables.column import about, columns_of
from projections.tables.ratios import mean, share
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"k"

_LIVE = "attributions, programs"
_TOLD = "milestones"


class KeyDayPerformance(Struct, frozen=True):
    """A key day of a market, by the first local date of its window.

    Live columns count orders that fell on it. Those from ``milestones`` are as told when it closed, at the
    first home midnight after its end, or, before, when it was announced.
    """

    program: Annotated[str, about("id", "The program.", _LIVE)]
    market: Annotated[str, about("id", "The market.", _LIVE)]
    key_day: Annotated[str, about("id", "The key day.", _LIVE)]
    date: Annotated[str, about("date", "First local date of its window in the market.", _LIVE)]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "programs")]
    status: Annotated[
        str, about("text", "upcoming, open (orders came) or closed.", "attributions, milestones")
    ]
    name: Annotated[str | None, about("text", "Its name.", _TOLD)]
    start: Annotated[str | None, about("time", "When its window starts.", _TOLD)]
    end: Annotated[str | None, about("time", "When its window ends, exclusive.", _TOLD)]
    certainty: Annotated[str | None, about("text", "Whether its dates are confirmed, as announced.", _TOLD)]
    orders: Annotated[int, about("count", "Orders on it, refunded ones too.", _LIVE)]
    net: Annotated[int, about("minor", "Their net, before refunds.", _LIVE)]
    new_customers: Annotated[int, about("count", "Of these orders those of new customers.", _LIVE)]
    reversed_orders: Annotated[
        int, about("count", "Of these orders those cancelled or refunded in full.", "orders, attributions")
    ]
    reversed_net: Annotated[int, about("minor", "What refunds took back of net.", "orders, attributions")]
    aov: Annotated[str | None, about("minor", "Average order value: net ÷ orders.", _LIVE)]
    new_customer_share: Annotated[str | None, about("ratio", "new_customers ÷ orders.", _LIVE)]
    closed_orders: Annotated[
        int | None, about("count", "Orders when it closed, less those refunded in full.", _TOLD)
    ]
    closed_revenue: Annotated[int | None, about("minor", "Revenue when it closed, less refunds.", _TOLD)]
    closed_new_customers: Annotated[int | None, about("count", "New customers when it closed.", _TOLD)]
    baseline_days: Annotated[int | None, about("count", "Days that the baseline is a mean of.", _TOLD)]
    baseline_orders: Annotated[str | None, about("ratio", "Orders that such hours bring without it.", _TOLD)]
    baseline_revenue: Annotated[
        int | None, about("minor", "Revenue that such hours bring without it.", _TOLD)
    ]
    baseline_new_customers: Annotated[
        str | None, about("ratio", "New customers that such hours bring without it.", _TOLD)
    ]
    uplift: Annotated[str | None, about("ratio", "closed_revenue ÷ baseline_revenue - 1.", _TOLD)]
    productivity: Annotated[int | None, about("minor", "Revenue per 24 hours.", _TOLD)]
    rank_productivity: Annotated[
        int | None, about("count", "Its place by productivity when it closed.", _TOLD)
    ]
    rank_potential: Annotated[int | None, about("count", "Its place by uplift when it closed.", _TOLD)]
    ranked: Annotated[int | None, about("count", "Key days of the market that were ranked with it.", _TOLD)]


class StoredKeyDay(Struct, array_like=True):
    """The row as it is stored."""

    program: str
    market: str
    key_day: str
    date: str
    unit: str
    orders: int = 0
    net: int = 0
    new_customers: int = 0
    reversed_orders: int = 0
    reversed_net: int = 0
    upcoming: KeyDayUpcoming | None = None
    closed: KeyDayClosed | None = None


_decode: Final = msgspec.msgpack.Decoder(StoredKeyDay).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    closed, told = one.closed, one.closed or one.upcoming
    baseline = None if closed is None else closed.baseline
    yield as_row(
        KeyDayPerformance(
            program=one.program,
            market=one.market,
            key_day=one.key_day,
            date=one.date,
            unit=one.unit,
            status="closed" if closed is not None else "open" if one.orders else "upcoming",
            name=None if told is None else told.name,
            start=None if told is None else told.start,
            end=None if told is None else told.end,
            certainty=None if one.upcoming is None else one.upcoming.status,
            orders=one.orders,
            net=one.net,
            new_customers=one.new_customers,
            reversed_orders=one.reversed_orders,
            reversed_net=one.reversed_net,
            aov=mean(one.net, one.orders),
            new_customer_share=share(one.new_customers, one.orders),
            closed_orders=None if closed is None else closed.orders,
            closed_revenue=None if closed is None else closed.revenue,
            closed_new_customers=None if closed is None else closed.new_customers,
            baseline_days=None if baseline is None else baseline.days,
            baseline_orders=None if baseline is None else baseline.orders,
            baseline_revenue=None if baseline is None else baseline.revenue,
            baseline_new_customers=None if baseline is None else baseline.new_customers,
            uplift=None if closed is None else closed.uplift,
            productivity=None if closed is None else closed.productivity,
            rank_productivity=None if closed is None else closed.rank_productivity,
            rank_potential=None if closed is None else closed.rank_potential,
            ranked=None if closed is None else closed.ranked,
        )
    )


TABLE: Final = Table(
    name="key_day_performance",
    doc="Per program, market, key day and date: live figures, and those of its close with baseline and ranks.",
    columns=columns_of(KeyDayPerformance),
    key=("program", "market", "key_day", "date"),
    prefix=PREFIX,
    show=show,
    filters=("program", "market", "key_day", "date", "status"),
    ranges=("date",),
)
