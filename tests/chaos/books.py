"""The books of the budgets: every wish, answer and gift back, in the order in which the budgets decided.

A budget lies in one partition, and its inbox is that order: wishes are answered and reversals taken in one after the
other. So each answer can be given again here. Grants in the ledger follow an answer, and what is given back follows
a reversal in the ledger: when the books hold, the ledger holds at every prefix that no entry is in without its cause.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from events.messages import Answered, Asked, GivenBack, Message
from tests.chaos.racing import RATES, Case, share
from tests.chaos.verdict import Verdict

#: Cents, whether it counts by month, and whether only whole wishes are granted.
BUDGETS = {
    "season": (10_000_000_000, False, False),
    "tight": (50_000, False, False),
    "monthly": (30_000, True, True),
}

Grant = tuple[str, str, str, int]


@dataclass
class Books:
    """What the inboxes hold, and what went wrong in them."""

    inbox: Sequence[Message]
    answers: Sequence[Message]
    wrong: list[str] = field(default_factory=list)

    def balance(self) -> tuple[Counter[Grant], Counter[tuple[str, int]]]:
        """Walk through the inbox; returns what was granted, and what was given back, both as often as it was."""
        answers: dict[tuple[str, str, str], deque[Answered]] = defaultdict(deque)
        for message in self.answers:
            if isinstance(message, Answered):
                answers[message.budget, message.owner, message.order_id].append(message)
        spent: dict[tuple[str, str], int] = defaultdict(int)
        granted: Counter[Grant] = Counter()
        back: Counter[tuple[str, int]] = Counter()
        for message in self.inbox:
            if isinstance(message, Asked):
                queue = answers[message.budget, message.owner, message.order_id]
                if not queue:
                    self.wrong.append(f"budget: never answered: {message}")
                    continue
                self._answer(message, queue.popleft(), spent, granted)
            elif isinstance(message, GivenBack):
                key = (message.budget, _period(message.budget, message.day))
                spent[key] -= message.amount
                back[message.budget, message.amount] += 1
                if spent[key] < 0:
                    self.wrong.append(f"budget: {spent[key]} spent after {message}")
        self.wrong += [f"budget: never asked: {each}" for queue in answers.values() for each in queue]
        return granted, back

    def _answer(
        self, asked: Asked, answered: Answered, spent: dict[tuple[str, str], int], granted: Counter[Grant]
    ) -> None:
        amount, _, whole = BUDGETS[asked.budget]
        key = (asked.budget, _period(asked.budget, asked.day))
        got = {wish.rule: wish.amount for wish in answered.granted}
        for wish in asked.wishes:
            left = amount - spent[key]
            fits = wish.amount <= left
            want = wish.amount if fits else 0 if whole else max(0, left)
            spent[key] += want
            if got.get(wish.rule) != want:
                self.wrong.append(f"budget: {left} left, so {want} is to be granted: {asked} {answered}")
            if want:
                granted[asked.order_id, wish.rule, f"{asked.agent[:-1]}:{asked.owner}", want] += 1
        if spent[key] > amount:
            self.wrong.append(f"budget: {spent[key]} of {amount} spent by {answered}")


def judge_budgets(verdict: Verdict, case: Case, inbox: Sequence[Message], answers: Sequence[Message]) -> None:
    """The books are right, and the ledger is what they say."""
    books = Books(inbox, answers)
    granted, back = books.balance()
    posted: Counter[Grant] = Counter()
    reversed_: Counter[tuple[str, int]] = Counter()
    for entry in case.ledger:
        for source, target, amount in entry.postings:
            if source.startswith("budget:"):
                posted[entry.order_id or "", entry.rule or "", entry.account, amount] += 1
            if target.startswith("budget:"):
                reversed_[target.partition(":")[2], amount] += 1
    missing, extra = list((granted - posted).elements()), list((posted - granted).elements())
    verdict.lost += len(missing)
    verdict.doubled += len(extra)
    verdict.note("lost: granted by a budget and not in the ledger", missing)
    verdict.note("doubled: in the ledger and not granted by its budget", extra)
    unsaid, unheard = list((reversed_ - back).elements()), list((back - reversed_).elements())
    wrong = books.wrong + [f"budget: reversed and not given back: {each}" for each in unsaid]
    wrong += [f"budget: given back and not reversed: {each}" for each in unheard]
    wrong += _spent_out(case)
    verdict.limits += len(wrong)
    verdict.note("budgets", wrong)


def _spent_out(case: Case) -> list[str]:
    """Nothing of the tight budget's orders is refunded: it is spent to the cent, or all that was wanted is."""
    entries = [entry for entry in case.ledger if entry.rule == "rush" and entry.kind == "accrued"]
    spent = sum(entry.amount for entry in entries)
    wanted = sum(
        share(credit.net, RATES["rush"])
        for partner in ("rush0", "rush1")
        for credit in case.credits.get(partner, {}).values()
    )
    amount, *_ = BUDGETS["tight"]
    return [] if spent == min(amount, wanted) else [f"budget: {spent} of {amount} spent, {wanted} wanted"]


def _period(budget: str, day: int) -> str:
    _, monthly, _ = BUDGETS[budget]
    return date.fromordinal(day).isoformat()[:7] if monthly else "lifetime"
