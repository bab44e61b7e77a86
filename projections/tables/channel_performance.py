"""``channel_performance``: what each channel brought by market and home day, the partner channel among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from projections.tables.column import about, columns_of
from projections.tables.ratios import mean, share
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"c"


class ChannelPerformance(Struct, frozen=True):
    """A channel in a market on a home day; each order counts once, whoever is credited with it."""

    program: Annotated[str, about("id", "The program.", "attributions")]
    channel: Annotated[
        str,
        about(
            "id", "The order's channel, else partner when somebody is credited, else direct.", "attributions"
        ),
    ]
    market: Annotated[str, about("id", "The market of the order.", "attributions")]
    day: Annotated[str, about("date", "Home day of the order.", "attributions, programs")]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "programs")]
    orders: Annotated[int, about("count", "Orders, refunded ones too.", "attributions")]
    net: Annotated[int, about("minor", "Their net (revenue), before refunds.", "attributions")]
    new_customers: Annotated[int, about("count", "Of these orders those of new customers.", "attributions")]
    reversed_orders: Annotated[
        int, about("count", "Of these orders those cancelled or refunded in full.", "orders, attributions")
    ]
    reversed_net: Annotated[
        int,
        about(
            "minor",
            "What refunds took back of net, rounded as the order's version says.",
            "orders, attributions",
        ),
    ]
    aov: Annotated[str | None, about("minor", "Average order value: net ÷ orders.", "attributions")]
    new_customer_share: Annotated[str | None, about("ratio", "new_customers ÷ orders.", "attributions")]
    reversal_rate: Annotated[str | None, about("ratio", "reversed_orders ÷ orders.", "orders, attributions")]


_decode: Final = msgspec.msgpack.Decoder(tuple[str, str, str, str, str, int, int, int, int, int]).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    stored = _decode(raw)
    orders, net, new_customers, reversed_orders = stored[5:9]
    row = ChannelPerformance(
        *stored,
        aov=mean(net, orders),
        new_customer_share=share(new_customers, orders),
        reversal_rate=share(reversed_orders, orders),
    )
    yield as_row(row)


TABLE: Final = Table(
    name="channel_performance",
    doc="Per program, channel, market and home day: orders, revenue and new customers.",
    columns=columns_of(ChannelPerformance),
    key=("program", "channel", "market", "day"),
    prefix=PREFIX,
    show=show,
    filters=("program", "channel", "market", "day"),
    ranges=("day",),
)
