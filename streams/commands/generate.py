"""``keyday generate``: a seeded program of partners and customers, as files or straight into a log."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

import click
import msgspec

from streams.commands.front import (
    SECURITY,
    WorkFailedError,
    as_json,
    note,
    progress,
    say,
    settings_from,
    settings_options,
)

if TYPE_CHECKING:
    from streams.commands.destinations import Destination
    from streams.engine.record import OutRecord
    from streams.generator.breaches import Truth
    from streams.generator.event import Generated
    from streams.generator.program import Rules
    from streams.generator.stream import Parameters

MARKETS: Final = ("FR", "DE", "ES", "GB", "US")
CLOCK: Final = "clock"
_SETTINGS: Final = ("data", "brokers", *SECURITY)
#: Events between two updates of the progress bar.
_BAR_EVENTS: Final = 1_000


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same events.")
@click.option("--events", type=click.IntRange(1), default=10_000, show_default=True, help="How many, in all.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2025-11-01",
    show_default=True,
    metavar="DATE",
    help="The first day, in UTC.",
)
@click.option("--days", type=click.IntRange(1), default=35, show_default=True, help="Over how many days.")
@click.option("--customers", type=click.IntRange(1), default=2_000, show_default=True, help="Of the shop.")
@click.option("--partners", type=click.IntRange(1), default=40, show_default=True, help="How many enrol.")
@click.option(
    "--markets",
    metavar="MARKET,…",
    help=f"Where they are. [default: {','.join(MARKETS)}, or those of --program]",
)
@click.option(
    "--program",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Make events for this program. [default: one is written to DIR/program.toml]",
)
@click.option(
    "--breaches",
    type=float,
    default=0.0,
    show_default=True,
    metavar="RATE",
    help="The share of events that belong to planted breaches of the terms, such as 0.01.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write DIR/<topic>.ndjson, the program, and the truth about breaches.",
)
@click.option("--gzip", "gzipped", is_flag=True, help="Compress the files of events.")
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the truth about breaches goes. [default: DIR/truth.ndjson]",
)
@settings_options(*_SETTINGS)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    metavar="EVENTS_PER_S",
    help="Write to --data or --brokers no faster than this.",
)
@click.option("--json", "json_", is_flag=True, help="Print the counts as JSON.")
def generate(
    start: dt.datetime,
    program: Path | None,
    out: Path | None,
    truth: Path | None,
    rate: float | None,
    *,
    gzipped: bool,
    json_: bool,
    **flags: Any,
) -> None:
    """Make the events of a plausible program, the same for a seed.

    Clicks, orders, refunds, referrals, requests and partners go to files (--out DIR), to the embedded log
    (--data DIR) or to Kafka (--brokers HOST:PORT).
    """
    from streams.commands.destinations import Files, destination
    from streams.engine.pace import Pace
    from streams.generator.event import TOPICS

    given = {name: flags.pop(name) for name in _SETTINGS}
    data, kafka = given["data"] is not None, given["brokers"] is not None
    settings = settings_from(given | {"programs": None if program is None else str(program)})
    log = data or kafka or (out is None and bool(settings.brokers))
    _refuse_contradictions(out, program, truth, rate, flags["breaches"], log=log, gzipped=gzipped)
    plan = _plan(start.date(), program, flags)
    target: Destination
    if out is not None and not log:
        target = Files(out, topics=TOPICS, gzipped=gzipped)
        truth = truth or out / "truth.ndjson"
    else:
        pace = None if rate is None else Pace(rate)
        topics = (*TOPICS, CLOCK)
        target = destination(settings, out=out, data=data, kafka=kafka, topics=topics, pace=pace)
    summary = _write(plan, target, truth, out)
    if json_:
        as_json(summary)
    else:
        _print(summary)


@dataclass(frozen=True)
class _Plan:
    """What is to be generated; ``text`` is the program to be written, if none was given."""

    parameters: Parameters
    rules: Rules
    text: str | None


def _refuse_contradictions(
    out: Path | None,
    program: Path | None,
    truth: Path | None,
    rate: float | None,
    breaches: float,
    *,
    log: bool,
    gzipped: bool,
) -> None:
    if not log and rate is not None:
        raise click.UsageError("--rate is for --data and --brokers; files are written at once")
    if log and gzipped:
        raise click.UsageError("--gzip is for files, that is for --out")
    if log and out is None and program is None:
        raise click.UsageError(
            "say which program the events are for: --program FILE, such as the one that --out DIR writes"
        )
    if log and out is None and truth is None and breaches > 0:
        raise click.UsageError("say where the truth about the breaches goes: --truth FILE")


def _plan(start: dt.date, program: Path | None, flags: dict[str, Any]) -> _Plan:
    from streams.commands.loading import load_programs
    from streams.generator.markets import MARKETS as KNOWN
    from streams.generator.program import program_text, read_rules
    from streams.generator.stream import Parameters, ParametersError

    markets = flags.pop("markets")
    named = None if markets is None else [market.strip() for market in markets.split(",")]
    rules = None
    if program is not None:
        if load_programs(program).resolve(None, _midnight_ms(start)) is None:
            raise click.UsageError(f"{program} is not in force yet on {start}; give another --start")
        rules = read_rules(program.read_text())
        named = named or [market for market in rules.markets if market in KNOWN]
    try:
        parameters = Parameters(start=start, markets=tuple(named or MARKETS), **flags)
    except ParametersError as error:
        raise click.UsageError(str(error)) from None
    text = None
    if rules is None:
        text = program_text(parameters.markets, parameters.partners, start)
        rules = read_rules(text)
    missing = [market for market in parameters.markets if market not in rules.markets]
    if missing:
        raise click.UsageError(f"{program} has no market {', '.join(missing)}")
    return _Plan(parameters, rules, text)


def _midnight_ms(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()) * 1000


def _write(plan: _Plan, target: Destination, truth: Path | None, out: Path | None) -> dict[str, Any]:
    from streams.generator.stream import stream

    span = _Span()
    with _TruthFile(truth) as truths:
        events = stream(plan.parameters, plan.rules, truths)
        try:
            counts = target.write(_records(_shown(events, plan.parameters.events, span), target))
        except KeyboardInterrupt:
            note(f"{sum(target.written.values()):,} records were written to {target.place}")
            raise
    if out is not None and plan.text is not None:
        (out / "program.toml").write_text(plan.text)
    return {
        "events": sum(counts.values()) - counts.get(CLOCK, 0),
        "topics": {topic: counts[topic] for topic in sorted(counts) if topic != CLOCK},
        "first": span.first,
        "last": span.last,
        "midnights": counts.get(CLOCK, 0),
        "breaches": dict(sorted(truths.counts.items())),
        "to": target.place,
        "truth": None if truth is None else str(truth),
        "program": str(out / "program.toml") if out is not None and plan.text is not None else None,
    }


@dataclass
class _Span:
    """Times of the first and the last event."""

    first: str | None = None
    last: str | None = None


def _shown(events: Iterable[Generated], count: int, span: _Span) -> Iterator[Generated]:
    """The events with a progress bar."""
    from events.time import format_time

    event = None
    with progress(count, "Generating") as bar:
        for number, event in enumerate(events, 1):
            if number == 1:
                span.first = format_time(event.time)
            yield event
            if number % _BAR_EVENTS == 0:
                bar.update(_BAR_EVENTS)
        bar.update(count - bar.pos)
    if event is not None:
        span.last = format_time(event.time)


def _records(events: Iterable[Generated], target: Destination) -> Iterator[OutRecord]:
    from streams.engine.partitioner import partition_of
    from streams.engine.record import OutRecord
    from streams.imports.feed import with_midnights

    count = target.partitions
    records = (
        OutRecord(topic, partition_of(key, count) if count > 1 else 0, at, key, value)
        for topic, key, value, at in events
    )
    return with_midnights(records, target.zones, count) if target.zones else records


class _TruthFile:
    """The truth about breaches as NDJSON; it appears whole or not at all."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._part().open("wb")
            except OSError as error:
                raise WorkFailedError(f"{self._path} cannot be written: {error.strerror}") from None
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._file is None or self._path is None:
            return
        self._file.close()
        if kind is None:
            self._part().replace(self._path)
        else:
            self._part().unlink(missing_ok=True)

    def __call__(self, truth: Truth) -> None:
        """One more breach."""
        self.counts[truth.rule] += 1
        if self._file is not None:
            self._file.write(msgspec.json.encode(truth) + b"\n")

    def _part(self) -> Path:
        path = self._path or Path()
        return path.with_name(f".{path.name}.part")


def _print(summary: dict[str, Any]) -> None:
    topics = ", ".join(f"{count:,} {topic}" for topic, count in summary["topics"].items() if count)
    say(f"{summary['events']:,} events from {summary['first']} to {summary['last']}: {topics}")
    say(f"written to {summary['to']}")
    if breaches := summary["breaches"]:
        shown = ", ".join(f"{count:,} {rule}" for rule, count in breaches.items())
        say(f"{sum(breaches.values()):,} breaches ({shown}) are told in {summary['truth']}")
    if summary["program"] is not None:
        say(f"the program is {summary['program']}")
