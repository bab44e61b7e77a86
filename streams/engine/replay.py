"""Input files to output files in the order of DOMAIN section 12: no log, no sockets, no wall clock.

The same input and programs give the same bytes. Memory is bounded: input is sorted in runs on disk, state
lies in a RocksDB directory that is removed at the end.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

from msgspec import Struct, field
from rocksdict import Rdict, WriteBatch, WriteOptions

from events.outputs import DeadLetter
from schemas.codec import Decoder, dead_letter_line
from schemas.errors import DecodeError
from schemas.programs import Programs
from streams.engine.agent import Agent
from streams.engine.clock import Midnight, all_midnights, encode_midnight, next_midnight
from streams.engine.input_files import (
    INPUT_TOPICS,
    InputFiles,
    ReplayError,
    ReplayErrorCode,
    ReplayFailedError,
    find_inputs,
    read_entries,
)
from streams.engine.limits import Limits
from streams.engine.published import PROGRAMS, Published
from streams.engine.record import OutRecord, Record
from streams.engine.sort import RUN_BYTES, Entry, Sorter
from streams.engine.state import State
from streams.engine.store import Store, open_db
from streams.engine.task import CLOCK, DEAD_LETTERS, REWARDS, Task

OUTPUT_TOPICS = ("rewards", "attributions", "compliance", "milestones", "notices", "dead-letters")
_PARTIAL, _LOCK, _RESULT = ".partial", "lock", "result"
_WRITE_BYTES = 1024 * 1024

AgentFactory = Callable[[State], Agent]


class TableSink(Protocol):
    """Folds records of inputs and outputs into tables and writes their files at the end."""

    def take(self, record: Record | OutRecord) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class ReplaySummary(Struct):
    """What a replay read and wrote: records per topic, midnights, and warnings of one line each."""

    read: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    rewards: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    midnights: int = 0
    warnings: list[str] = field(default_factory=list)


def replay(
    programs: Programs,
    input_dir: Path,
    out_dir: Path,
    until_ms: int | None = None,
    *,
    agents: Callable[[Programs], Mapping[str, AgentFactory]],
    tables: Callable[[Path], TableSink] | None = None,
    limits: Limits | None = None,
    run_bytes: int = RUN_BYTES,
) -> ReplaySummary | ReplayError:
    """Decide every event of the input folder and leave the result in ``out_dir``, whole or not at all.

    After the last event home midnights are ticked up to and including ``until_ms``. ``programs`` stays as
    it is. ``tables`` makes the projections' sink for a folder: it sees all
    records of input and output. ``run_bytes`` are sorted in memory.
    """
    try:
        inputs = find_inputs(input_dir)
        with _Output(out_dir) as output:
            summary = ReplaySummary(warnings=_warnings(input_dir, inputs))
            own = Programs(programs.all())
            writer = _Writer(output.result, summary, tables)
            try:
                driver = _Driver(output.folder / "state", own, agents(own), limits or Limits(), writer)
                try:
                    driver.run(_sorted(inputs, output.folder, run_bytes, summary), until_ms)
                finally:
                    driver.close()
                writer.finish()
            finally:
                writer.close()
            output.install()
            return summary
    except ReplayFailedError as failed:
        return failed.error
    except OSError as error:
        return ReplayError(
            ReplayErrorCode.OUTPUT_FAILED, str(error.filename or out_dir), str(error.strerror or error)
        )


def _warnings(input_dir: Path, inputs: InputFiles) -> list[str]:
    warnings = [f"{input_dir / name} is no input file and was not read" for name in inputs.unknown]
    if not inputs.files:
        names = ", ".join(f"{topic}.ndjson" for topic in INPUT_TOPICS)
        warnings.append(f"{input_dir} holds no input: none of {names}, plain or .gz")
    return warnings


def _sorted(inputs: InputFiles, folder: Path, run_bytes: int, summary: ReplaySummary) -> Iterator[Entry]:
    sort_folder = folder / "sort"
    sort_folder.mkdir()
    sorter = Sorter(sort_folder, run_bytes)
    for topic in INPUT_TOPICS:
        if topic in inputs.files:
            count = 0
            for entry in read_entries(topic, inputs.files[topic]):
                sorter.add(entry)
                count += 1
            summary.read[topic] = count
    return sorter.sorted()


class _Driver:
    """Feeds the tasks: events in order, with the home midnights in between."""

    def __init__(
        self,
        state_folder: Path,
        programs: Programs,
        agents: Mapping[str, AgentFactory],
        limits: Limits,
        writer: _Writer,
    ) -> None:
        state_folder.mkdir()
        self._databases = {name: open_db(state_folder / name) for name in agents}
        self._programs = programs
        self._published = Published(programs)
        self._decode = Decoder(programs).decode
        self._writer = writer
        self._tasks = [_task(self._databases[name], make, programs, limits) for name, make in agents.items()]
        self._inputs = [{CLOCK, *task.inputs} for task in self._tasks]
        self._fed_back = frozenset().union(*self._inputs)
        self._batch: list[Record] = []
        # With one agent nothing feeds back, and events may share a batch. With more, each is settled alone.
        self._batch_records = limits.batch_max_records if len(self._tasks) == 1 else 1
        self._unlogged = WriteOptions()
        self._unlogged.disable_wal = True
        self._offsets: dict[str, int] = {}
        #: Home midnights up to here (ms) were ticked; ``None`` before the first event.
        self._ticked: int | None = None
        self._due: int | None = None

    def run(self, entries: Iterator[Entry], until_ms: int | None) -> None:
        """Handle every entry, then tick up to ``until_ms``."""
        for order, rank, position, timestamp, key, line in entries:
            record = Record(INPUT_TOPICS[rank], 0, position, timestamp, key, line)
            if timestamp == order:
                self._move(order, record)
            self._feed(record)
        if until_ms is not None and self._ticked is not None:
            self._tick(until_ms)
        self._settle()

    def close(self) -> None:
        """Leave the state; its folder goes with the output's scratch folder."""
        for database in self._databases.values():
            database.close()

    def _move(self, time: int, record: Record) -> None:
        """Tick what an event passes; what does not decode never moves time, so here it is decoded to see."""
        if self._ticked is not None and (self._due is None or time < self._due):
            return
        decoded = self._decode(record.topic, record.key, record.value, record.headers)
        if isinstance(decoded, DecodeError):
            return
        if self._ticked is None:
            self._ticked = time
            self._note_due()
        else:
            self._tick(time)

    def _tick(self, until: int) -> None:
        if self._ticked is None or until <= self._ticked:
            return
        for midnight in all_midnights(self._programs.zones(), self._ticked, until):
            self._writer.summary.midnights += 1
            self._feed(self._clock_record(midnight))
        self._ticked = until
        self._note_due()

    def _clock_record(self, midnight: Midnight) -> Record:
        key = midnight.zone.encode()
        return Record(CLOCK, 0, self._next_offset(CLOCK), midnight.at, key, encode_midnight(midnight))

    def _note_due(self) -> None:
        if self._ticked is not None:
            self._due = next_midnight(self._programs.zones(), self._ticked)

    def _next_offset(self, topic: str) -> int:
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        return offset

    def _feed(self, record: Record) -> None:
        self._writer.read(record)
        if record.topic == PROGRAMS:
            # What came before is decided by what was loaded then, what follows by what is loaded now.
            self._settle()
            self._publish(record)
            self._note_due()
            return
        self._batch.append(record)
        if len(self._batch) >= self._batch_records:
            self._settle()

    def _publish(self, record: Record) -> None:
        """Take a version of a program into use; one that is refused changes nothing."""
        summary = self._writer.summary
        decoded = self._decode(record.topic, record.key, record.value, record.headers)
        if isinstance(decoded, DecodeError):
            code, detail = decoded.code.value, decoded.detail
            summary.dead_letters[code] = summary.dead_letters.get(code, 0) + 1
            letter = DeadLetter(
                code, detail, record.topic, 0, record.offset, record.timestamp, record.key, record.value
            )
            self._writer.write_line(DEAD_LETTERS, dead_letter_line(letter))
            return
        news = self._published.take(record)
        if news is not None and news.refused:
            summary.warnings.append(news.text)

    def _settle(self) -> None:
        """Handle the batch until nothing that it caused is left, first in, first out."""
        queue: deque[Sequence[Record]] = deque([self._batch])
        self._batch = []
        while queue:
            records = queue.popleft()
            for task, topics in zip(self._tasks, self._inputs, strict=True):
                todo = [record for record in records if record.topic in topics]
                while todo:
                    done, caused = self._step(task, todo)
                    todo = todo[done:]
                    queue.extend([record] for record in caused)

    def _step(self, task: Task, records: Sequence[Record]) -> tuple[int, list[Record]]:
        """One commit of a task: how many records are done, and the records for agents that it caused."""
        commit = task.process(records)
        batch = WriteBatch(raw_mode=True)
        task.store.stage(batch, commit.changes, commit.delta, commit.positions, 0)
        # No write-ahead log: a replay that is killed starts again from its input.
        self._databases[task.name].write(batch, self._unlogged)
        task.store.written()
        summary = self._writer.summary
        summary.duplicates += commit.tally.duplicates
        for code, count in commit.tally.dead.items():
            summary.dead_letters[code] = summary.dead_letters.get(code, 0) + count
        for (kind, _), (count, _) in commit.tally.rewards.items():
            summary.rewards[kind] = summary.rewards.get(kind, 0) + count
        for output in commit.outputs:
            if output.topic in OUTPUT_TOPICS:
                self._writer.write(output)
        fed_back = self._fed_back
        return commit.consumed, [self._as_input(o) for o in commit.outputs if o.topic in fed_back]

    def _as_input(self, output: OutRecord) -> Record:
        topic, _, timestamp, key, value, headers = output
        return Record(topic, 0, self._next_offset(topic), timestamp, key, value, headers)


