"""What the customers agent keeps and counts, and the programs that it decides by."""

from __future__ import annotations

from msgspec import Struct

from events.time import DAY_MS
from schemas.programs import Programs
from streams.agents.releases import Releases
from streams.engine.state import Space, State
from streams.rules.plan import Plan
from streams.rules.state import Customer, Order, Tick, Waiting


class Counts(Struct):
    """What happened since start: numbers that no output event carries.

    ``refunds_clipped`` asked for more than was left of the order; ``refunds_waited`` came before their order;
    ``orders_unknown`` waited in vain; ``ignored`` have no effect on customers; ``forgotten`` are orders and
    refund ids that were deleted past their memory.
    """

    refunds_clipped: int = 0
    refunds_waited: int = 0
    orders_unknown: int = 0
    ignored: int = 0
    forgotten: int = 0


class CustomerState:
    """The spaces of the customers agent. Spans are in milliseconds of event time."""

    __slots__ = (
        "_last_plan",
        "_plans",
        "counts",
        "customers",
        "due",
        "keep_ms",
        "memory_ms",
        "orders",
        "programs",
        "refund_ids",
        "releases",
        "ticks",
        "waiting",
    )

    def __init__(
        self, state: State, programs: Programs, memory_days: int, lateness_days: int, cache_entities: int
    ) -> None:
        self.programs = programs
        self.counts = Counts()
        #: How long business ids are known.
        self.memory_ms = memory_days * DAY_MS
        #: How long they are kept: what is late must still find what it would have found in time.
        self.keep_ms = (memory_days + lateness_days) * DAY_MS
        self.customers: Space[Customer] = state.space(b"c", Customer, cache_limit=cache_entities)
        self.orders: Space[Order] = state.space(b"o", Order, cache_limit=0)
        #: When a refund id was first seen.
        self.refund_ids: Space[int] = state.space(b"r", int, cache_limit=0)
        self.waiting: Space[Waiting] = state.space(b"w", Waiting, cache_limit=0)
        #: Which waiting refund is too old at which midnight: its key among those that wait.
        self.due: Space[bytes] = state.space(b"d", bytes, cache_limit=0)
        self.releases = Releases(state)
        self.ticks: Space[Tick] = state.space(b"t", Tick, cache_limit=64)
        self._plans: dict[tuple[str, int], Plan] = {}
        self._last_plan: Plan | None = None

    def plan(self, program_id: str, time: int) -> Plan | None:
        """The rules of the program version in force, made ready; ``None`` when there is none."""
        program = self.programs.in_force(program_id, time)
        last = self._last_plan
        if last is not None and last.program is program:
            return last
        if program is None:
            return None
        key = (program_id, program.version)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(program)
        self._last_plan = plan
        return plan

    def customer(self, customer_id: str) -> Customer:
        """The customer; one that was never seen has nothing."""
        return self.customers.get(customer_id.encode()) or Customer()

    def zone(self, program: str) -> str:
        """The home zone of a program that is loaded."""
        return self.programs.home_tz(program) or ""

    def last_day(self, zone: bytes) -> int:
        """The last day of a zone whose midnight is done, 0 before the first."""
        tick = self.ticks.get(zone)
        return 0 if tick is None else tick.day
