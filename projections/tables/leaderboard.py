"""``leaderboard``: partners by what they brought in a home month, the best first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"l"


class Leader(Struct, frozen=True):
    """A partner in a home month of a program; equal revenue ranks by partner id."""

    program: Annotated[str, about("id", "The program.", "attributions")]
    period: Annotated[
        str, about("month", "Home month of the orders, such as 2026-11.", "attributions, programs")
    ]
    partner_id: Annotated[str, about("id", "The partner.", "attributions")]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "programs")]
    orders: Annotated[
        int, about("count", "Orders credited to the partner, not refunded in full.", "attributions, orders")
    ]
    net: Annotated[
        int, about("minor", "The partner's part of their net, less refunds.", "attributions, orders")
    ]
    new_customers: Annotated[
        int, about("count", "Of these orders those of new customers.", "attributions, orders")
    ]
    commission: Annotated[
        int,
        about("minor", "Money granted to the partner for these orders, less what was reversed.", "rewards"),
    ]
    settled_commission: Annotated[int, about("minor", "Of commission what became available.", "rewards")]
    rank: Annotated[
        int, about("count", "Place by net among the partners of the month, from 1.", "attributions")
    ]


_decode: Final = msgspec.msgpack.Decoder(tuple[str, str, str, str, int, int, int, int, int]).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value, without its rank."""
    yield as_row(Leader(*_decode(raw), rank=0))


def place(row: Row) -> tuple[int, str]:
    """What rows of a month are ranked by."""
    return -row["net"], row["partner_id"]


TABLE: Final = Table(
    name="leaderboard",
    doc="Per program and home month: partners ranked by net less refunds.",
    columns=columns_of(Leader),
    key=("program", "period", "rank"),
    prefix=PREFIX,
    show=show,
    filters=("program", "period", "partner_id"),
    ranges=("period",),
    narrow=("program", "period"),
    ranked=True,
)
