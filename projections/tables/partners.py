"""``partners``: who the partners of a program are, their group, tier and standing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Struct

from events.time import format_time
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions
from streams.rules.tiers import reached

PREFIX: Final = b"m"
#: Records of a partner, and changes of its standing, of which a dead letter can still take one back.
KEPT: Final = 20

_FROM = "partner-events, dead-letters"
_STANDING = "partner-events, compliance, dead-letters"


class Partner(Struct, frozen=True):
    """A partner of a program by its newest record; without one it was only suspended or reinstated."""

    partner_id: Annotated[str, about("id", "The partner.", _FROM)]
    program: Annotated[str, about("id", "The program.", _FROM)]
    name: Annotated[str | None, about("text", "Its name.", _FROM)]
    group: Annotated[str | None, about("id", "Its group, such as content or coupon.", _FROM)]
    tier: Annotated[
        str | None,
        about(
            "id",
            "Its tier: as told last, before that the level that 0 reaches; none without tiers.",
            "milestones, programs",
        ),
    ]
    enrolled: Annotated[bool, about("text", "Whether it has a record.", _FROM)]
    enrolled_at: Annotated[str | None, about("time", "Time of the first record that is known.", _FROM)]
    updated_at: Annotated[str | None, about("time", "Time of the newest record.", _FROM)]
    markets: Annotated[
        list[str] | None, about("id", "Its markets; none: all of the program, empty: no market.", _FROM)
    ]
    paid_search_allowed: Annotated[bool, about("text", "Whether it may buy search ads.", _FROM)]
    terms_version: Annotated[str | None, about("text", "The terms that it agreed to.", _FROM)]
    locale: Annotated[str | None, about("text", "The language it is written in.", _FROM)]
    suspended: Annotated[bool, about("text", "Whether it is suspended, so that it earns nothing.", _STANDING)]
    suspended_at: Annotated[str | None, about("time", "Since when it is suspended.", _STANDING)]
    suspended_by: Annotated[str | None, about("text", "person, or rule (a case of compliance).", _STANDING)]
    reason: Annotated[str | None, about("text", "Why a person suspended or reinstated it last.", _FROM)]
    actor: Annotated[str | None, about("text", "Who did.", _FROM)]


class Record(Struct, array_like=True, frozen=True):
    """A record as it came: ``sign`` -1 where it came as a dead letter; content that no row shows is left out."""

    digest: int
    sign: int
    time: int
    group: str
    name: str | None
    markets: tuple[str, ...] | None
    terms_version: str | None
    paid_search_allowed: bool
    locale: str | None


class Standing(Struct, array_like=True, frozen=True):
    """A change of a partner's standing as it came."""

    digest: int
    sign: int
    time: int
    suspended: bool
    reason: str | None
    actor: str | None


class StoredPartner(Struct, array_like=True):
    """The row as it is stored: what came in the order of the topic, the newest of each kind.

    ``groups`` are times and groups of older records, those that changed the group. ``barred`` is when a rule
    suspended it last, 0 for never. ``tier`` is the last that was told.
    """

    partner_id: str
    program: str
    records: list[Record] = []
    standings: list[Standing] = []
    first: int = 0
    groups: list[tuple[int, str]] = []
    barred: int = 0
    tier: str | None = None


_Told = TypeVar("_Told", Record, Standing)
_decode: Final = msgspec.msgpack.Decoder(StoredPartner).decode


def noted(known: Sequence[_Told], one: _Told) -> list[_Told]:
    """What is known after one more: a dead letter and the first record of its content cancel out."""
    found = list(known)
    for position, each in enumerate(found):
        if each.digest == one.digest and each.sign == -one.sign:
            del found[position]
            return found
    found.append(one)
    return found


def alive(known: Iterable[_Told]) -> list[_Told]:
    """What took effect, in its order: each content once, without what died."""
    found: dict[int, _Told] = {}
    for one in known:
        if one.sign > 0:
            found.setdefault(one.digest, one)
    return list(found.values())


def with_record(row: StoredPartner, one: Record) -> StoredPartner:
    """The row after one more record; what is too old to be taken back leaves its group behind."""
    records, groups = noted(row.records, one), row.groups
    if len(records) > KEPT:
        old, *records = records
        if old.sign > 0 and (not groups or groups[-1][1] != old.group or groups[-1][0] > old.time):
            groups = [*groups, (old.time, old.group)]
    first = min((each.time for each in alive(records)), default=0)
    first = min((at for at in (first, groups[0][0] if groups else 0) if at), default=0)
    return msgspec.structs.replace(row, records=records, groups=groups, first=first)


def with_standing(row: StoredPartner, one: Standing) -> StoredPartner:
    """The row after one more change of standing."""
    return msgspec.structs.replace(row, standings=noted(row.standings, one)[-KEPT:])


def timeline(row: StoredPartner) -> list[tuple[int, str]]:
    """From when on the partner was in which group, in the order in which it was told."""
    return [*row.groups, *((one.time, one.group) for one in alive(row.records))]


def group_at(row: StoredPartner | None, at: int) -> str:
    """The group of a partner at an instant; empty before its first record."""
    if row is None:
        return ""
    return next((group for since, group in reversed(timeline(row)) if since <= at), "")


def show(raw: bytes, versions: Versions) -> Iterator[Row]:
    """The row of a stored value; none for a partner of whom no record tells."""
    one = _decode(raw)
    records, standings = alive(one.records), alive(one.standings)
    record, standing = records[-1] if records else None, standings[-1] if standings else None
    if record is None and standing is None:
        return
    lifted = standing.time if standing is not None and not standing.suspended else 0
    by_person = standing is not None and standing.suspended
    by_rule = one.barred > 0 and one.barred >= lifted
    since = standing.time if standing is not None and by_person else one.barred
    yield as_row(
        Partner(
            partner_id=one.partner_id,
            program=one.program,
            name=None if record is None else record.name,
            group=None if record is None else record.group,
            tier=_tier(one, max(each.time for each in (record, standing) if each is not None), versions),
            enrolled=record is not None,
            enrolled_at=format_time(one.first) if one.first else None,
            updated_at=None if record is None else format_time(record.time),
            markets=None if record is None or record.markets is None else list(record.markets),
            paid_search_allowed=record is not None and record.paid_search_allowed,
            terms_version=None if record is None else record.terms_version,
            locale=None if record is None else record.locale,
            suspended=by_person or by_rule,
            suspended_at=format_time(since) if by_person or by_rule else None,
            suspended_by="person" if by_person else "rule" if by_rule else None,
            reason=None if standing is None else standing.reason,
            actor=None if standing is None else standing.actor,
        )
    )


def _tier(one: StoredPartner, at: int, versions: Versions) -> str | None:
    if one.tier is not None:
        return one.tier
    program = versions.in_force(one.program, at)
    if program is None or program.tiers is None:
        return None
    position = reached(program.tiers, 0)
    return program.tiers.levels[position].id if position >= 0 else ""


TABLE: Final = Table(
    name="partners",
    doc="Per partner and program: name, group, tier, markets and standing.",
    columns=columns_of(Partner),
    key=("partner_id", "program"),
    prefix=PREFIX,
    show=show,
    filters=("partner_id", "program", "group", "tier", "suspended"),
)