def _task(database: Rdict, agent: AgentFactory, programs: Programs, limits: Limits) -> Task:
    return Task(
        partition=0,
        partitions=1,
        store=Store(database),
        decoder=Decoder(programs),
        agent=agent,
        limits=limits,
        wall_clock=None,
    )


class _Writer:
    """The output files, and the tables folded from them."""

    def __init__(
        self, folder: Path, summary: ReplaySummary, tables: Callable[[Path], TableSink] | None
    ) -> None:
        self.summary = summary
        self._files: dict[str, IO[bytes]] = {}
        for topic in OUTPUT_TOPICS:
            self._files[topic] = (folder / f"{topic}.ndjson").open("wb", buffering=_WRITE_BYTES)
            summary.written[topic] = 0
        self._tables = tables(folder) if tables else None

    def write(self, output: OutRecord) -> None:
        """Append one line."""
        topic = output.topic
        value = output.value or b""
        if topic == DEAD_LETTERS:
            value = dead_letter_line(_dead_letter(output))
        self.write_line(topic, value)
        if self._tables:
            self._tables.take(output)

    def read(self, record: Record) -> None:
        """Note a record of the input."""
        if self._tables:
            self._tables.take(record)

    def write_line(self, topic: str, line: bytes) -> None:
        """Append a line that is written out already."""
        file = self._files[topic]
        file.write(line)
        file.write(b"\n")
        self.summary.written[topic] += 1

    def finish(self) -> None:
        """Everything is written."""
        if self._tables:
            self._tables.finish()
            self._tables = None
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Close the files; without ``finish`` they are not to be used."""
        if self._tables:
            self._tables.close()
        for file in self._files.values():
            file.close()


class _Output:
    """The out folder. The result is made in a scratch folder inside it and moved into place at the end."""

    def __init__(self, out_dir: Path) -> None:
        self._out = out_dir
        self.folder = out_dir / _PARTIAL
        self.result = self.folder / _RESULT
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Take the folder; what a killed replay left is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / _LOCK).open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            detail = "another replay writes to it; give another folder or wait for that one"
            raise ReplayFailedError(
                ReplayError(ReplayErrorCode.OUTPUT_IN_USE, str(self._out), detail)
            ) from None
        for entry in self.folder.iterdir():
            if entry.name != _LOCK:
                shutil.rmtree(entry)
        self.result.mkdir()
        return self

    def install(self) -> None:
        """Replace an older result; its ledger goes first, the new one comes last: no mixture looks whole."""
        ledger = f"{REWARDS}.ndjson"
        entries = sorted(self.result.iterdir(), key=lambda entry: (entry.name == ledger, entry.name))
        for entry in reversed(entries):
            _remove(self._out / entry.name)
        for entry in entries:
            entry.rename(self._out / entry.name)

    def __exit__(self, *_: object) -> None:
        """Remove the scratch folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock:
            self._lock.close()


def _dead_letter(output: OutRecord) -> DeadLetter:
    """The dead letter that ``dead_letter_headers`` made a record of."""
    code, detail, topic, partition, offset = (value.decode() for _, value in output.headers[:5])
    return DeadLetter(
        code, detail, topic, int(partition), int(offset), output.timestamp, output.key, output.value
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
