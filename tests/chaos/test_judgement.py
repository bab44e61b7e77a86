"""The judgement bites: a replay stands before it, and nothing that is taken from it or put to it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from events.messages import Answered, Asked, Counted, GivenBack, Wish
from streams.cli import run
from tests.chaos import world
from tests.chaos.books import Books, judge_budgets
from tests.chaos.desks import judge_counts, judge_goals, judge_key_days
from tests.chaos.ledger import Decision, content_of, replay_decisions, replay_entries, replay_ledger
from tests.chaos.racing import Case, judge_decisions, judge_racing, racing, racing_decision
from tests.chaos.stream import Item
from tests.chaos.verdict import Entry, Verdict, judge_accounts, judge_ledger
from tests.chaos.world import Returned, World

PHASES = 3
SEED = 2
PER_DAY = 150


@dataclass(frozen=True)
class Run:
    """A replayed world."""

    out: Path
    world: World
    ledger: Sequence[Entry]
    decisions: Sequence[Decision]

    def judge(self, ledger: Sequence[Entry], decisions: Sequence[Decision] | None = None) -> Verdict:
        verdict, found = Verdict(), self.decisions if decisions is None else decisions
        judge_ledger(verdict, ledger, replay_ledger(self.out), racing)
        judge_decisions(verdict, found, self.decisions, content_of)
        judge_accounts(verdict, ledger)
        judge_racing(verdict, Case(ledger, found, self.world.returned))
        return verdict


def stream(made: World, phases: int) -> list[Item]:
    items: list[Item] = []
    for _ in range(phases):
        for step in made.begin():
            items += step
        items += made.items()
    return [*items, *made.resolutions(all_of_them=True)]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("judgement")
    made = World(SEED, per_day=PER_DAY, distance=20)
    items = [*stream(made, PHASES), *made.closing_ticks(40)]
    (folder / "in").mkdir()
    for item in items:
        if item.topic != "clock":
            with (folder / "in" / f"{item.topic}.ndjson").open("ab") as file:
                file.write(item.value + b"\n")
    files = ["--input", str(folder / "in"), "--out", str(folder / "out"), "--until", items[-1].when]
    assert run(["replay", "--programs", str(world.PROGRAM), *files]) == 0
    return Run(folder / "out", made, replay_entries(folder / "out"), replay_decisions(folder / "out"))


def first(ledger: Sequence[Entry], fits: Callable[[Entry], bool]) -> int:
    return next(number for number, entry in enumerate(ledger) if fits(entry))


def with_amount(entry: Entry, more: int) -> Entry:
    """The same entry over another amount, in all its parts."""
    source, target, amount = entry.postings[0]
    content = entry.content.replace(f'"amount":{entry.amount}', f'"amount":{entry.amount + more}')
    return replace(
        entry,
        amount=entry.amount + more,
        postings=((source, target, amount + more), *entry.postings[1:]),
        content=content,
    )


@pytest.mark.slow
def test_a_replay_stands(replayed: Run) -> None:
    verdict = replayed.judge(replayed.ledger)

    assert verdict.same, verdict.notes
    raced = [entry for entry in replayed.ledger if racing(entry)]
    assert len(raced) < len(replayed.ledger) / 5
    assert {"rush", "back", "capped", "climb", "tier", "referral"} <= {entry.rule for entry in raced}
    assert {
        "accrued",
        "tier",
        "bonus",
        "referral",
        "released",
        "reversed",
        "expired",
        "redeemed",
        "adjusted",
        "held",
        "unheld",
    } == {entry.kind for entry in replayed.ledger}


EXACT = {
    "base": lambda entry: entry.rule == "base" and entry.kind == "accrued",
    "a release": lambda entry: entry.kind == "released" and entry.account.startswith("customer:"),
    "a partner's grant": lambda entry: entry.rule == "content-base" and entry.kind == "accrued",
    "a reversal": lambda entry: entry.kind == "reversed" and entry.rule == "content-flat",
    "a hold": lambda entry: entry.kind == "held",
    "what a dismissed case gives back": lambda entry: entry.kind == "unheld",
    "what an upheld case takes": lambda entry: entry.entry_id.startswith("self_referral~"),
    "an expiry": lambda entry: entry.kind == "expired",
}
RACED = {
    "a cap": lambda entry: entry.rule == "capped" and entry.kind == "accrued",
    "a climber's tier": lambda entry: entry.rule == "tier" and entry.account == "partner:climb0",
    "a rusher's tier": lambda entry: entry.rule == "tier" and entry.account == "partner:rush0",
    "a reversal under a cap": lambda entry: entry.kind == "reversed" and entry.rule == "capped",
    "a reversal of a budget's": lambda entry: entry.kind == "reversed" and entry.rule == "back",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", [*EXACT, *RACED, "an advocate's referral", "a friend's referral"])
def test_an_entry_that_is_missing_is_noticed(replayed: Run, what: str) -> None:
    stars = {
        "an advocate's referral": lambda entry: (
            entry.account == "customer:star1" and entry.kind == "referral"
        ),
        "a friend's referral": lambda entry: entry.entry_id.startswith("star1-") and ":f" in entry.account,
    }
    at = first(replayed.ledger, (EXACT | RACED | stars)[what])

    verdict = replayed.judge([*replayed.ledger[:at], *replayed.ledger[at + 1 :]])

    assert verdict.gaps or "friend" in what
    assert verdict.lost if what in EXACT else verdict.limits


@pytest.mark.slow
@pytest.mark.parametrize("what", [*EXACT, *RACED])
def test_an_entry_over_another_amount_is_noticed(replayed: Run, what: str) -> None:
    at = first(replayed.ledger, (EXACT | RACED)[what])
    ledger = list(replayed.ledger)
    ledger[at] = with_amount(ledger[at], 1)

    verdict = replayed.judge(ledger)

    assert verdict.changed if what in EXACT else verdict.limits


@pytest.mark.slow
@pytest.mark.parametrize("what", [*EXACT, *RACED])
def test_an_entry_that_is_there_twice_is_noticed(replayed: Run, what: str) -> None:
    at = first(replayed.ledger, (EXACT | RACED)[what])

    verdict = replayed.judge([*replayed.ledger, replayed.ledger[at]])

    assert verdict.doubled
    assert verdict.gaps


@pytest.mark.slow
def test_a_referral_above_the_advocates_month_is_noticed(replayed: Run) -> None:
    at = max(n for n, entry in enumerate(replayed.ledger) if entry.account == "customer:star1")
    last = replayed.ledger[at]
    more = replace(last, entry_id=f"star1-9~referral~{last.account}", seq=last.seq + 1)

    verdict = replayed.judge([*replayed.ledger, more])

    assert "referrals: 4 in" in "".join(verdict.notes)


@pytest.mark.slow
def test_a_decision_that_is_missing_or_there_twice_is_noticed(replayed: Run) -> None:
    at = next(n for n, one in enumerate(replayed.decisions) if one.kind == "accrual.declined")
    kept = [*replayed.decisions[:at], *replayed.decisions[at + 1 :]]

    assert replayed.judge(replayed.ledger, kept).lost == 1
    assert replayed.judge(replayed.ledger, [*replayed.decisions, replayed.decisions[at]]).doubled == 1


LETTERS = (
    "case_opened",
    "case_evidence_added",
    "case_upheld",
    "case_dismissed",
    "partner_suspended",
    "tier_changed",
    "key_day_ahead",
    "brand_bidding_reminder",
    "terms_due",
)


@pytest.mark.slow
@pytest.mark.parametrize("template", LETTERS)
def test_a_notice_that_is_lost_or_sent_twice_is_noticed(replayed: Run, template: str) -> None:
    letters = {
        racing_decision(one): number
        for number, one in enumerate(replayed.decisions)
        if one.data.get("template") == template
    }
    assert set(letters) == ({False, True} if template == "tier_changed" else {False})
    for letter in letters.values():
        kept = [*replayed.decisions[:letter], *replayed.decisions[letter + 1 :]]
        lost, twice = (
            replayed.judge(replayed.ledger, found)
            for found in (kept, [*replayed.decisions, replayed.decisions[letter]])
        )

        assert lost.lost + lost.limits == 1, replayed.decisions[letter].id
        assert twice.doubled == 1


@pytest.mark.slow
def test_goals_of_the_program_of_groups_and_of_partners_are_reached(replayed: Run) -> None:
    reached = {
        (one.data["standing"]["goal_id"], one.data["threshold"])
        for one in replayed.decisions
        if one.kind == "goal.progressed"
    }

    goals = ("whole", "guests", "each-group", "each-partner")
    assert reached == {(goal, share) for goal in goals for share in ("0.5", "0.8", "1")}


def test_a_goal_is_told_with_what_was_counted_by_its_midnight() -> None:
    day = date(2021, 11, 26)
    told = [counted(0, day.toordinal() + 1, 1, 600), counted(1, day.toordinal() + 1, 1, 400)]
    late = counted(1, day.toordinal() + 2, 1, 50)
    for found, wrong in (([*told, late], 0), (told[:1], 1), ([*told, told[0]], 1)):
        verdict = Verdict()
        judge_goals(verdict, [progressed(day, 1_000)], found)
        assert verdict.limits == wrong, found


def test_what_was_counted_is_all_that_was_ordered_and_not_returned() -> None:
    orders = [attributed("o1", 1_000), attributed("o2", 2_000)]
    told = [counted(0, 1, 2, 3_000), counted(1, 2, 0, -500)]
    returned = {"o2": Returned(2_000, refunded=500)}
    for found, wrong in ((told, 0), (told[:1], 1), ([*told, told[1]], 1)):
        verdict = Verdict()
        judge_counts(verdict, orders, returned, found)
        assert verdict.limits == wrong


def progressed(day: date, actual: int) -> Decision:
    standing = {"goal_id": "whole", "scope": "program", "metric": "revenue", "group": None, "target": 1_000}
    standing |= {"period_start": "2021-11-01", "actual": actual}
    data = {"threshold": "1", "day": day.isoformat(), "standing": standing}
    return Decision("milestones", {"id": "goal", "type": "goal.progressed", "data": data}, "")


def asked(order: str, *amounts: int) -> Asked:
    wishes = tuple(Wish(f"rule{number}", amount) for number, amount in enumerate(amounts))
    return Asked("chaos", 1, "tight", 1, 0, wishes, "partners", 0, "rush0", order)


def answered(order: str, *amounts: int) -> Answered:
    granted = tuple(Wish(f"rule{number}", amount) for number, amount in enumerate(amounts))
    return Answered("chaos", "tight", "rush0", order, 0, granted, 0)


def back(amount: int) -> GivenBack:
    return GivenBack("chaos", "tight", 1, amount, 0)


@pytest.mark.parametrize(
    ("inbox", "answers"),
    [
        ([asked("o1", 100)], [answered("o1", 99)]),
        ([asked("o1", 100)], [answered("o1", 101)]),
        ([asked("o1", 100)], []),
        ([asked("o1", 100)], [answered("o1", 100), answered("o1", 100)]),
        ([asked("o1", 50_001)], [answered("o1", 50_001)]),
        ([asked("o1", 50_000), asked("o2", 1)], [answered("o1", 50_000), answered("o2", 1)]),
        ([asked("o1", 100), back(101)], [answered("o1", 100)]),
    ],
)
def test_books_that_do_not_balance_are_noticed(inbox: list[Asked], answers: list[Answered]) -> None:
    books = Books(inbox, answers)
    books.balance()
    assert books.wrong


def test_books_balance_where_the_rest_is_granted_and_what_is_given_back_is_granted_again() -> None:
    inbox = [asked("o1", 49_000, 2_000), asked("o2", 5), back(3), asked("o3", 5)]
    books = Books(inbox, [answered("o1", 49_000, 1_000), answered("o2", 0), answered("o3", 3)])
    granted, given_back = books.balance()
    assert not books.wrong
    assert sum(granted.values()) == 3
    assert dict(given_back) == {("tight", 3): 1}


def test_a_grant_of_a_budget_that_is_not_in_the_ledger_is_lost() -> None:
    verdict = Verdict()
    judge_budgets(verdict, Case([], [], {}), [asked("o1", 5)], [answered("o1", 5)])
    assert verdict.lost == 1


def test_events_of_an_owner_on_different_topics_keep_their_distance() -> None:
    made = World(5, per_day=400, distance=150)
    made.begin()
    last: dict[bytes, tuple[str, int]] = {}
    for number, item in enumerate(item for item in made.items() if item.topic != "clock"):
        if item is not made._sent[-1] or item.key is None or item.key.startswith(b"content"):
            continue  # a repeat or poison; or a partner, whose requests nothing in its phase can refuse
        topic, before = last.get(item.key, (item.topic, number))
        assert topic == item.topic or number - before >= made.distance, item
        last[item.key] = (item.topic, number)


def test_the_same_seed_makes_the_same_stream() -> None:
    assert stream(World(9), 2) == stream(World(9), 2)
    assert stream(World(9), 1) != stream(World(8), 1)


def test_a_key_day_and_what_came_late_make_up_all_of_its_orders() -> None:
    """Two tasks count Black Friday: one comes to the midnight before a cancel, the other before an order."""
    closing = date(2021, 11, 27).toordinal()
    decisions = [
        attributed("o1", 1_000),
        attributed("o2", 2_000),
        attributed("o3", 4_000),
        closed(orders=2, revenue=3_000),
    ]
    returned = {"o1": Returned(1_000, cancelled=True), "o2": Returned(2_000, refunded=500)}
    on_time = [counted(0, closing, 1, 1_000), counted(1, closing, 1, 2_000)]
    late = [
        counted(0, closing + 1, -1, -1_000),
        counted(1, closing + 1, 1, 4_000),
        counted(1, closing + 9, 0, -500),
    ]

    verdict = Verdict()
    judge_key_days(verdict, decisions, returned, [*on_time, *late])
    assert not verdict.limits, verdict.notes
    for number in range(len(late)):
        verdict = Verdict()
        judge_key_days(verdict, decisions, returned, [*on_time, *late[:number], *late[number + 1 :]])
        assert verdict.limits == 1


def test_the_same_key_day_of_the_next_year_is_another_one() -> None:
    decisions = [
        attributed("o1", 1_000),
        closed(orders=1, revenue=1_000),
        attributed("o2", 5_000, on=date(2022, 11, 25)),
        closed(orders=1, revenue=5_000, on=date(2022, 11, 25)),
    ]
    told = [
        counted(0, date(2021, 11, 27).toordinal(), 1, 1_000),
        counted(0, date(2022, 11, 26).toordinal(), 1, 5_000, on=date(2022, 11, 25)),
    ]
    verdict = Verdict()
    judge_key_days(verdict, decisions, {}, told)
    assert not verdict.limits, verdict.notes


def attributed(order_id: str, net: int, on: date = date(2021, 11, 26)) -> Decision:
    data = {
        "occurred": f"{on}T10:00:00.000Z",
        "order_id": order_id,
        "market": "FR",
        "key_days": ["black_friday"],
        "net": net,
        "new_customer": False,
    }
    return Decision("attributions", {"id": order_id, "type": "attribution.decided", "data": data}, "")


def closed(*, orders: int, revenue: int, on: date = date(2021, 11, 26)) -> Decision:
    end = f"{on}T23:00:00.000Z"
    data = {
        "key_day": "black_friday",
        "market": "FR",
        "date": on.isoformat(),
        "start": f"{on - timedelta(days=1)}T23:00:00.000Z",
        "end": end,
        "orders": orders,
        "revenue": revenue,
        "new_customers": 0,
    }
    event = {"id": "closed", "type": "key_day.closed", "time": end, "data": data}
    return Decision("milestones", event, "")


def counted(partition: int, day: int, orders: int, net: int, on: date = date(2021, 11, 26)) -> Counted:
    cell = (on.toordinal(), on.toordinal(), "FR", "direct", ("black_friday",))
    return Counted("chaos", "customers", partition, day, 0, 0, True, {cell: (orders, net, 0)})
