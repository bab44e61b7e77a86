"""What an agent's partition counts for the desks of programs: a few additions for each order.

What was counted goes to the desk at home midnights; only what changed, and one message for all of it unless
it is very much.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Final, TypeVar

from msgspec import Struct

from events.messages import BudgetLine, Counted, GoalLine, GroupCell, OrderCell, PartnerLine, Send
from schemas.programs import Programs
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.engine.state import Space, State
from streams.rules.plan import Plan

#: Cells that wait at most: the bound of a message, and of what is encoded again in each batch.
_MOST_CELLS: Final = 1_000


Cell = TypeVar("Cell", OrderCell, GroupCell)
_orders: Final = attrgetter("orders")
_groups: Final = attrgetter("groups")


class Unsent(Struct, array_like=True):
    """What was counted of a program since the last message: orders, net and new customers by cell.

    ``day`` is the next midnight to come to, ``number`` counts the messages that went before it.
    """

    day: int
    number: int = 0
    orders: dict[OrderCell, list[int]] = {}
    groups: dict[GroupCell, list[int]] = {}


class Sums:
    """The counts of one partition of an agent."""

    __slots__ = ("_agent", "_partition", "_space")

    def __init__(self, agent: str, state: State) -> None:
        self._agent = agent
        self._partition = state.partition
        self._space: Space[Unsent] = state.space(b"s", Unsent, cache_limit=64)

    def count_order(
        self, program: str, cell: OrderCell, orders: int, net: int, new: int, time: int, emit: Emit
    ) -> None:
        """Count an order, or what is taken back of one as negative numbers."""
        self._count(_orders, program, cell, (orders, net, new), time, emit)

    def count_credit(
        self, program: str, cell: GroupCell, orders: int, net: int, new: int, time: int, emit: Emit
    ) -> None:
        """Count what a partner of a group is credited with, or loses again."""
        self._count(_groups, program, cell, (orders, net, new), time, emit)

    def _count(
        self,
        cells_of: Callable[[Unsent], dict[Cell, list[int]]],
        program: str,
        cell: Cell,
        more: tuple[int, int, int],
        time: int,
        emit: Emit,
    ) -> None:
        place = self._space.cells[program.encode()]
        unsent: Unsent = place[0] or self.announced(program, cell[0], time, emit)
        cells = cells_of(unsent)
        figures = cells.get(cell)
        if figures is None:
            cells[cell] = list(more)
            if len(cells) > _MOST_CELLS:
                self._send(program, unsent, time, emit)
        else:
            figures[0] += more[0]
            figures[1] += more[1]
            figures[2] += more[2]
        self._space.write(place, unsent)

    def announced(self, program: str, home_day: int, time: int, emit: Emit) -> Unsent:
        """What is counted of a program; the desk hears of a partition that begins to count."""
        key = program.encode()
        unsent = self._space.get(key)
        if unsent is None:
            unsent = Unsent(home_day)
            self._send(program, unsent, time, emit, done=True)
            unsent.day, unsent.number = home_day + 1, 0
            self._space.put(key, unsent)
        return unsent

    def tell(
        self,
        program: str,
        midnight: Midnight,
        emit: Emit,
        *,
        partners: tuple[PartnerLine, ...] = (),
        goals: tuple[GoalLine, ...] = (),
        cases: dict[str, int] | None = None,
    ) -> None:
        """Tell the desk of partners at a review."""
        unsent = self.announced(program, midnight.day - 1, midnight.at, emit)
        unsent.day = midnight.day
        self._send(program, unsent, midnight.at, emit, partners=partners, goals=goals, cases=cases)
        self._space.put(program.encode(), unsent)

    def report(
        self, programs: Programs, midnight: Midnight, emit: Emit, budgets: dict[str, tuple[BudgetLine, ...]]
    ) -> None:
        """At a home midnight: tell the desks of the zone's programs what changed, and that it has come."""
        for program in programs.ids():
            key = program.encode()
            unsent = self._space.get(key)
            if unsent is None or programs.home_tz(program) != midnight.zone:
                continue
            unsent.day = midnight.day
            self._send(program, unsent, midnight.at, emit, budgets=budgets.get(program, ()), done=True)
            unsent.day, unsent.number = midnight.day + 1, 0
            self._space.put(key, unsent)

    def _send(
        self,
        program: str,
        unsent: Unsent,
        time: int,
        emit: Emit,
        *,
        partners: tuple[PartnerLine, ...] = (),
        goals: tuple[GoalLine, ...] = (),
        budgets: tuple[BudgetLine, ...] = (),
        cases: dict[str, int] | None = None,
        done: bool = False,
    ) -> None:
        counted = Counted(
            program,
            self._agent,
            self._partition,
            unsent.day,
            unsent.number,
            time,
            done,
            {cell: (orders, net, new) for cell, (orders, net, new) in unsent.orders.items()},
            {cell: (orders, net, new) for cell, (orders, net, new) in unsent.groups.items()},
            partners,
            goals,
            budgets,
            cases or {},
        )
        emit(Send("budgets", program, time, counted))
        unsent.number += 1
        unsent.orders, unsent.groups = {}, {}


def order_cell(
    plan: Plan, market: str, channel: str, key_days: tuple[str, ...], home_day: int, at: int
) -> OrderCell:
    """Where an order counts."""
    zone = plan.calendars[market].zone
    day = home_day if zone is plan.home else zone.ordinal(at)
    return home_day, day, market, channel, key_days
