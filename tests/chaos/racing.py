"""What the order of arrival decides, judged by rules that hold in every order.

Partners of some groups race each other for the rest of a budget, or have orders that race for the rest of a cap or
for the next tier; friends race for the rest of their advocate's month. Their ledger cannot be compared with that of a
replay entry by entry. But a partner's and an advocate's account lies in one partition, whose order is the order in
which it was decided: so each decision is made again here, in that order, and has to come out the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.chaos.ledger import Decision
from tests.chaos.verdict import Entry, Verdict
from tests.chaos.world import BACK, CAPPED, CLIMB, RUSH, STARS, UNKNOWN, Returned

#: Names of the program's rules and what they grant of a credit's net.
RATES = {
    "rush": Fraction(1, 10),
    "back": Fraction(1, 10),
    "capped": Fraction(1, 20),
    "climb": Fraction(1, 20),
}
DAY_CAP = 1_000
LEVELS = (
    ("bronze", 0, Fraction(0)),
    ("silver", 100_000, Fraction(1, 10)),
    ("gold", 400_000, Fraction(1, 5)),
    ("platinum", 100_000_000, Fraction(3, 10)),
)
STAR_CAP = 3
HOME = ZoneInfo("Europe/Paris")

PARTNERS = (*RUSH, *BACK, *CAPPED, *CLIMB)
_ACCOUNTS = frozenset(f"partner:{partner}" for partner in PARTNERS)
_STARRED = tuple(f"{star}-" for star in STARS)

Wrong = list[str]


@dataclass(frozen=True)
class Credit:
    """A partner's part of an order in the program's currency, and the order's home day."""

    order_id: str
    partner: str
    net: int
    day: date


