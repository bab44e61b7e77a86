"""An explanation as lines for a person, and as a tree for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from events.outputs import AttributionDecided, RewardEvent
from events.time import format_time, parse_time
from events.units import money_unit
from schemas.key_day_names import day_name
from schemas.program import Bonus
from streams.explain.found import Found, OrderFound
from streams.explain.rule_text import Versions
from streams.explain.words import Words
from streams.rules.reasons import NotGranted, Value

#: Conditions that ask about the partner, not about the order.
_OF_PARTNERS: Final = ("partner_group", "partner_id", "tier")

#: The name of a label, and the values beside it.
Row = tuple[str, list[str]]


class Section(Struct, frozen=True):
    """What there is to say about an order or an entry, which is the title."""

    title: str
    rows: list[Row]


class Remark(Struct, frozen=True):
    """A sentence about what granted nothing, and of each rule why."""

    sentence: str
    reasons: list[tuple[str, str]] = []


class Page:
    """Writes explanations in one language."""

    def __init__(self, words: Words, versions: Versions) -> None:
        self._words = words
        self._versions = versions
        #: Rules whose text stands further up.
        self._told: set[tuple[str, int, str]] = set()

    def lines(self, found: Found) -> Iterator[str]:
        """Everything that was found: the orders' attribution, each entry, then what granted nothing."""
        words, first = self._words, True
        for section in self.sections(found):
            if not first:
                yield ""
            first = False
            yield words.line(words.recorded(section.title))
            yield from self._rows(section.rows)
        for remark in self.remarks(found):
            yield ""
            yield words.line(remark.sentence)
            width = max((len(rule) for rule, _ in remark.reasons), default=0)
            for rule, reason in remark.reasons:
                yield words.line(f"  {words.apart(rule)}{' ' * (width - len(rule))}  {reason}")

    def sections(self, found: Found) -> Iterator[Section]:
        """The orders' attribution where there is more than one entry to tell of, then each entry."""
        if len(found.entries) != 1:
            for one in found.orders:
                yield Section(one.attribution.order_id, self._order(one))
        for entry in found.entries:
            yield Section(entry.data.entry_id, self._entry(found, entry))

    def remarks(self, found: Found) -> Iterator[Remark]:
        """What granted nothing to whom, order by order."""
        for order in found.orders:
            yield from self._not_granted(order)

    def _rows(self, rows: Iterable[Row]) -> Iterator[str]:
        words = self._words
        for name, values in rows:
            label = words.label(name)
            for value in values:
                yield words.line(f"  {label.ljust(words.label_width)}  {value}".rstrip())
                label = ""

    def _entry(self, found: Found, entry: RewardEvent) -> list[Row]:
        words, data = self._words, entry.data
        zone = self._zone(data.program)
        rows: list[Row] = [
            ("kind", [words.kind(data.kind)]),
            ("account", [words.apart(data.account)]),
            ("amount", [words.apart(words.amount(data.amount, data.unit))]),
        ]
        if data.desired is not None:
            rows.append(("desired", [words.apart(words.amount(data.desired, data.unit))]))
        rows.append(("time", [words.apart(words.time(entry.time, zone))]))
        if data.order_id is not None:
            rows.append(("order", [words.apart(data.order_id)]))
        rows.append(("cause", [words.say("cause", id=data.caused_by.id, source=data.caused_by.source)]))
        if data.rule is not None:
            rows.append(("rule", self._rule(data.program, data.program_version, data.rule)))
        if data.explain:
            key_day = self._key_day(data.program, data.program_version)
            rows.append(("steps", [words.retold(step, key_day) for step in data.explain]))
        moved = [
            words.say("moved", amount=words.amount(one.amount, data.unit), **{"from": one.from_}, to=one.to)
            for one in data.postings
        ]
        rows.append(("moved", moved))
        if data.available_on is not None:
            rows.append(("available_on", [words.apart(words.date(data.available_on))]))
        if data.expires_on is not None:
            rows.append(("expires_on", [words.apart(words.date(data.expires_on))]))
        return [*rows, *self._relations(found, entry)]

    def _relations(self, found: Found, entry: RewardEvent) -> Iterator[Row]:
        """The case and the grant that an entry is about, and what was held and taken back of it."""
        words = self._words
        case, original = found.case(entry), found.original(entry)
        if case is not None:
            yield "case", [words.apart(case)]
        if entry.data.reverses is not None:
            yield "reverses", [self._grant(original, entry.data.reverses)]
        elif original is not None:
            yield "of_grant", [self._grant(original, "")]
        held = [
            self._later("held_by" if one.data.kind == "held" else "unheld_by", one)
            for one in found.holds(entry)
        ]
        if held:
            yield "held_by", held
        back = [self._later("reversed_by", one) for one in found.reversals(entry)]
        if back:
            yield "reversed_by", back

    def _later(self, sentence: str, entry: RewardEvent) -> str:
        """What a later entry did to a grant."""
        words, data = self._words, entry.data
        return words.say(
            sentence,
            amount=words.amount(data.amount, data.unit),
            entry=data.entry_id,
            time=words.time(entry.time, self._zone(data.program)),
        )

    def _grant(self, original: RewardEvent | None, name: str) -> str:
        words = self._words
        if original is None:
            return words.apart(name)
        amount = words.amount(original.data.amount, original.data.unit)
        return words.say("reverses", amount=amount, entry=original.data.entry_id)

    def _rule(self, program: str, version: int, rule: str) -> list[str]:
        words = self._words
        title = words.say("rule", rule=rule, version=version, program=program)
        if (program, version, rule) in self._told:
            return [title]
        self._told.add((program, version, rule))
        text = self._versions.text(program, version, rule)
        if text is None:
            return [title, words.say("rule_missing", version=version, program=program)]
        return [title, *(words.recorded(line) for line in text)]

    def _key_day(self, program_id: str, version: int) -> Callable[[str], str]:
        """What the key days of the version that decided are called."""
        program = self._versions.program(program_id, version)
        known = {} if program is None else {one.id: one for one in program.key_days}

        def name(id_: str) -> str:
            found = known.get(id_)
            return id_ if found is None else day_name(self._words.language, found.use, found.name).text

        return name

    def _order(self, order: OrderFound) -> list[Row]:
        words, decided = self._words, order.attribution
        amount = self._money(decided.program, decided.currency)
        credits_ = [
            words.say(
                "credited",
                partner=f"partner:{one.partner_id}",
                share=words.share(one.weight),
                net=amount(one.net),
                reason=words.reason(decided.reason),
            )
            for one in decided.credits
        ]
        zone = self._zone(decided.program)
        value = words.say(
            "order_value",
            net=amount(decided.net),
            market=words.market(decided.market),
            channel=words.channel(decided.channel),
        )
        return [
            ("account", [words.apart(f"customer:{decided.customer_id}")]),
            ("time", [words.apart(words.time(parse_time(decided.occurred), zone))]),
            ("order", [value]),
            ("attribution", credits_ or [words.say("uncredited", reason=words.reason(decided.reason))]),
        ]

    def _not_granted(self, order: OrderFound) -> Iterator[Remark]:
        words, decided = self._words, order.attribution
        if order.lacking is not None:
            values = {"version": decided.program_version, "program": decided.program}
            yield Remark(words.say(order.lacking, **values))
            return
        for one in order.beneficiaries:
            if one.inactive is not None:
                yield Remark(words.say("inactive", account=one.account, reason=words.retold(one.inactive)))
            elif one.not_granted:
                reasons = [(why.rule.id, self._reason(order, why)) for why in one.not_granted]
                yield Remark(words.say("not_granted", account=one.account), reasons)

    def _reason(self, order: OrderFound, one: NotGranted) -> str:
        words, unmet = self._words, one.unmet
        if unmet is None:
            share = one.rule.share if isinstance(one.rule, Bonus) else None
            shown_share = None if share is None else words.share(share.text)
            return words.say(one.why, winner=one.winner, budget=one.rule.budget, share=shown_share)
        if isinstance(unmet.asked, bool):
            return words.say("unmet_new" if unmet.asked else "unmet_known")
        shown = self._shown(order.attribution, unmet.condition)
        return words.say(
            "unmet_partner" if unmet.condition in _OF_PARTNERS else "unmet_order",
            condition=words.condition(unmet.condition),
            asked=shown(unmet.asked, words.say("or")),
            actual=shown(unmet.actual, ", "),
        )

    def _shown(self, decided: AttributionDecided, condition: str) -> Callable[[Value, str], str]:
        """What a condition asks for, or what is so: amounts, or names with something between them."""
        words = self._words
        money = self._money(decided.program, decided.currency)
        key_day = self._key_day(decided.program, decided.program_version)
        names: dict[str, Callable[[str], str]] = {
            "market": words.market,
            "channel": words.channel,
            "partner_group": words.group,
            "key_day": key_day,
            "on": key_day,
        }
        name = names.get(condition, str)

        def shown(value: Value, between: str) -> str:
            if isinstance(value, int):
                return money(value)
            return between.join(words.apart(name(one)) for one in value) or words.say("nothing")

        return shown

    def _zone(self, program: str) -> str:
        return self._versions.programs.home_tz(program) or "UTC"

    def _money(self, program: str, currency: str) -> Callable[[int], str]:
        unit = self._versions.programs.money_unit(program) or money_unit(currency)
        return lambda amount: self._words.amount(amount, unit)


