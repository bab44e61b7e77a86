"""The desks of programs: each the single writer of what its program's goals, key days and reviews come to.

All partitions tell the desk at a home midnight what they counted. It closes the midnight when all of them
have come to it, so that what it says does not depend on which was first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from events.messages import Counted, Figures
from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming
from events.outputs import Decision, DecisionData
from events.time import format_time
from schemas.messages import decode_message, encode_message
from schemas.program import Goal
from schemas.programs import Programs
from streams.agents import keys
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.engine.state import Space, State
from streams.rules.calendar import MarketCalendar, Occurrence
from streams.rules.comparison import NOTHING, added
from streams.rules.goals import Standing, metric_of, standing
from streams.rules.home_days import iso_date
from streams.rules.key_day_results import (
    BASELINE_DAYS,
    KeyDayResult,
    ahead,
    baseline,
    ended,
    local_days,
    ranks,
    result,
)
from streams.rules.periods import reviewed_span, span_before
from streams.rules.plan import Plan, plan_of
from streams.rules.reviews import Known, review_due, standing_data
from streams.rules.state import DaySums, DeskState, Told

#: Home days that are kept: a year, and what a key day at its start is compared with.
_KEPT_DAYS = 400

#: Orders, net and new customers of home days from a first to a last one, by name.
ByName = dict[str, Figures]


class Desks:
    """The desks of the programs whose ids lie in one partition of the budgets agent."""

    def __init__(self, state: State, programs: Programs) -> None:
        self._programs = programs
        self._desks: Space[DeskState] = state.space(b"d", DeskState, cache_limit=64)
        self._days: Space[DaySums] = state.space(b"y", DaySums, cache_limit=_KEPT_DAYS)
        self._reports: Space[bytes] = state.space(b"r", bytes, cache_limit=0)

    def take(self, counted: Counted, emit: Emit) -> None:
        """Take in what a partition counted; it may be the last that a midnight waits for."""
        key = keys.report_key(counted.program, counted.day, counted.agent, counted.partition, counted.number)
        desk = self._desks.get(counted.program.encode()) or DeskState()
        if any(
            (counted.orders, counted.groups, counted.partners, counted.goals, counted.budgets, counted.cases)
        ):
            self._reports.put(key, encode_message(counted))
        if not desk.ticked:
            # It opens on the day on which somebody first begins to count, also when its own clock was ahead.
            desk.closed = min(desk.closed or counted.day, counted.day)
        if counted.done:
            name = f"{counted.agent}/{counted.partition}"
            desk.reported[name] = max(desk.reported.get(name, 0), counted.day)
            self._close(counted.program, desk, emit)
        self._desks.put(counted.program.encode(), desk)

    def midnight(self, midnight: Midnight, emit: Emit) -> None:
        """The desk's own clock has come to a home midnight."""
        for key, desk in list(self._desks.scan(b"", b"\xff")):
            program = key.decode()
            if self._programs.home_tz(program) == midnight.zone:
                desk.ticked = midnight.day
                self._close(program, desk, emit)
                self._desks.put(key, desk)

    def _close(self, program_id: str, desk: DeskState, emit: Emit) -> None:
        """Close the midnights that all have come to."""
        while desk.closed and desk.closed < min(desk.ticked, *desk.reported.values()):
            desk.closed += 1
            reports = self._fold(program_id, desk, desk.closed)
            plan = self._plan(program_id, desk.closed)
            if plan is not None:
                _Close(self._days, plan, desk, reports, emit).say()
            self._forget(program_id, desk.closed)

    def _plan(self, program_id: str, day: int) -> Plan | None:
        """The rules in force at a home midnight."""
        versions = self._programs.versions(program_id)
        if not versions:
            return None
        home = self._plan_of(program_id, versions[0].version).home
        program = self._programs.in_force(program_id, home.midnight(day))
        return None if program is None else self._plan_of(program_id, program.version)

    def _plan_of(self, program_id: str, version: int) -> Plan:
        program = self._programs.version(program_id, version)
        assert program is not None  # noqa: S101 - its number was read from those that are loaded
        return plan_of(program)

    def _fold(self, program_id: str, desk: DeskState, day: int) -> list[Counted]:
        """Add what was counted up to a midnight to its days; what else was told of it."""
        told = []
        start, stop = keys.day_key(program_id, 0), keys.day_key(program_id, day + 1)
        for key, raw in list(self._reports.scan(start, stop)):
            counted = decode_message(raw)
            assert isinstance(counted, Counted)  # noqa: S101 - nothing else is put there
            for (home_day, local_day, market, channel, key_days), figures in counted.orders.items():
                sums = self._day(program_id, home_day)
                place = (local_day, market, channel, key_days)
                sums.orders[place] = added(sums.orders.get(place, NOTHING), figures)
                desk.first = min(desk.first or home_day, home_day)
            for (home_day, group), figures in counted.groups.items():
                sums = self._day(program_id, home_day)
                sums.groups[group] = added(sums.groups.get(group, NOTHING), figures)
            if counted.partners or counted.goals or counted.budgets or counted.cases:
                told.append(counted)
            self._reports.delete(key)
        return told

    def _day(self, program_id: str, day: int) -> DaySums:
        """The sums of a home day, to be changed."""
        key = keys.day_key(program_id, day)
        sums = self._days.get(key) or DaySums()
        self._days.put(key, sums)
        return sums

    def _forget(self, program_id: str, day: int) -> None:
        start, stop = keys.day_key(program_id, 0), keys.day_key(program_id, max(0, day - _KEPT_DAYS))
        for key, _ in list(self._days.scan(start, stop)):
            self._days.delete(key)


