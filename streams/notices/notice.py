"""A notice: what a template says to a partner, because of one cause, in the partner's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from events.outputs import Decision, Notice
from schemas.key_day_names import day_name
from streams.notices.templates import TEMPLATES, Reader, reader


class Money(Struct, frozen=True):
    """An amount in a unit such as ``EUR/2``."""

    amount: int
    unit: str


class Occasion(Struct, frozen=True):
    """A key day: the catalogue's entry that it is, if any, and its name in the program."""

    use: str | None
    name: str


#: What a template may say: a text or a count, a day, money, a key day, names or markets that are listed.
Value = str | int | date | Money | Occasion | list[str] | frozenset[str]


def notice(
    template: str,
    program: str,
    partner_id: str,
    locale: str | None,
    cause_id: str,
    time: int,
    data: Mapping[str, Value],
    *,
    name: str | None = None,
) -> Decision:
    """What goes to the topic ``notices``; one cause never makes two with the same id.

    ``locale`` is the partner's (``fr``, ``fr-CA``, ``fr_CA``): it chooses the language, English where Keyday
    does not speak it, and how numbers and dates are written. ``data`` has what ``TEMPLATES`` names for the
    template, a frozenset are markets. ``time`` is that of the cause, in milliseconds; ``name`` is the
    partner's.

    Raises:
        LookupError: the template is not known, or something that it says is not in ``data``.
    """
    missing = TEMPLATES[template] - data.keys()
    if missing:
        raise LookupError(f"notice {template} needs {', '.join(sorted(missing))}")
    words = reader(locale or "en")
    shown = {key: _shown(value, words) for key, value in data.items()}
    said = words.say(template, {**shown, "partner": name or partner_id, "program": program})
    plain: dict[str, str | int | list[str]] = {"cause": cause_id}
    for key, value in data.items():
        plain |= _plain(key, value)
    return Decision(
        "notices",
        "notice.issued",
        f"notice~{template}~{cause_id}~{partner_id}",
        f"partner:{partner_id}",
        partner_id,
        time,
        Notice(
            template=template,
            partner_id=partner_id,
            program=program,
            locale=words.language,
            subject=said.subject,
            body=said.body,
            data=plain,
        ),
    )


def _shown(value: Value, words: Reader) -> str | int:
    """A value as the reader writes it; counts stay numbers, for their plurals."""
    match value:
        case Money():
            return words.money(value.amount, value.unit)
        case Occasion():
            return day_name(words.language, value.use, value.name).text
        case date():
            return words.date(value)
        case frozenset():
            return words.listed(sorted(words.market(one) for one in value))
        case list():
            return words.listed(value)
    return value


def _plain(key: str, value: Value) -> dict[str, str | int | list[str]]:
    """A value for machines."""
    match value:
        case Money():
            return {key: value.amount, f"{key}_unit": value.unit}
        case Occasion():
            return {key: value.name}
        case date():
            return {key: value.isoformat()}
        case frozenset():
            return {key: sorted(value)}
    return {key: value}
