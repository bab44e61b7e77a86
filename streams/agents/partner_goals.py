"""What partners' goals come to at home midnights, and what a review is told of each partner."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Final

from events.messages import Figures, GoalLine, PartnerLine
from events.outputs import Decision
from schemas.program import Goal
from streams.agents import keys
from streams.agents.desks import goal_progressed
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.rules.comparison import NOTHING, added
from streams.rules.goals import WHOLE, Standing, metric_of, standing
from streams.rules.home_days import iso_date
from streams.rules.periods import is_reviewed, reviewed_span, span_before
from streams.rules.plan import Plan
from streams.rules.state import Member, Partner, Tick, Told

Span = tuple[int, int]

#: Partners in one message: the bound of its size.
_LINES: Final = 500


def tell_goals(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Tell which goals of partners were reached up to a midnight; False when there are more partners."""
    plans = [plan for plan in state.plans_at(midnight) if _partner_goals(plan)]
    if not plans:
        return True
    found = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for key, partner in found:
        for plan in plans:
            _tell_goals(state, plan, key.decode(), partner, midnight, emit)
        tick.cursor = keys.after(key)
    return len(found) < limit


def tell_partners(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """At a review: tell the desk of every partner; False when there are more."""
    plans = [plan for plan in state.plans_at(midnight) if is_reviewed(plan.program, midnight.day)]
    if not plans:
        return True
    if not tick.cursor:
        for plan in plans:
            _tell_cases(state, plan.program.id, midnight, emit)
    found = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for plan in plans:
        _tell_partners(state, plan, [(key.decode(), partner) for key, partner in found], midnight, emit)
    if found:
        tick.cursor = keys.after(found[-1][0])
    return len(found) < limit


def _partner_goals(plan: Plan) -> list[Goal]:
    return [goal for goal in plan.program.goals if goal.scope == "partner"]


def _tell_goals(
    state: PartnerState, plan: Plan, partner_id: str, partner: Partner, midnight: Midnight, emit: Emit
) -> None:
    program, last = plan.program, midnight.day - 1
    for goal, one in _standings(plan, partner_id, partner, last):
        if not one.reached:
            continue
        name = f"{program.id}~{goal.id}~{partner_id}"
        told = state.told.get(name.encode())
        if told is None or told.first != one.first:
            told = Told(one.first)
        for share in one.reached:
            if share not in told.shares:
                told.shares.append(share)
                state.told.put(name.encode(), told)
                emit(
                    Decision(
                        "milestones",
                        "goal.progressed",
                        f"goal~{name}~{iso_date(one.first)}~{share}",
                        f"partner:{partner_id}",
                        partner_id,
                        midnight.at,
                        goal_progressed(plan, one, partner_id, share, last),
                    )
                )


def _standings(plan: Plan, partner_id: str, partner: Partner, day: int) -> list[tuple[Goal, Standing]]:
    """The goals that a partner has, at the end of a day."""
    tiering = partner.tiers.get(plan.program.id)
    found = []
    for goal in _partner_goals(plan):
        if goal.of in {None, partner_id}:
            first = standing(goal, day, 0).first
            figures = NOTHING if tiering is None else tiering.figures(first, day)
            found.append((goal, standing(goal, day, metric_of(goal, figures))))
    return found


def _tell_partners(
    state: PartnerState, plan: Plan, partners: list[tuple[str, Partner]], midnight: Midnight, emit: Emit
) -> None:
    program, last = plan.program, midnight.day - 1
    known = [
        (name, partner, member) for name, partner in partners if (member := _member(partner, program.id))
    ]
    lines: list[PartnerLine] = []
    for review in program.reviews:
        span = reviewed_span(review, midnight.day)
        if span is None:
            continue
        before = span_before(review, span[0])
        for name, _, member in known:
            now, then = (_brought(state, program.id, name, one) for one in (span, before))
            lines.append(PartnerLine(review.id, name, member.group, now, then, member.enrolled))
    goals = _goal_lines([one for name, partner, _ in known for one in _standings(plan, name, partner, last)])
    for start in range(0, len(lines), _LINES):
        part = tuple(lines[start : start + _LINES])
        state.sums.tell(program.id, midnight, emit, partners=part, goals=goals if start == 0 else ())


def _goal_lines(standings: list[tuple[Goal, Standing]]) -> tuple[GoalLine, ...]:
    """The goals of some partners, added up."""
    found: dict[str, GoalLine] = {}
    for goal, one in standings:
        before = found.get(goal.id) or GoalLine(goal.id, goal.of or "", 0, 0, 0)
        found[goal.id] = GoalLine(
            goal.id,
            before.of,
            before.partners + 1,
            before.reached + (WHOLE in one.reached),
            before.actual + one.actual,
        )
    return tuple(found.values())


def _tell_cases(state: PartnerState, program: str, midnight: Midnight, emit: Emit) -> None:
    """Tell the desk how many cases are open."""
    start, stop = keys.orders_from(program)
    cases = Counter(case.rule for _, case in state.cases.scan(start, stop) if case.open)
    if cases:
        state.sums.tell(program, midnight, emit, cases=dict(cases))


def _member(partner: Partner, program: str) -> Member | None:
    """A partner that takes part in a program: it may earn, or brought something."""
    member = partner.members.get(program)
    if member is not None and member.enrolled:
        return member
    return Member() if program in partner.tiers else None


def _brought(state: PartnerState, program: str, partner_id: str, span: Span) -> dict[str, Figures]:
    """What a partner brought on the days of a span, by market."""
    found: dict[str, Figures] = {}
    start, stop = (keys.brought_key(program, partner_id, day) for day in (span[0], span[1] + 1))
    for _, brought in state.brought.scan(start, stop):
        for market, figures in brought.markets.items():
            found[market] = added(found.get(market, NOTHING), figures)
    return found
