"""``tiers``: the tier of each partner, since it first moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from events.time import format_time
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"t"

_FROM = "milestones"


class Tier(Struct, frozen=True):
    """A partner in a program, as its last ``tier.changed`` left it."""

    partner_id: Annotated[str, about("id", "The partner.", _FROM)]
    program: Annotated[str, about("id", "The program.", _FROM)]
    tier: Annotated[str, about("id", "Its tier; empty below the lowest.", _FROM)]
    before: Annotated[str, about("id", "The tier before.", _FROM)]
    since: Annotated[str, about("time", "When it changed: the order that crossed, or the midnight.", _FROM)]
    metric: Annotated[str, about("text", "What tiers go by: revenue or orders.", _FROM)]
    value: Annotated[
        int, about("minor", "The metric of the window then: minor units of unit, or orders.", _FROM)
    ]
    unit: Annotated[
        str, about("text", "The unit of value: the program's money, or orders.", "milestones, programs")
    ]
    window_start: Annotated[str, about("date", "First home day of that window.", _FROM)]
    changes: Annotated[int, about("count", "How often its tier changed.", _FROM)]


class StoredTier(Struct, array_like=True):
    """The row as it is stored."""

    partner_id: str
    program: str
    tier: str = ""
    before: str = ""
    since: int = 0
    metric: str = ""
    value: int = 0
    window_start: str = ""
    changes: int = 0


_decode: Final = msgspec.msgpack.Decoder(StoredTier).decode


def show(raw: bytes, versions: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    unit = versions.unit(one.program) if one.metric == "revenue" else one.metric
    yield as_row(
        Tier(
            one.partner_id,
            one.program,
            one.tier,
            one.before,
            format_time(one.since),
            one.metric,
            one.value,
            unit,
            one.window_start,
            one.changes,
        )
    )


TABLE: Final = Table(
    name="tiers",
    doc="Per partner and program: its tier, since when, and by which value.",
    columns=columns_of(Tier),
    key=("partner_id", "program"),
    prefix=PREFIX,
    show=show,
    filters=("partner_id", "program", "tier"),
)
