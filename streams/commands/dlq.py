"""``keyday dlq``: look at what was refused, and send it again once the cause is gone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import orjson

from events.time import format_time, parse_time
from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    as_json,
    note,
    say,
    settings_from,
    settings_options,
    table,
)
from streams.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.outputs import DeadLetter
    from streams.engine.embedded import Embedded
    from streams.engine.record import OutRecord, RecordLike

F = TypeVar("F", bound=Callable[..., Any])

_TOPIC: Final = "dead-letters"
#: Letters that are read, or sent again, at once.
_BATCH: Final = 2_000


class _Time(click.ParamType):
    name = "TIME"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Milliseconds of an RFC 3339 time."""
        try:
            return parse_time(value)
        except ValueError as error:
            self.fail(f"{value} is {error}, such as 2026-11-27T00:00:00Z", param, ctx)


class Chosen:
    """Which letters are meant: by code, by the topic they came from, by their record's time."""

    def __init__(
        self, codes: Iterable[str], topics: Iterable[str], since: int | None, until: int | None
    ) -> None:
        self._codes = frozenset(codes)
        self._topics = frozenset(topics)
        self._since = since
        self._until = until

    def __call__(self, letter: DeadLetter) -> bool:
        """Whether the letter is one of them."""
        return (
            (not self._codes or letter.code in self._codes)
            and (not self._topics or letter.topic in self._topics)
            and (self._since is None or letter.time >= self._since)
            and (self._until is None or letter.time < self._until)
        )


def _choosing(command: F) -> F:
    for option in (
        click.option("--until", type=_Time(), help="Only of records before this time."),
        click.option("--since", type=_Time(), help="Only of records from this time on."),
        click.option("--topic", "topics", multiple=True, help="Only from this topic; may be repeated."),
        click.option("--code", "codes", multiple=True, help="Only with this code; may be repeated."),
        settings_options("brokers", "data", "programs", *SECURITY),
    ):
        command = option(command)
    return command


@click.group()
def dlq() -> None:
    """Show dead letters, which took no effect, and send them again."""


@dlq.command("list")
@_choosing
@click.option("--count", "counted", is_flag=True, help="Only how many there are by topic and code.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Letters to show.")
@click.option("--json", "json_", is_flag=True, help="Print JSON; a letter is as in dead-letters.ndjson.")
def list_(
    *,
    codes: tuple[str, ...],
    topics: tuple[str, ...],
    since: int | None,
    until: int | None,
    counted: bool,
    limit: int,
    json_: bool,
    **flags: Any,
) -> int:
    """Show dead letters by code, topic and time.

    Those of Kafka (--brokers), or of an embedded log that no other process uses (--data). Keys and values
    are shown with --json only.
    """
    from schemas.dead_letters import dead_letter_line

    place = _place(flags)
    chosen = Chosen(codes, topics, since, until)
    counts: Counter[tuple[str, str]] = Counter()
    shown: list[DeadLetter] = []

    async def look() -> None:
        async with aclosing(place.letters(chosen)) as batches:
            async for letters in batches:
                counts.update((letter.topic, letter.code) for letter in letters)
                shown.extend(letters[: limit - len(shown)])

    _finish(look, place)
    total = counts.total()
    if counted:
        rows = [{"topic": at[0], "code": at[1], "letters": count} for at, count in sorted(counts.items())]
        table(rows, json=json_)
    elif json_:
        as_json([orjson.loads(dead_letter_line(letter)) for letter in shown])
    else:
        table([_row(letter) for letter in shown], json=False)
    if total > len(shown) and not counted:
        note(f"{len(shown)} of {total} dead letters; --limit shows more, --count adds them up")
    elif not total and not json_:
        say("no dead letters")
    return DONE


