"""``keyday publish``: a version of a program goes to the topic ``programs`` of Kafka or an embedded log."""

from __future__ import annotations

import asyncio
import json
import time
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from msgspec.structs import replace

from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    note,
    say,
    settings_from,
    settings_options,
)
from streams.engine.settings import Settings, SettingsError

if TYPE_CHECKING:
    from schemas.program import Program, ProgramError
    from schemas.programs import Programs

_SOURCE: Final = "keyday/publish"
_TYPE: Final = "program.published"
_HEADERS: Final = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
_TOPIC: Final = "programs"


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@settings_options("brokers", "data", *SECURITY)
def publish(path: Path, **flags: Any) -> int:
    """Publish a version of a program, which workers take into use.

    FILE (TOML or JSON) goes to Kafka (--brokers) or into an embedded log (--data). Workers take the
    version into use without a restart. A version has to be newer than what was published of the program
    before; what was decided before stays as it is.
    """
    settings = settings_from(flags)
    if flags["brokers"] is not None and flags["data"] is not None:
        raise click.UsageError("give one of --brokers and --data")
    if flags["data"] is None and not settings.brokers:
        raise click.UsageError("say where the program goes: --brokers HOST:PORT or --data DIR")
    file = _File(path)
    if flags["data"] is not None:
        _to_log(settings, file)
    else:
        _to_kafka(settings, file)
    return DONE


class _File:
    """A program file that is valid by itself, and the event that publishes it."""

    def __init__(self, path: Path) -> None:
        from events.time import format_time
        from schemas.program_file import to_json
        from schemas.programs import parse_file
        from schemas.toml_lines import key_lines

        self.path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WorkFailedError(f"{path} cannot be read: {error.strerror}") from None
        parsed = parse_file(path.suffix, content)
        self._lines = {} if path.suffix == ".json" or parsed.program is None else key_lines(content.decode())
        for warning in parsed.warnings:
            note(f"warning: {self._shown(warning)}")
        if parsed.program is None:
            self._fail(parsed.errors)
        self.program: Program = parsed.program
        self.key = self.program.id.encode()
        self.time = time.time_ns() // 1_000_000
        tree = to_json(_tree(path, content))
        # Where the schema for editors is says nothing to who reads the topic.
        tree.pop("$schema", None)
        event = {
            "specversion": "1.0",
            "id": f"{self.program.id}/v{self.program.version}",
            "source": _SOURCE,
            "type": _TYPE,
            "time": format_time(self.time),
            "data": tree,
        }
        # Not the faster library: it refuses integers beyond 64 bits, which tables for later may hold.
        self.value = json.dumps(event).encode()

    def check(self, programs: Programs) -> None:
        """Refuse what readers of the topic would refuse after what is in ``programs``.

        Raises:
            WorkFailedError: the version is not newer, contradicts an older one, or is too large.
        """
        from events.inputs import ProgramPublished
        from schemas.codec import Decoded, Decoder

        program, newest = self.program, programs.published(self.program.id)
        if newest is not None and program.version <= newest:
            raise WorkFailedError(self._shown(self._not_newer(programs, newest)))
        decoded = Decoder(programs).decode(_TOPIC, self.key, self.value, _HEADERS)
        if not isinstance(decoded, Decoded):
            raise WorkFailedError(f"{self.path} cannot be published: {decoded.code} {decoded.detail}")
        event = decoded.event
        assert isinstance(event, ProgramPublished)  # noqa: S101  the topic has no other type
        if errors := programs.publish(event.content).errors:
            self._fail(errors)

    def published(self, programs: Programs, place: str) -> None:
        """Say what was done, and where an older version goes on being in force."""
        from events.time import format_time

        program = self.program
        since = format_time(program.effective_from)
        say(f"published version {program.version} of {program.id} to {place}, for events from {since} on")
        for other in programs.versions(program.id):
            if other.effective_from > program.effective_from:
                later = format_time(other.effective_from)
                note(f"warning: version {other.version} goes on deciding events from {later} on")

    def _not_newer(self, programs: Programs, newest: int) -> ProgramError:
        from schemas.program import ProgramError

        program = self.program
        same = any(one.version == program.version for one in programs.versions(program.id))
        if program in programs.versions(program.id):
            state = "is published already"
        elif same:
            state = "is published with other content"
        else:
            state = f"is not newer than version {newest}, which is published"
        message = f"version {program.version} of {program.id} {state}; a change needs a higher version"
        return ProgramError("program.version", 0, message)

    def _fail(self, errors: tuple[ProgramError, ...]) -> NoReturn:
        for error in errors[1:]:
            note(self._shown(error))
        raise WorkFailedError(self._shown(errors[0]))

    def _shown(self, error: ProgramError) -> str:
        from schemas.toml_lines import line_of
        from streams.commands.loading import shown

        line = error.line or line_of(self._lines, error.path)
        return shown(self.path, replace(error, file=self.path.name, line=line))


def _tree(path: Path, content: bytes) -> dict[str, Any]:
    if path.suffix == ".json":
        tree: dict[str, Any] = json.loads(content, parse_float=Decimal)
        return tree
    return tomllib.loads(content.decode(), parse_float=Decimal)


def _to_log(settings: Settings, file: _File) -> None:
    from schemas.programs import Programs
    from streams.engine.log import Log, LogError
    from streams.engine.partitioner import partition_of
    from streams.engine.published import Published
    from streams.engine.record import OutRecord

    log = Log.open(settings.data)
    if isinstance(log, LogError):
        raise WorkFailedError(f"{log.path}: {log.detail}")
    try:
        programs = Programs()
        published = Published(programs)
        for partition in range(log.partitions):
            for record in log.read(_TOPIC, partition, 0, log.end_offset(_TOPIC, partition)):
                published.take(record)
        file.check(programs)
        partition = partition_of(file.key, log.partitions)
        log.append([OutRecord(_TOPIC, partition, file.time, file.key, file.value, _HEADERS)])
    finally:
        log.close()
    file.published(programs, f"the embedded log in {settings.data}")


def _to_kafka(settings: Settings, file: _File) -> None:
    from streams.engine.brokers import BrokerError
    from streams.engine.topic_check import TopicsError

    try:
        programs = asyncio.run(_publish(settings, file))
    except (BrokerError, TopicsError) as error:
        raise WorkFailedError(str(error)) from None
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    file.published(programs, f"Kafka at {settings.brokers}")


async def _publish(settings: Settings, file: _File) -> Programs:
    from schemas.programs import Programs
    from streams.engine import produce
    from streams.engine.brokers import explained
    from streams.engine.partitioner import partition_of
    from streams.engine.program_reader import ProgramReader
    from streams.engine.published import Published
    from streams.engine.record import OutRecord
    from streams.engine.security import kafka_arguments

    partitions = (await produce.topic_partitions(settings, [_TOPIC]))[_TOPIC]
    programs = Programs()
    kafka = {"bootstrap_servers": settings.brokers, **kafka_arguments(settings)}
    reader = ProgramReader(kafka, Published(programs).take)
    with explained(settings.brokers):
        await reader.start()
        await reader.stop()
    file.check(programs)
    partition = partition_of(file.key, partitions)
    await produce.publish(settings, [OutRecord(_TOPIC, partition, file.time, file.key, file.value, _HEADERS)])
    return programs
