"""The page of the system: whether it is up to date, how much it does, and what it could not decide."""

from __future__ import annotations

from collections import Counter
from typing import Final

from projections.dashboard import chart
from projections.dashboard.figures import Figure
from projections.dashboard.pulse import Pulse
from projections.dashboard.reader import NOTHING
from projections.dashboard.view import Context, View
from projections.progress import Blocker

#: Rates that make a line.
_DRAWN: Final = 2
#: Events a minute: what the scale of the chart goes up to at least.
_LEAST_EVENTS: Final = 5
#: Characters of what a dead letter says.
_DETAIL: Final = 200


def system_page(view: View, pulse: Pulse, blocker: Blocker | None) -> Context:
    """Everything on the page."""
    reader = view.reader
    waiting = int(sum(value for _, value in pulse.samples("keyday_projection_lag_records")))
    positions = view.data.tables.positions
    entries = sum(offset for (topic, _), offset in positions.items() if topic == "rewards")
    rates = pulse.rates()
    counts, letters = view.data.letters()
    rate = reader.number(round(rates[-1].events)) if rates else NOTHING
    return {
        "state_figures": [
            Figure(
                reader.say("status"),
                reader.say("ready" if blocker is None else "not-ready"),
                "" if blocker is None else _blocked(view, blocker),
                "good" if blocker is None else "warn",
            ),
            Figure(reader.say("lag"), reader.number(waiting), reader.say("lag-text")),
            Figure(reader.say("rate"), rate, reader.say("rate-text") if rates else reader.say("rate-none")),
            Figure(reader.say("entries"), reader.number(entries), reader.say("entries-text")),
            Figure(
                reader.say("dead-letters"),
                reader.number(sum(counts.values())),
                reader.say("dead-letters-text"),
                "warn" if counts else "good",
            ),
        ],
        "as_of": reader.time(view.now, view.zone),
        "rates": _chart(view, pulse),
        "agents": _agents(view, pulse),
        "topics": _topics(view),
        "own_agents": view.data.has_agents,
        "codes": [
            (code, _meaning(view, code), reader.number(count))
            for code, count in Counter(counts).most_common()
        ],
        "letters": [
            {
                "code": one.code,
                "meaning": _meaning(view, one.code),
                "place": f"{one.topic}/{one.partition}@{one.offset}",
                "detail": one.detail[:_DETAIL],
                "time": reader.time(one.time, view.zone, "short"),
            }
            for one in letters
        ],
        "programs": [
            {
                "id": one.id,
                "version": reader.number(one.version),
                "since": reader.time(one.effective_from, one.home_tz, "short"),
                "markets": reader.listed(sorted(map(reader.market, one.markets))),
                "zone": one.home_tz,
                "currency": one.currency,
            }
            for one in reversed(view.data.programs.all())
        ],
    }


def _blocked(view: View, blocker: Blocker) -> str:
    """Why the tables are not up to date."""
    message = f"blocker-{blocker.code.replace('_', '-')}"
    return view.reader.say(message, topic=f"{blocker.topic}/{blocker.partition}")


def _meaning(view: View, code: str) -> str:
    """What a code says, in a sentence; nothing for one that an older or newer Keyday wrote."""
    message = f"letter-{code.replace('_', '-')}"
    return view.reader.say(message) if view.reader.knows(message) else ""


def _chart(view: View, pulse: Pulse) -> chart.Chart | None:
    rates, reader = pulse.rates(), view.reader
    if len(rates) < _DRAWN:
        return None
    labels = [reader.clock(one.at, view.zone) for one in rates]
    values = [round(one.events) for one in rates]
    length = reader.duration((rates[-1].at - rates[0].at) // 1_000)
    title = reader.say("rate-chart")

    def shown(value: float) -> str:
        return reader.number(round(value))

    return chart.Chart(
        title=title,
        summary=reader.say("rate-chart-text", time=length, value=reader.number(values[-1])),
        svg=chart.lines(
            labels,
            [chart.Series("", values)],
            chart.Scale(shown, shown, _LEAST_EVENTS),
        ),
        columns=[reader.say("time"), reader.say("rate-text")],
        rows=[[label, reader.number(value)] for label, value in zip(labels, values, strict=True)][::-1],
    )


def _topics(view: View) -> list[tuple[str, str]]:
    """How much of each input topic waits for agents that are other processes, the longest first."""
    found = sorted(view.data.waiting_records().items(), key=lambda one: (-one[1], one[0]))
    return [(topic, view.reader.number(count)) for topic, count in found]


def _agents(view: View, pulse: Pulse) -> list[Context]:
    """What each agent of this process did, and what waits for it."""
    done: Counter[str] = Counter()
    for labels, value in pulse.samples("keyday_records_processed_total"):
        done[labels.get("agent", "")] += int(value)
    waiting: Counter[str] = Counter()
    for labels, value in pulse.samples("keyday_input_lag_records"):
        waiting[labels.get("agent", "")] += int(value)
    repeats: Counter[str] = Counter()
    for labels, value in pulse.samples("keyday_duplicates_total"):
        repeats[labels.get("agent", "")] += int(value)
    number = view.reader.number
    return [
        {
            "name": view.reader.named("agent", name),
            "done": number(done[name]),
            "waiting": number(waiting[name]),
            "repeats": number(repeats[name]),
        }
        for name in sorted(done)
    ]