@dlq.command()
@_choosing
@click.option("--dry-run", is_flag=True, help="Only count what would be sent again.")
def replay(
    *,
    codes: tuple[str, ...],
    topics: tuple[str, ...],
    since: int | None,
    until: int | None,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Send dead letters again, byte for byte.

    They go to the topics that they came from. A refused event took no effect, so it is as if it came for
    the first time. What took effect since is a duplicate and is dropped; what is refused again becomes
    another dead letter.
    """
    from schemas.topics import TOPICS

    place = _place(flags)
    chosen = Chosen(codes, topics, since, until)
    inputs = {topic.name for topic in TOPICS if topic.direction == "input"}
    sent, left = Counter[str](), 0

    async def send() -> None:
        nonlocal left
        async with aclosing(place.letters(chosen)) as batches:
            async for letters in batches:
                again = [letter for letter in letters if letter.topic in inputs]
                left += len(letters) - len(again)
                if not dry_run and again:
                    await place.send([_original(letter) for letter in again])
                sent.update(letter.topic for letter in again)

    _finish(send, place)
    say(f"{sent.total()} dead letters {'would be' if dry_run else 'were'} sent again")
    for topic, count in sorted(sent.items()):
        say(f"  {topic}: {count}")
    if left:
        note(f"{left} came from topics inside Keyday and were left")
    return DONE


class _Cluster:
    """The topics of a Kafka cluster."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def letters(self, chosen: Chosen) -> AsyncGenerator[list[DeadLetter], None]:
        """What is chosen of the topic, up to its present end, in batches."""
        from streams.engine.topic_reader import read_topic

        async with aclosing(read_topic(self._settings, _TOPIC)) as batches:
            async for records in batches:
                yield _letters(records, chosen)

    async def send(self, records: Sequence[OutRecord]) -> None:
        """Done when all are acknowledged."""
        from streams.engine.produce import publish

        await publish(self._settings, records)

    def close(self) -> None:
        """Nothing is held between two calls."""


class _Directory:
    """An embedded log that no other process uses, with the midnights that its programs ask for."""

    def __init__(self, settings: Settings) -> None:
        from streams.app import build_embedded
        from streams.commands.loading import embedded_programs
        from streams.engine.log import LogError

        if not Path(settings.data).is_dir():
            raise WorkFailedError(f"{settings.data} is no directory with an embedded log")
        self._programs = embedded_programs(settings)
        opened = build_embedded(settings, self._programs)
        if isinstance(opened, LogError):
            raise WorkFailedError(f"{opened.path}: {opened.detail}")
        self._embedded: Embedded = opened
        self._log = opened.log

    async def letters(self, chosen: Chosen) -> AsyncGenerator[list[DeadLetter], None]:
        """What is chosen of the log, up to its present end, in batches."""
        for partition in range(self._log.partitions):
            end, offset = self._log.end_offset(_TOPIC, partition), 0
            while offset < end:
                records = self._log.read(_TOPIC, partition, offset, min(_BATCH, end - offset))
                offset = records[-1].offset + 1
                yield _letters(records, chosen)

    async def send(self, records: Sequence[OutRecord]) -> None:
        """Append them, and the midnights that they pass; ``keyday run`` goes on with them."""
        from streams.commands.loading import require_programs

        require_programs(self._programs)
        self._embedded.append(records)

    def close(self) -> None:
        """Give the directory free."""
        self._embedded.close()


def _place(flags: dict[str, Any]) -> _Cluster | _Directory:
    settings = settings_from(flags)
    if flags["brokers"] is not None and flags["data"] is not None:
        raise click.UsageError("give one of --brokers and --data")
    if flags["data"] is not None:
        return _Directory(settings)
    if not settings.brokers:
        raise click.UsageError("say where the dead letters are: --brokers HOST:PORT or --data DIR")
    return _Cluster(settings)


def _finish(work: Callable[[], Any], place: _Cluster | _Directory) -> None:
    from streams.engine.brokers import BrokerError

    try:
        asyncio.run(work())
    except BrokerError as error:
        raise WorkFailedError(str(error)) from None
    finally:
        place.close()


def _letters(records: Iterable[RecordLike], chosen: Chosen) -> list[DeadLetter]:
    from schemas.dead_letters import read_dead_letter

    read = (read_dead_letter(one.timestamp, one.key, one.value, one.headers) for one in records)
    return [letter for letter in read if letter is not None and chosen(letter)]


def _original(letter: DeadLetter) -> OutRecord:
    """The record that was refused, for the partition on which it came."""
    from streams.engine.record import OutRecord

    return OutRecord(
        letter.topic, letter.partition, letter.time, letter.key, letter.value, list(letter.headers)
    )


def _row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "time": format_time(letter.time) if letter.time >= 0 else "",
        "code": letter.code,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": str(letter.offset),
        "detail": letter.detail,
    }