@dataclass
class Case:
    """All that is known of the races of a run."""

    ledger: Sequence[Entry]
    decisions: Sequence[Decision]
    returned: Mapping[str, Returned]
    credits: dict[str, dict[str, Credit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for credit in credits_of(self.decisions):
            self.credits.setdefault(credit.partner, {})[credit.order_id] = credit

    def of(self, partner: str) -> list[Entry]:
        """The entries of a partner's account in their order."""
        return [entry for entry in self.ledger if entry.account == f"partner:{partner}"]


def racing(entry: Entry) -> bool:
    """Whether the order of arrival may change an entry."""
    if entry.rule == "referral":
        return (entry.reverses or entry.entry_id).startswith(_STARRED)
    return entry.account in _ACCOUNTS


def racing_decision(decision: Decision) -> bool:
    """Whether the order of arrival may change a decision that is no entry."""
    data = decision.data
    if decision.kind.startswith("budget."):
        return True
    if decision.kind == "tier.changed" or data.get("template") == "tier_changed":
        return data["partner_id"] in {*CLIMB, UNKNOWN}
    return decision.kind == "referral.declined" and data["referral_id"].startswith(_STARRED)


def credits_of(decisions: Iterable[Decision]) -> Iterable[Credit]:
    """Who is credited with what."""
    for decision in decisions:
        if decision.kind == "attribution.decided" and decision.data["market"] != "DE":
            day = datetime.fromisoformat(decision.data["occurred"]).astimezone(HOME).date()
            for one in decision.data["credits"]:
                yield Credit(decision.data["order_id"], one["partner_id"], one["net"], day)


def judge_racing(verdict: Verdict, case: Case) -> None:
    """Caps, tiers, budgets' accounts and advocates' months."""
    wrong: Wrong = []
    for partner in CAPPED:
        wrong += _caps(case, partner)
    for partner in PARTNERS:
        wrong += _tiers(case, partner)
        wrong += _reversals(case, partner)
    for star in STARS:
        wrong += _star(case, star)
    wrong += _letters(case)
    verdict.limits += len(wrong)
    verdict.note("limits: what holds in every order of arrival does not", wrong)


def judge_decisions(
    verdict: Verdict, found: Sequence[Decision], expected: Sequence[Decision], content: Content
) -> None:
    """The same decisions besides the ledger, each once, but for those of races, which are there once at most."""
    got: dict[str, str] = {}
    wanted = {one.key: content(one.event) for one in expected if not racing_decision(one)}
    twice, ids = [], set()
    for one in found:
        if one.id in ids or one.key in got:
            twice.append(f"{one.where}: {one.id}")
        ids.add(one.id)
        got[one.key] = content(one.event)
    exact = {one.key for one in found if not racing_decision(one)}
    lost, invented = sorted(wanted.keys() - exact), sorted(exact - wanted.keys())
    changed = [
        f"{got[each]}\n         {wanted[each]}" for each in wanted.keys() & exact if got[each] != wanted[each]
    ]
    verdict.lost += len(lost)
    verdict.doubled += len(twice) + len(invented)
    verdict.changed += len(changed)
    verdict.compared += f"; {len(exact)} other decisions one by one"
    verdict.note("lost decisions: replay has them", lost)
    verdict.note("doubled decisions", twice)
    verdict.note("invented decisions: replay has them not", invented)
    verdict.note("changed decisions: found, then replay", changed)


Content = Callable[[Mapping[str, object]], str]


def share(amount: int, part: Fraction) -> int:
    """A part of an amount, rounded half to even."""
    return round(amount * part)


def _granted(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.entry_id: entry for entry in entries if entry.kind in {"accrued", "tier"}}


def _caps(case: Case, partner: str) -> Wrong:
    """A day's cap, order after order: what is granted is what the rule asks or what is left of the day."""
    wrong, entries = [], case.of(partner)
    credited, granted = case.credits.get(partner, {}), _granted(entries)
    used: dict[date, int] = defaultdict(int)
    full, earned = set(), set()
    for entry in entries:
        if entry.rule != "capped" or entry.order_id is None:
            continue
        credit = credited.get(entry.order_id)
        if credit is None:
            wrong.append(f"no credit for {entry}")
        elif entry.kind == "accrued":
            want, left = share(credit.net, RATES["capped"]), DAY_CAP - used[credit.day]
            used[credit.day] += entry.amount
            earned.add(entry.order_id)
            if entry.amount != min(want, left) or entry.amount <= 0:
                wrong.append(f"cap: {want} is wanted and {left} left of {credit.day}: {entry}")
        elif entry.kind == "reversed" and entry.reverses in granted:
            used[credit.day] -= entry.amount
        if credit is not None and used[credit.day] >= DAY_CAP:
            full.add(credit.day)
    for order_id, credit in credited.items():
        if order_id not in earned and share(credit.net, RATES["capped"]) and credit.day not in full:
            wrong.append(f"cap: {partner} got nothing for {order_id} on {credit.day}, which was never full")
    return wrong


def _tiers(case: Case, partner: str) -> Wrong:
    """The tier's extra of each order; those who climb are watched from order to order.

    Their orders are never refunded, and no phase holds the end of a month.
    """
    wrong, entries = [], case.of(partner)
    extras = {entry.order_id: entry for entry in entries if entry.kind == "tier"}
    revenue: dict[tuple[int, int], int] = defaultdict(int)
    level: dict[tuple[int, int], int] = {}
    climbed: list[tuple[str, str]] = []
    kept = 0
    for entry in entries:
        if entry.kind != "accrued" or entry.order_id is None:
            continue
        position = len(LEVELS) - 1
        credit = case.credits[partner][entry.order_id]
        month = (credit.day.year, credit.day.month)
        if partner in CLIMB:
            if month not in level:
                kept = min(kept, _reached(revenue[_before(month)]))
                level[month] = kept
            position = kept = level[month] = max(level[month], kept)
        want = share(entry.amount, LEVELS[position][2])
        extra = extras.pop(entry.order_id, None)
        if want != (0 if extra is None else extra.amount):
            wrong.append(f"tier: {LEVELS[position][0]} gives {want}, not {extra}, to {entry}")
        revenue[month] += credit.net
        if (reached := _reached(revenue[month])) > kept and partner in CLIMB:
            kept = level[month] = reached
            climbed.append((entry.order_id, LEVELS[reached][0]))
    wrong += [f"tier: without a base: {entry}" for entry in extras.values()]
    if partner in CLIMB:
        said = [
            (one.id.rpartition("~")[2], one.data["after"])
            for one in case.decisions
            if one.kind == "tier.changed" and one.data["partner_id"] == partner
        ]
        ups = [(cause, after) for cause, after in said if cause.startswith(("FR-", "US-"))]
        if ups != climbed:
            wrong.append(f"tier: {partner} climbed {climbed}, and was said to climb {ups}")
    return wrong


def _letters(case: Case) -> Wrong:
    """Who climbs, when nobody can say before, is written to of each step once."""
    said = Counter(
        one.id for one in case.decisions if one.kind == "tier.changed" and one.data["partner_id"] in CLIMB
    )
    written = Counter(
        one.data["data"]["cause"]
        for one in case.decisions
        if one.data.get("template") == "tier_changed" and one.data["partner_id"] in CLIMB
    )
    return [
        f"notices: {name} was written of {written[name]} times"
        for name in (said - written) + (written - said)
    ]


def _reached(revenue: int) -> int:
    return max(position for position, (_, start, _) in enumerate(LEVELS) if revenue >= start)


def _before(month: tuple[int, int]) -> tuple[int, int]:
    year, number = month
    return (year - 1, 12) if number == 1 else (year, number - 1)


def _reversals(case: Case, partner: str) -> Wrong:
    """What was taken back of each grant is the order's share, to the cent."""
    wrong, entries = [], case.of(partner)
    taken: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.reverses is not None:
            taken[entry.reverses] += entry.amount
    for entry_id, grant in _granted(entries).items():
        want = _goal(grant.amount, case.returned.get(grant.order_id or ""))
        if taken.pop(entry_id, 0) != want:
            wrong.append(f"reversed: {want} is to be taken back of {grant}")
    return wrong + [f"reversed: {entry_id} was never granted" for entry_id in taken]


def _goal(amount: int, returned: Returned | None) -> int:
    if returned is None:
        return 0
    if returned.cancelled:
        return amount
    return share(amount, Fraction(returned.refunded, returned.net))


def _star(case: Case, star: str) -> Wrong:
    """An advocate's month holds its cap at every prefix, and friend and advocate get theirs or neither does."""
    account = f"customer:{star}"
    count, wrong = _months([entry for entry in case.ledger if entry.account == account])
    sides: dict[str, list[str]] = defaultdict(list)
    for entry in case.ledger:
        if entry.kind == "referral" and entry.entry_id.startswith(f"{star}-"):
            sides[entry.entry_id.partition("~")[0]].append(entry.account)
    for referral, got in sides.items():
        if len(got) != 2 or account not in got:
            wrong.append(f"referrals: {referral} rewarded {got}")
    for one in case.decisions:
        if one.kind != "referral.declined" or one.data["advocate_id"] != star:
            continue
        if one.data["referral_id"] in sides:
            wrong.append(f"referrals: {one.id} was declined and rewarded")
        month = datetime.fromisoformat(str(one.event["time"])).astimezone(HOME).strftime("%Y-%m")
        # Nothing is given back of the second one's months: declined is only who comes to a full one.
        if star == STARS[1] and one.data["reason"] == "cap_per_month" and count[month] != STAR_CAP:
            wrong.append(f"referrals: {one.id} was declined with {count[month]} in {month}")
    return wrong


def _months(entries: Iterable[Entry]) -> tuple[Mapping[str, int], Wrong]:
    """How many referrals an advocate's months hold in the end, and where one held too many."""
    wrong: Wrong = []
    count: dict[str, int] = defaultdict(int)
    month_of: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "referral":
            month_of[entry.entry_id] = month = (entry.available_on or "")[:7]
            count[month] += 1
            if count[month] > STAR_CAP:
                wrong.append(f"referrals: {count[month]} in {month}: {entry}")
        elif entry.reverses in month_of:
            count[month_of[entry.reverses or ""]] -= 1
    return count, wrong