class _Close:
    """What a program's desk says at one home midnight, which ends ``last`` and begins ``day``."""

    def __init__(
        self, days: Space[DaySums], plan: Plan, desk: DeskState, told: list[Counted], emit: Emit
    ) -> None:
        self._days = days
        self._plan = plan
        self._program = plan.program
        self._desk = desk
        self._told = told
        self._emit = emit
        self._day = desk.closed
        self._last = desk.closed - 1
        self._at = plan.home.midnight(desk.closed)

    def say(self) -> None:
        """Goals, key days that ended, key days ahead, reviews: in this order."""
        self._goals(self._standings(self._last))
        self._key_days()
        for review in self._program.reviews:
            span = reviewed_span(review, self._day)
            if span is not None:
                self._review(review.id, review.cadence, span, span_before(review, span[0]))

    def _goals(self, standings: list[tuple[str, Standing]]) -> None:
        told = self._desk.told
        for of, one in standings:
            name = f"{one.goal.id}~{of}" if of else one.goal.id
            before = told.get(name)
            if before is None or before.first != one.first:
                before = told[name] = Told(one.first)
            for share in one.reached:
                if share not in before.shares:
                    before.shares.append(share)
                    self._say(
                        "goal.progressed",
                        f"goal~{name}~{iso_date(one.first)}~{share}",
                        goal_progressed(self._plan, one, of, share, self._last),
                    )

    def _standings(self, day: int, idle: Iterable[str] = ()) -> list[tuple[str, Standing]]:
        """The goals of the program and of groups, ``idle`` ones too, at the end of a day, with the group."""
        found = []
        for goal in self._program.goals:
            if goal.scope == "partner":
                continue
            first = standing(goal, day, 0).first
            whole, groups = self._whole(first, day), dict.fromkeys(idle, NOTHING) | self._groups(first, day)
            by_name = {"": whole} if goal.scope == "program" else _of(goal, groups)
            found += [
                (name, standing(goal, day, metric_of(goal, figures)))
                for name, figures in sorted(by_name.items())
            ]
        return found

    def _key_days(self) -> None:
        for market, calendar in sorted(self._plan.calendars.items()):
            before = self._plan.home.midnight(self._last)
            for one in ended(calendar, before, self._at):
                self._key_day(market, calendar, one)
        for market, calendar in sorted(self._plan.calendars.items()):
            for one, days in ahead(calendar, self._day):
                self._ahead(market, one, days)

    def _ahead(self, market: str, one: Occurrence, days: int) -> None:
        upcoming = KeyDayUpcoming(
            program=self._program.id,
            program_version=self._program.version,
            key_day=one.key_day.id,
            name=one.key_day.name,
            market=market,
            date=one.day.isoformat(),
            start=format_time(one.start),
            end=format_time(one.end),
            status=one.status,
            days=days,
        )
        self._say("key_day.upcoming", f"upcoming~{_named(market, one)}~{days}", upcoming)

    def _key_day(self, market: str, calendar: MarketCalendar, one: Occurrence) -> None:
        days = local_days(calendar.zone, one)
        by_day: dict[int, Figures] = defaultdict(lambda: NOTHING)
        figures = NOTHING
        for day in range(days[0] - BASELINE_DAYS - 1, days[-1] + 2):
            for (local, where, _, key_days), counted in self._orders(day):
                if where == market:
                    by_day[local] = added(by_day[local], counted)
                    if one.key_day.id in key_days and local in days:
                        figures = added(figures, counted)
        # Before any order was counted there is no day to compare with.
        first = self._desk.first or self._day
        usual = baseline(calendar, one, first, lambda day: by_day[day])
        found = result(one, market, figures[1], usual)
        self._desk.results = [
            other for other in self._desk.results if other.day > self._day - _KEPT_DAYS and other != found
        ]
        self._desk.results.append(found)
        productivity, potential, ranked = ranks(found, self._desk.results)
        closed = KeyDayClosed(
            program=self._program.id,
            program_version=self._program.version,
            key_day=one.key_day.id,
            name=one.key_day.name,
            market=market,
            date=one.day.isoformat(),
            start=format_time(one.start),
            end=format_time(one.end),
            unit=self._program.money_unit,
            orders=figures[0],
            revenue=figures[1],
            new_customers=figures[2],
            baseline=usual,
            uplift=found.uplift_text,
            productivity=found.productivity,
            rank_productivity=productivity,
            rank_potential=potential,
            ranked=ranked,
        )
        self._say("key_day.closed", f"closed~{_named(market, one)}", closed)

    def _review(self, name: str, cadence: str, span: tuple[int, int], before: tuple[int, int]) -> None:
        members = {line.group for one in self._told for line in one.partners if line.enrolled}
        known = Known(
            now=self._channels(*span),
            before=self._channels(*before),
            groups=self._groups(*span),
            groups_before=self._groups(*before),
            standings=[standing_data(one, of) for of, one in self._standings(self._last, members)],
            told=self._told,
            results=[one for one in self._desk.results if one.day > self._day - _KEPT_DAYS],
        )
        due = review_due(self._program, name, cadence, span, known)
        self._say("review.due", f"review~{name}~{iso_date(self._day)}", due)

    def _orders(self, day: int) -> Iterator[tuple[tuple[int, str, str, tuple[str, ...]], Figures]]:
        sums = self._days.get(keys.day_key(self._program.id, day))
        return iter(()) if sums is None else iter(sums.orders.items())

    def _whole(self, first: int, last: int) -> Figures:
        return added(*self._channels(first, last).values())

    def _channels(self, first: int, last: int) -> ByName:
        return self._summed(first, last, lambda sums: ((cell[2], one) for cell, one in sums.orders.items()))

    def _groups(self, first: int, last: int) -> ByName:
        return self._summed(first, last, lambda sums: iter(sums.groups.items()))

    def _summed(
        self, first: int, last: int, named: Callable[[DaySums], Iterator[tuple[str, Figures]]]
    ) -> ByName:
        found: ByName = {}
        start, stop = keys.day_key(self._program.id, first), keys.day_key(self._program.id, last + 1)
        for _, sums in self._days.scan(start, stop):
            for name, figures in named(sums):
                found[name] = added(found.get(name, NOTHING), figures)
        return found

    def _say(self, type_: str, id_: str, data: DecisionData) -> None:
        program = self._program.id
        kind, _, rest = id_.partition("~")
        name = f"{kind}~{program}~{rest}"
        self._emit(Decision("milestones", type_, name, f"program:{program}", program, self._at, data))


def goal_progressed(plan: Plan, one: Standing, of: str, share: str, day: int) -> GoalProgressed:
    """That a goal reached a share of its target by the end of a day."""
    program = plan.program
    return GoalProgressed(
        program=program.id,
        program_version=program.version,
        threshold=share,
        day=iso_date(day),
        unit=program.money_unit if one.goal.metric == "revenue" else one.goal.metric,
        standing=standing_data(one, of),
    )


def _of(goal: Goal, groups: ByName) -> ByName:
    """The groups that have a goal: the one that it names, or each that brought anything.

    Partners without a record are in none.
    """
    if goal.of is None:
        return {name: figures for name, figures in groups.items() if name}
    return {goal.of: groups.get(goal.of, NOTHING)}


def _named(market: str, one: Occurrence) -> str:
    return f"{one.key_day.id}~{market}~{one.day.isoformat()}"


__all__ = ["Desks", "KeyDayResult", "goal_progressed"]
