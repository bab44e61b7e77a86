"""What a desk said of a key day when it closed it, against all that its orders came to in the end.

What comes to a partition after the midnight that closes a key day is not in it: how much that is, arrival decides. But
each partition tells the desk what it counted, and for which midnight: the figures of the key day and what was counted
for later ones have to add up to its orders less their refunds. A long run has the key day of more than one year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil

from events.messages import Counted, Figures, Message
from tests.chaos.ledger import Decision
from tests.chaos.racing import HOME, share
from tests.chaos.verdict import Verdict
from tests.chaos.world import Returned

METRICS = ("orders", "revenue", "new_customers")


def judge_key_days(
    verdict: Verdict,
    decisions: Sequence[Decision],
    returned: Mapping[str, Returned],
    inbox: Iterable[Message],
) -> None:
    """Of each key day that was closed: nothing of it is lost, and nothing counted twice."""
    counted = [one for one in inbox if isinstance(one, Counted)]
    attributed = [one.data for one in decisions if one.kind == "attribution.decided"]
    wrong = []
    for one in decisions:
        if one.kind != "key_day.closed":
            continue
        key_day, market = one.data["key_day"], one.data["market"]
        start, end = (datetime.fromisoformat(str(one.data[edge])) for edge in ("start", "end"))
        first = date.fromisoformat(str(one.data["date"])).toordinal()
        local_days = range(first, first + ceil((end - start) / timedelta(days=1)))
        orders = [
            _left(order, returned.get(order["order_id"]))
            for order in attributed
            if order["market"] == market
            and key_day in order["key_days"]
            and start <= datetime.fromisoformat(order["occurred"]) < end
        ]
        closed = datetime.fromisoformat(str(one.event["time"])).astimezone(HOME).date().toordinal()
        late = [
            figures
            for told in counted
            if told.day > closed
            for (_, local_day, where, _, days), figures in told.orders.items()
            if where == market and key_day in days and local_day in local_days
        ]
        said = one.data["orders"], one.data["revenue"], one.data["new_customers"]
        if _sum([said, *late]) != _sum(orders):
            wrong.append(f"{one.id} says {said}, later came {_sum(late)}, and it is {_sum(orders)}")
    verdict.limits += len(wrong)
    verdict.note("key days: what was closed and what came late is not all there is", wrong)


def judge_goals(verdict: Verdict, decisions: Sequence[Decision], inbox: Iterable[Message]) -> None:
    """A goal of the program or a group was told with what all partitions had counted by its midnight."""
    counted = [one for one in inbox if isinstance(one, Counted)]
    wrong = []
    for one in decisions:
        standing = one.data.get("standing")
        if one.kind != "goal.progressed" or standing["scope"] == "partner":
            continue
        first, last = (
            date.fromisoformat(day).toordinal() for day in (standing["period_start"], one.data["day"])
        )
        figures = [
            found
            for told in counted
            if told.day <= last + 1
            for cell, found in (told.orders if standing["scope"] == "program" else told.groups).items()
            if first <= cell[0] <= last
            and (standing["scope"] == "program" or cell[1] == (standing["group"] or ""))
        ]
        come_to = _sum(figures)[METRICS.index(standing["metric"])]
        if come_to != standing["actual"] or come_to < float(one.data["threshold"]) * standing["target"]:
            wrong.append(f"{one.id} says {standing['actual']}, and {come_to} was counted")
    verdict.limits += len(wrong)
    verdict.note("goals: what was told is not what was counted", wrong)


def judge_counts(
    verdict: Verdict,
    decisions: Sequence[Decision],
    returned: Mapping[str, Returned],
    inbox: Iterable[Message],
) -> None:
    """All that partitions ever counted are all orders less their refunds: none is left out, and none told twice."""
    told = [figures for one in inbox if isinstance(one, Counted) for figures in one.orders.values()]
    orders = [
        _left(one.data, returned.get(one.data["order_id"]))
        for one in decisions
        if one.kind == "attribution.decided"
    ]
    if _sum(told) != _sum(orders):
        verdict.limits += 1
        verdict.note("desks", [f"{_sum(told)} was counted of {_sum(orders)}"])


def _left(order: Mapping[str, object], returned: Returned | None) -> Figures:
    """What an order comes to after its refunds: orders, net in the program's currency, new customers."""
    net = order["net"]
    assert isinstance(net, int)
    new = int(bool(order["new_customer"]))
    if returned is None:
        return 1, net, new
    if returned.cancelled or returned.refunded == returned.net:
        return 0, 0, 0
    return 1, net - share(net, Fraction(returned.refunded, returned.net)), new


def _sum(figures: Iterable[Figures]) -> Figures:
    orders, net, new = (sum(column) for column in zip((0, 0, 0), *figures, strict=True))
    return orders, net, new
