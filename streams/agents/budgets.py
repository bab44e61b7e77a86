"""The budgets agent: the single writer of every budget; it grants, trims or refuses as wishes arrive."""

from __future__ import annotations

from datetime import date

from events.inputs import InputEvent
from events.messages import Answered, Asked, BudgetLine, Counted, GivenBack, Message, Send, Wish
from events.outputs import BudgetReached, Decision
from schemas.program import Budget, Program
from schemas.programs import Programs
from streams.agents.desks import Desks
from streams.agents.sums import Sums
from streams.agents.versions import deciding_version
from streams.engine.agent import BudgetLevel, Emit, Outcome
from streams.engine.clock import Midnight
from streams.engine.partitioner import partition_of
from streams.engine.record import RecordLike
from streams.engine.state import Space, State
from streams.rules.caps import allowed, counted, period_of, sum_of
from streams.rules.home_days import home_days
from streams.rules.periods import is_reviewed
from streams.rules.state import BudgetState


class Budgets:
    """Owns every budget of its partition. What is spent never exceeds the amount."""

    name = "budgets"
    inputs = ("clock", "budgets-inbox")
    answers_for: frozenset[str] = frozenset()

    def __init__(self, state: State, programs: Programs) -> None:
        self._programs = programs
        self._partition, self._partitions = state.partition, state.partitions
        self.entities: Space[BudgetState] = state.space(b"c", BudgetState, cache_limit=1_000)
        self.new_entity = BudgetState
        self._sums = Sums(self.name, state)
        self._desks = Desks(state, programs)

    def owner(self, event: InputEvent) -> str | None:
        """No input event belongs to a budget."""
        del event
        return None

    def handle(self, event: InputEvent, entity: BudgetState, record: RecordLike, emit: Emit) -> Outcome:
        """Budgets hear of orders from the agents of their beneficiaries only."""
        del event, entity, record, emit
        return None

    def receive(self, message: Message, emit: Emit) -> None:
        """Answer wishes, take back what was reversed, and let desks know what was counted."""
        if isinstance(message, Asked):
            self._answer(message, emit)
        elif isinstance(message, GivenBack):
            key = _key(message.program, message.budget)
            state = self.entities.get(key) or BudgetState()
            state.by_day = counted(state.by_day, message.day, -message.amount)
            self.entities.put(key, state)
        elif isinstance(message, Counted):
            self._desks.take(message, emit)

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Tell the desks what is spent, and let those of this partition close their day.

        No budget falls due: a monthly one counts by the home days of its grants.
        """
        del limit
        midnight = Midnight(at, zone, day)
        self._sums.report(self._programs, midnight, emit, self._spent_lines(midnight))
        self._desks.midnight(midnight, emit)
        return True

    def budget_levels(self, now: int) -> list[BudgetLevel]:
        """How the budgets of this partition stand in the versions in force."""
        found = []
        for name in self._programs.ids():
            program = self._programs.in_force(name, now)
            if program is None:
                continue
            day = home_days(program.home_tz).ordinal(now)
            for budget in program.budgets.values():
                if partition_of(budget.id.encode(), self._partitions) != self._partition:
                    continue
                state = self.entities.get(_key(name, budget.id)) or BudgetState()
                spent = sum_of(state.by_day, period_of(budget.period, day))
                found.append(BudgetLevel(name, budget.id, program.money_unit, budget.amount, spent))
        return found

    def _spent_lines(self, midnight: Midnight) -> dict[str, tuple[BudgetLine, ...]]:
        """What is spent of the budgets of programs that are reviewed at a midnight, in their periods."""
        lines: dict[str, tuple[BudgetLine, ...]] = {}
        for name in self._programs.ids():
            program = self._programs.in_force(name, midnight.at)
            if program is None or program.home_tz != midnight.zone or not is_reviewed(program, midnight.day):
                continue
            found = []
            for budget in program.budgets.values():
                state = self.entities.get(_key(name, budget.id))
                if state is not None:
                    period = period_of(budget.period, midnight.day - 1)
                    found.append(BudgetLine(budget.id, sum_of(state.by_day, period)))
            lines[name] = tuple(found)
        return lines

    def _answer(self, asked: Asked, emit: Emit) -> None:
        key = _key(asked.program, asked.budget)
        state = self.entities.get(key) or BudgetState()
        program = deciding_version(self._programs, asked.program, asked.version)
        self._sums.announced(asked.program, asked.day, asked.time, emit)
        budget = program.budgets[asked.budget]
        granted, left = [], 0
        spent = sum_of(state.by_day, period_of(budget.period, asked.day))
        for wish in asked.wishes:
            left = budget.amount - spent
            amount = allowed(wish.amount, left, budget.over)
            spent += amount
            granted.append(Wish(wish.rule, amount))
        if any(wish.amount for wish in granted):
            state.by_day = counted(state.by_day, asked.day, sum(wish.amount for wish in granted))
            self._alert(program, budget, state, asked, spent, emit)
            self.entities.put(key, state)
        answer = Answered(
            asked.program, asked.budget, asked.owner, asked.order_id, asked.time, tuple(granted), max(0, left)
        )
        emit(Send(asked.agent, asked.owner, asked.time, answer, asked.partition))

    def _alert(
        self, program: Program, budget: Budget, state: BudgetState, asked: Asked, spent: int, emit: Emit
    ) -> None:
        """Announce each share of the budget once a period, when it is reached."""
        period = "lifetime" if budget.period == "lifetime" else date.fromordinal(asked.day).isoformat()[:7]
        given = state.alerted.setdefault(period, [])
        marks = [
            (one.text, one.numerator * budget.amount <= spent * one.denominator) for one in budget.alerts
        ]
        marks.append(("1", spent >= budget.amount))
        for text, is_reached in marks:
            if not is_reached or text in given:
                continue
            given.append(text)
            what = "exhausted" if spent >= budget.amount and text == "1" else "threshold_reached"
            emit(
                Decision(
                    "milestones",
                    f"budget.{what}",
                    f"budget~{budget.id}~{period}~{text}",
                    f"budget:{budget.id}",
                    budget.id,
                    asked.time,
                    BudgetReached(
                        budget_id=budget.id,
                        program=program.id,
                        program_version=program.version,
                        threshold=text,
                        period=period,
                        spent=spent,
                        amount=budget.amount,
                        unit=program.money_unit,
                    ),
                )
            )


def _key(program: str, budget: str) -> bytes:
    return f"{program}\x00{budget}".encode()
