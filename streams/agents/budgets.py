"""The budgets agent: the single writer of every budget; it grants, trims or refuses as wishes arrive."""

from __future__ import annotations

from datetime import date

from events.inputs import InputEvent
from events.messages import Answered, Asked, GivenBack, Message, Send, Wish
from events.outputs import BudgetReached, Decision
from schemas.program import Budget, Program
from schemas.programs import Programs
from streams.agents.versions import deciding_version
from streams.engine.agent import Emit, Outcome
from streams.engine.record import RecordLike
from streams.engine.state import Space, State
from streams.rules.caps import allowed, counted, period_of, sum_of
from streams.rules.state import BudgetState


class Budgets:
    """Owns every budget of its partition. What is spent never exceeds the amount."""

    name = "budgets"
    inputs = ("clock", "budgets-inbox")
    answers_for: frozenset[str] = frozenset()

    def __init__(self, state: State, programs: Programs) -> None:
        self._programs = programs
        self.entities: Space[BudgetState] = state.space(b"c", BudgetState, cache_limit=1_000)
        self.new_entity = BudgetState

    def owner(self, event: InputEvent) -> str | None:
        """No input event belongs to a budget."""
        del event
        return None

    def handle(self, event: InputEvent, entity: BudgetState, record: RecordLike, emit: Emit) -> Outcome:
        """Budgets hear of orders from the agents of their beneficiaries only."""
        del event, entity, record, emit
        return None

    def receive(self, message: Message, emit: Emit) -> None:
        """Answer wishes, or take back what was reversed."""
        if isinstance(message, Asked):
            self._answer(message, emit)
        elif isinstance(message, GivenBack):
            key = _key(message.program, message.budget)
            state = self.entities.get(key) or BudgetState()
            state.by_day = counted(state.by_day, message.day, -message.amount)
            self.entities.put(key, state)

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Nothing falls due: a monthly budget counts by the home days of its grants."""
        del zone, day, at, limit, emit
        return True

    def _answer(self, asked: Asked, emit: Emit) -> None:
        key = _key(asked.program, asked.budget)
        state = self.entities.get(key) or BudgetState()
        program = deciding_version(self._programs, asked.program, asked.version)
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
