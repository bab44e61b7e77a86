"""Six weeks of a program up to today, for the demo: partners, goals and a trial, and their events.

Among the events are what goes wrong in real streams: breaches of the terms, repeats, records that cannot be
decoded, and people who decide cases.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from events.time import DAY_MS
from streams.generator.breaches import Truth
from streams.generator.event import ORDERS, PARTNER_EVENTS, Generated, Ids
from streams.generator.markets import MARKETS as KNOWN
from streams.generator.program import program_text, read_rules
from streams.generator.stream import Parameters, stream

MARKETS: Final = ("FR", "DE", "ES", "GB", "US")
EVENTS: Final = 20_000
CUSTOMERS: Final = 1_200
PARTNERS: Final = 24
DAYS: Final = 42
BREACHES: Final = 0.004
#: How many of a thousand orders come a second time, and how many come once more, broken.
_REPEATS: Final = 15
_BROKEN: Final = 8
#: What is wrong with a broken order: what stands there, and what instead of it.
_WRONG: Final = (
    (b'"currency":"', b'"currency":"X'),
    (b'"type":"order.', b'"type":"order.not_'),
    (b'"market":"', b'"market":"X'),
    (b'{"specversion"', b'"specversion"'),
)
#: A case is decided after so many days; two of three are, and of these every other one is upheld.
_DECIDED_AFTER_MS: Final = 4 * DAY_MS
_LEFT_OPEN_OF: Final = 3

_MORE: Final = """
# What the season is to come to.
[[goal]]
id = "season"
scope = "program"
metric = "revenue"
period = "month"
target = "{target}"

[[goal]]
id = "newcomers"
scope = "program"
metric = "new_customers"
period = "month"
target = 350

[[goal]]
id = "partner-orders"
scope = "partner"
partner_id = "partner-001"
metric = "orders"
period = "week"
target = 100

[[review]]
id = "weekly"
cadence = "weekly"
day = "monday"

# Days of the year, and one of every month.
[[key_day]]
use = "valentines_day"
markets = [{markets}]

[[key_day]]
use = "super_saturday"
markets = [{markets}]

[[key_day]]
id = "payday"
rrule = "FREQ=MONTHLY;BYMONTHDAY=15"
markets = [{markets}]

[[bonus]]
id = "payday-points"
to = "customer"
unit = "points"
on = ["payday"]
flat = "50"

# Half of the partners try out a higher commission, as long as its budget of the month lasts.
[[bonus]]
id = "trial"
to = "partner"
unit = "money"
multiply = "1.2"
share = 0.5
budget = "trial"

[[budget]]
id = "trial"
amount = "900.00"
period = "month"
alerts = [0.5, 0.8, 0.95]
over = "trim"
"""


def season_program(start: dt.date) -> str:
    """The program file of a season that starts on a day."""
    text = program_text(MARKETS, PARTNERS, start).replace('id = "generated"', 'id = "season"', 1)
    return text + _MORE.format(markets=", ".join(f'"{one}"' for one in MARKETS), target="220000.00")


def season_start(today: dt.date) -> dt.date:
    """The first day of the season that ends with a day."""
    return today - dt.timedelta(days=DAYS - 1)


def season(seed: int, start: dt.date, text: str) -> Iterator[Generated]:
    """The events of a season under a program, by time and to the end of its last day.

    Raises:
        ParametersError: the program has none of the markets that can be generated.
    """
    rules = read_rules(text)
    parameters = Parameters(
        seed=seed,
        events=EVENTS,
        start=start,
        days=DAYS,
        customers=CUSTOMERS,
        partners=PARTNERS,
        markets=tuple(one for one in rules.markets if one in KNOWN),
        breaches=BREACHES,
    )
    rng = random.Random(f"{seed}/season")  # noqa: S311 -- reproducible, no secret
    ids = Ids(seed, CUSTOMERS)
    later: list[tuple[int, int, Generated]] = []
    truths: list[Truth] = []
    serial = told = 0
    for event in stream(parameters, rules, truths.append):
        while later and later[0][0] <= event.time:
            yield heappop(later)[2]
        yield event
        follow = list(_mishaps(rng, event))
        for truth in truths[told:]:
            told += 1
            if told % _LEFT_OPEN_OF:
                follow.append(_decision(ids, truth, told, event.time + _DECIDED_AFTER_MS))
        for one in follow:
            serial += 1
            heappush(later, (one.time, serial, one))


def _mishaps(rng: random.Random, event: Generated) -> Iterator[Generated]:
    """The same order again, or with an amount that cannot be read."""
    if event.topic != ORDERS:
        return
    chance = rng.randrange(1_000)
    if chance < _REPEATS:
        yield event._replace(time=event.time + rng.randrange(1, 3_600_000))
    elif chance < _REPEATS + _BROKEN and b'"order.placed"' in event.value:
        right, wrong = rng.choice(_WRONG)
        value = event.value.replace(b'id":"order-', b'id":"broken-').replace(right, wrong, 1)
        yield event._replace(value=value, time=event.time + rng.randrange(1, 3_600_000))


def _decision(ids: Ids, truth: Truth, number: int, at: int) -> Generated:
    """A person looks at a case and decides it."""
    data = {
        "case_id": truth.case_id,
        "partner_id": truth.partner_id,
        "decision": "upheld" if number % 2 else "dismissed",
        "actor": "compliance-desk",
    }
    return ids.event(
        PARTNER_EVENTS, truth.partner_id, f"decision-{truth.case_id}", "compliance.case_resolved", at, data
    )