def tree(found: Found, versions: Versions) -> dict[str, Any]:
    """The same for machines: names and amounts as in the ledger, texts as in the program."""
    return {
        "entries": [
            {
                "time": format_time(one.time),
                **msgspec.to_builtins(one.data),
                "rule_text": None if one.data.rule is None else _text(versions, one),
                "reversed_by": [other.data.entry_id for other in found.reversals(one)],
                "held_by": [other.data.entry_id for other in found.holds(one)],
                "case": found.case(one),
            }
            for one in found.entries
        ],
        "orders": [
            {
                "attribution": msgspec.to_builtins(one.attribution),
                "lacking": one.lacking,
                "beneficiaries": [
                    {
                        "account": other.account,
                        "inactive": other.inactive,
                        "not_granted": [_reason_tree(reason) for reason in other.not_granted],
                    }
                    for other in one.beneficiaries
                ],
            }
            for one in found.orders
        ],
    }


def _text(versions: Versions, entry: RewardEvent) -> str | None:
    data = entry.data
    lines = versions.text(data.program, data.program_version, str(data.rule))
    return None if lines is None else "\n".join(lines)


def _reason_tree(one: NotGranted) -> dict[str, Any]:
    return {"rule": one.rule.id, "unit": one.rule.unit, "why": one.why, "winner": one.winner} | (
        {} if one.unmet is None else msgspec.to_builtins(one.unmet)
    )
