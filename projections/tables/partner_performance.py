"""``partner_performance``: what each partner brought by market and home day, live and settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Struct

from projections.tables.column import about, columns_of
from projections.tables.ratios import mean, per_hundred, share
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"p"
#: Sums of a stored row behind partner, program, market, day and unit, in their order.
SUMS: Final = (
    "clicks",
    "orders",
    "net",
    "new_customers",
    "reversed_orders",
    "reversed_net",
    "commission",
    "commission_points",
    "settled_orders",
    "settled_net",
    "settled_commission",
    "settled_points",
    "settled_new_customers",
)

_BOTH = "attributions, clicks"


class PartnerPerformance(Struct, frozen=True):
    """A partner in a market on a home day: the day of the order, and of the click.

    Live columns count at once. Settled ones count orders on which nothing is held back any more (no grant to
    the partner is pending or held) and which were not refunded in full, and commission that was released.
    """

    partner_id: Annotated[str, about("id", "The partner.", _BOTH)]
    program: Annotated[str, about("id", "The program.", _BOTH)]
    market: Annotated[str, about("id", "The market of the order or the click.", _BOTH)]
    day: Annotated[str, about("date", "Home day of the program on which it occurred.", _BOTH + ", programs")]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "programs")]
    clicks: Annotated[
        int,
        about(
            "count",
            "Clicks on the partner's links that took effect, rejected ones too; each click_id of a customer once.",
            "clicks, dead-letters",
        ),
    ]
    orders: Annotated[
        int, about("count", "Orders credited to the partner, refunded ones too.", "attributions")
    ]
    net: Annotated[int, about("minor", "The partner's part of their net, before refunds.", "attributions")]
    new_customers: Annotated[int, about("count", "Of these orders those of new customers.", "attributions")]
    reversed_orders: Annotated[
        int,
        about(
            "count",
            "Of these orders those cancelled or refunded in full.",
            "orders, attributions, dead-letters",
        ),
    ]
    reversed_net: Annotated[
        int,
        about(
            "minor",
            "What refunds took back of net: net * refunded ÷ the order's net, rounded as the order's version says.",
            "orders, attributions, dead-letters, programs",
        ),
    ]
    commission: Annotated[
        int,
        about("minor", "Money granted to the partner for these orders, less what was reversed.", "rewards"),
    ]
    commission_points: Annotated[int, about("points", "The same in points.", "rewards")]
    settled_orders: Annotated[
        int,
        about("count", "Orders past their hold and not refunded in full.", "rewards, attributions, orders"),
    ]
    settled_net: Annotated[
        int, about("minor", "Net of settled orders, less refunds.", "rewards, attributions, orders")
    ]
    settled_commission: Annotated[int, about("minor", "Of commission what became available.", "rewards")]
    settled_points: Annotated[int, about("points", "Of commission_points what became available.", "rewards")]
    aov: Annotated[str | None, about("minor", "Average order value: net ÷ orders.", "attributions")]
    conversion: Annotated[str | None, about("ratio", "orders ÷ clicks.", _BOTH)]
    epc: Annotated[str | None, about("minor", "Earnings per click: commission ÷ clicks.", "rewards, clicks")]
    epc100: Annotated[str | None, about("minor", "Earnings per 100 clicks.", "rewards, clicks")]
    new_customer_share: Annotated[str | None, about("ratio", "new_customers ÷ orders.", "attributions")]
    reversal_rate: Annotated[str | None, about("ratio", "reversed_orders ÷ orders.", "orders, attributions")]
    settled_new_customers: Annotated[
        int, about("count", "Of settled orders those of new customers.", "rewards, attributions, orders")
    ]
    settled_aov: Annotated[
        str | None, about("minor", "settled_net ÷ settled_orders.", "rewards, attributions, orders")
    ]
    settled_conversion: Annotated[
        str | None, about("ratio", "settled_orders ÷ clicks.", "rewards, attributions, clicks")
    ]
    settled_epc: Annotated[str | None, about("minor", "settled_commission ÷ clicks.", "rewards, clicks")]
    settled_epc100: Annotated[
        str | None, about("minor", "settled_commission per 100 clicks.", "rewards, clicks")
    ]
    settled_new_customer_share: Annotated[
        str | None,
        about("ratio", "settled_new_customers ÷ settled_orders.", "rewards, attributions, orders"),
    ]
    settled_reversal_rate: Annotated[
        str | None,
        about(
            "ratio",
            "reversed_orders ÷ (settled_orders + reversed_orders): of the orders of which it is certain.",
            "rewards, attributions, orders",
        ),
    ]


#: Columns as they are stored.
_NAMES: Final = ("partner_id", "program", "market", "day", "unit", *SUMS)
_decode: Final = msgspec.msgpack.Decoder(list[Any]).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    stored = _decode(raw)
    sums = dict(zip(SUMS, stored[5:], strict=True))
    clicks, orders = sums["clicks"], sums["orders"]
    row = PartnerPerformance(
        **dict(zip(_NAMES, stored, strict=True)),
        aov=mean(sums["net"], orders),
        conversion=share(orders, clicks),
        epc=mean(sums["commission"], clicks),
        epc100=per_hundred(sums["commission"], clicks),
        new_customer_share=share(sums["new_customers"], orders),
        reversal_rate=share(sums["reversed_orders"], orders),
        settled_new_customer_share=share(sums["settled_new_customers"], sums["settled_orders"]),
        settled_reversal_rate=share(
            sums["reversed_orders"], sums["settled_orders"] + sums["reversed_orders"]
        ),
        settled_aov=mean(sums["settled_net"], sums["settled_orders"]),
        settled_conversion=share(sums["settled_orders"], clicks),
        settled_epc=mean(sums["settled_commission"], clicks),
        settled_epc100=per_hundred(sums["settled_commission"], clicks),
    )
    yield as_row(row)


TABLE: Final = Table(
    name="partner_performance",
    doc="Per partner, program, market and home day: clicks, orders and commission, live and settled.",
    columns=columns_of(PartnerPerformance),
    key=("partner_id", "program", "market", "day"),
    prefix=PREFIX,
    show=show,
    filters=("partner_id", "program", "market", "day"),
    ranges=("day",),
)
