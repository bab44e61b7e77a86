"""Who is credited with an order (DOMAIN section 4)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from msgspec import Struct

from events.inputs import OrderPlaced
from events.money import split
from events.outputs import Credit
from events.time import DAY_MS
from schemas.program import Program

#: Touches that are kept of a customer: the newest by time and click id.
MOST_TOUCHES: Final = 50

_ALL: Final = Fraction(1)
_FIRST_AND_LAST: Final = Fraction(2, 5)
_BETWEEN: Final = Fraction(1, 5)


class Touch(Struct, array_like=True, frozen=True, order=True, gc=False):
    """A click that can be credited, with its device and address; touches sort by time, then click id."""

    time: int
    click_id: str
    partner_id: str
    marks: tuple[str, ...] = ()


class Attribution(Struct, frozen=True):
    """Why, and the exact share of each credited partner; ``clicks`` is the newest touch of each."""

    reason: str
    weights: dict[str, Fraction]
    clicks: dict[str, Touch]

    def credits(self, order: OrderPlaced, net: int, gross: int) -> tuple[Credit, ...]:
        """What each partner is credited with, by ascending id."""
        if not self.weights:
            return ()
        nets, grosses = split(net, self.weights), split(gross, self.weights)
        found = []
        for partner in sorted(self.weights):
            touch = self.clicks.get(partner)
            found.append(
                Credit(
                    partner,
                    str(self.weights[partner]),
                    nets[partner],
                    grosses[partner],
                    None if touch is None else touch.click_id,
                    None if touch is None else order.time - touch.time,
                )
            )
        return tuple(found)


UNATTRIBUTED: Final = Attribution("unattributed", {}, {})


def keep_newest(touches: list[Touch], touch: Touch) -> Touch | None:
    """Put one more among the touches, ascending; returns the oldest when it has no room any more."""
    if not touches or touches[-1] <= touch:
        touches.append(touch)
    else:
        insort(touches, touch)
    return touches.pop(0) if len(touches) > MOST_TOUCHES else None


def attribute(program: Program, order: OrderPlaced, touches: Iterable[Touch]) -> Attribution:
    """The first of the order's own partner, a coupon's, its click's, and the model over the touches.

    The touches are ascending.
    """
    if order.partner_id is not None:
        return Attribution("declared", {order.partner_id: _ALL}, {})
    if program.coupon_wins:
        for coupon in order.coupons:
            if coupon in program.coupons:
                return Attribution("coupon", {program.coupons[coupon]: _ALL}, {})
    after = order.time - program.lookback_days * DAY_MS
    seen = [touch for touch in touches if after < touch.time <= order.time]
    if order.click_id is not None:
        for touch in seen:
            if touch.click_id == order.click_id:
                return _credited("click_id", [(touch, _ALL)])
    if not seen:
        return UNATTRIBUTED
    return _credited(program.attribution, _MODELS[program.attribution](seen))


def _credited(reason: str, shares: list[tuple[Touch, Fraction]]) -> Attribution:
    weights: dict[str, Fraction] = {}
    clicks: dict[str, Touch] = {}
    for touch, weight in shares:
        partner = touch.partner_id
        weights[partner] = weights[partner] + weight if partner in weights else weight
        clicks[partner] = touch
    return Attribution(reason, weights, clicks)


def _last(seen: list[Touch]) -> list[tuple[Touch, Fraction]]:
    return [(seen[-1], _ALL)]


def _first(seen: list[Touch]) -> list[tuple[Touch, Fraction]]:
    return [(seen[0], _ALL)]


def _linear(seen: list[Touch]) -> list[tuple[Touch, Fraction]]:
    return [(touch, Fraction(1, len(seen))) for touch in seen]


def _position(seen: list[Touch]) -> list[tuple[Touch, Fraction]]:
    if len(seen) <= 2:  # noqa: PLR2004 - without touches between the first and the last
        return _linear(seen)
    between = _BETWEEN / (len(seen) - 2)
    weights = [_FIRST_AND_LAST, *(between for _ in seen[1:-1]), _FIRST_AND_LAST]
    return list(zip(seen, weights, strict=True))


_MODELS: Final = {"last_click": _last, "first_click": _first, "linear": _linear, "position": _position}
