"""One agent on one partition: records in, one commit out. It does no I/O but reads of its store.

The same task runs on Kafka, on the embedded log and in a replay; what differs is who feeds it and how
its commits are made durable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter

from msgspec import Struct, field

from events.inputs import InputEvent
from events.messages import Send
from events.outputs import CaseEvidence, DeadLetter, Decision, OutputEvent, RewardEvent
from schemas.codec import Decoded, Decoder, dead_letter_headers, encode_output
from schemas.decisions import encode_decision
from schemas.errors import Code, DecodeError
from schemas.messages import decode_message, encode_message
from streams.engine.agent import Agent, BudgetLevel, Clipped, OwnsBudgets, Rejection
from streams.engine.clock import Midnight, decode_tick, midnight_of, midnights
from streams.engine.identities import NEW, Identities, Verdict, identity_key
from streams.engine.limits import DAY_MS, Limits
from streams.engine.logs import NAMED_LETTERS
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord, RecordLike
from streams.engine.state import Change, Delta, State
from streams.engine.store import Store

CLOCK = "clock"
REWARDS = "rewards"
DEAD_LETTERS = "dead-letters"
_OPENED = "compliance.violation_detected"
#: Header of a re-keyed record: the topic on which it came in.
ORIGIN = "keyday-topic"

_STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
#: The engine's own space in a task's state.
_TASK_PREFIX = b"\x01"
_topic_of = attrgetter("topic")
#: Makes a named tuple without the call of its constructor, where many are made.
_new_tuple = tuple.__new__


class TaskState(Struct, array_like=True):
    """Where a task stands in event time.

    ``zones`` is the last home day that was ticked, per zone. ``purge`` is where the purge of identities
    goes on, ``None`` when none is under way.
    """

    started_at: int | None = None
    stream_time: int = 0
    zones: dict[str, int] = {}
    purge: bytes | None = None


class Tally(Struct):
    """What a batch did, counted for the metrics and the log."""

    #: Records that are done, by topic.
    processed: dict[str, int] = field(default_factory=dict)
    #: Dead letters by code.
    dead: dict[str, int] = field(default_factory=dict)
    #: How many entries, and their sum, by kind and unit.
    rewards: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    #: Cases opened, or opened again, by rule and severity.
    cases: dict[tuple[str, str], int] = field(default_factory=dict)
    #: The first of the dead letters, for the log.
    letters: list[DeadLetter] = field(default_factory=list)
    duplicates: int = 0
    #: Records sent on to the partition where their owner lives.
    rekeyed: int = 0
    #: Refunds that asked for more than was left of their order.
    clipped: int = 0
    #: The timestamps of the first and the last record, ``None`` in an empty batch.
    oldest_ms: int | None = None
    newest_ms: int | None = None


class Commit(Struct):
    """What one batch leads to; it takes effect as a whole or not at all.

    ``consumed`` records of the batch are done. The rest has to be offered again: a midnight with many
    accounts is worked off in several commits.
    """

    outputs: list[OutRecord]
    changes: list[Change]
    delta: Delta
    positions: dict[str, int]
    consumed: int
    tally: Tally


class Task:
    """See the module. ``wall_clock`` gives milliseconds; without it no event is too late or too early."""

    def __init__(
        self,
        *,
        partition: int,
        partitions: int,
        store: Store,
        decoder: Decoder,
        agent: Callable[[State], Agent],
        limits: Limits,
        wall_clock: Callable[[], int] | None,
    ) -> None:
        self.partition = partition
        self.store = store
        self._partitions = partitions
        self._decode = decoder.decode
        self._limits = limits
        self._lateness_ms = limits.max_lateness_days * DAY_MS
        self._wall_clock = wall_clock
        self._state = State(store, partition, partitions)
        self._progress_space = self._state.space(_TASK_PREFIX, TaskState, cache_limit=1)
        self._progress: TaskState = self._progress_space.get(b"") or TaskState()
        self._identities = Identities(self._state, limits.dedupe_days, limits.max_lateness_days)
        self.agent = agent(self._state)
        self._entities = self.agent.entities
        self._answers_for = self.agent.answers_for
        self.name = self.agent.name
        self.inputs = tuple(self.agent.inputs)
        self._inbox = f"{self.name}-inbox"
        self._outputs: list[OutRecord] = []
        self._tally = Tally()
        self._amounts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)

    @property
    def positions(self) -> dict[str, int]:
        """The next offset of each input topic."""
        return self.store.positions

    @property
    def stream_time(self) -> int:
        """The greatest event time that the task has reached, in milliseconds; 0 before the first event."""
        return self._progress.stream_time

    def budget_levels(self) -> Sequence[BudgetLevel]:
        """How the budgets of this partition stand at the task's stream time; none before the first event."""
        agent = self.agent
        return agent.budget_levels(self.stream_time) if isinstance(agent, OwnsBudgets) else ()

    def ticked_until(self, zones: Sequence[str]) -> int | None:
        """The earliest of the last midnights that were ticked in ``zones``; ``None`` before any was."""
        ticked = self._progress.zones
        if not all(zone in ticked for zone in zones):
            return self._progress.started_at
        return min((midnight_of(zone, ticked[zone]) for zone in zones), default=None)

    def process(self, records: Sequence[RecordLike]) -> Commit:
        """Handle records in their order, as far as one commit goes."""
        self._outputs, self._tally = [], Tally()
        self._amounts.clear()
        latest = self._wall_clock() + self._limits.max_ahead_ms if self._wall_clock else None
        handle = self._handle
        consumed = len(records)
        for number, record in enumerate(records):
            topic = record.topic
            if topic != CLOCK:
                handle(record, topic, latest)
            elif not self._tick(record):
                consumed = number
                break
        done = records if consumed == len(records) else records[:consumed]
        if done:
            self._tally.processed.update(Counter(map(_topic_of, done)))
            self._tally.oldest_ms, self._tally.newest_ms = done[0].timestamp, done[-1].timestamp
        self._tally.rewards = {kind: (len(amounts), sum(amounts)) for kind, amounts in self._amounts.items()}
        positions = {record.topic: record.offset + 1 for record in done}
        self._progress_space.put(b"", self._progress)
        changes, delta = self._state.drain()
        return Commit(self._outputs, changes, delta, positions, consumed, self._tally)

    def _handle(  # noqa: C901, PLR0912 - one call per record
        self, record: RecordLike, topic: str, latest: int | None
    ) -> None:
        headers = record.headers
        if topic == self._inbox:
            origin = _origin(headers)
            if origin is None:
                self._receive(record)
                return
            topic = origin
        decoded = self._decode(topic, record.key, record.value, headers)
        # The exact type, here and below: to be told that it is another one costs a call.
        if type(decoded) is not Decoded:
            if isinstance(decoded, DecodeError) and topic in self._answers_for:
                self._dead(record, decoded.code, decoded.detail)
            return
        event: InputEvent = decoded.event
        owner = self.agent.owner(event)
        if owner is None:
            return
        owner_key = owner.encode()
        cell = self._entities.cells[owner_key]
        entity = cell[0]
        if entity is None:
            # An owner that is known here was looked at before: murmur2 in Python is slow.
            if self._partitions > 1 and self._rekeyed(record, topic, owner_key):
                return
            entity = self.agent.new_entity()
        time = event.time
        progress = self._progress
        now = progress.stream_time
        if latest is not None and not now - self._lateness_ms <= time <= latest:
            self._untimely(record, late=time <= latest)
            return
        if time > now:
            progress.stream_time = now = time
        if progress.started_at is None:
            progress.started_at = time
        identity = identity_key(topic, event.source, event.id)
        identities, content = self._identities, decoded.content
        verdict = identities.check(entity.memory, owner, identity, content, time)
        if verdict is NEW:
            outcome = self.agent.handle(event, entity, record, self._emit)
            if outcome is not None:
                if isinstance(outcome, Rejection):
                    self._dead(record, outcome.code, outcome.detail)
                    return
                # It took effect before under another identity; this one is known from now on.
                self._tally.duplicates += 1
            entity.memory = identities.remember(entity.memory, owner, identity, content, time, now=now)
            self._entities.write(cell, entity)
        else:
            self._seen_before(record, verdict)

    def _receive(self, record: RecordLike) -> None:
        """Hand on what another task sent: it was checked there, and arrives exactly once."""
        message = decode_message(record.value)
        if message is None:
            self._dead(record, Code.JSON_INVALID, "no message of an agent")
            return
        progress = self._progress
        progress.stream_time = max(progress.stream_time, record.timestamp)
        if progress.started_at is None:
            # What a message leads to may fall due at a midnight.
            progress.started_at = record.timestamp
        self.agent.receive(message, self._emit)

    def _seen_before(self, record: RecordLike, verdict: Verdict) -> None:
        if verdict is Verdict.DUPLICATE:
            self._tally.duplicates += 1
            return
        self._dead(record, Code.ID_CONFLICT, "the same source and id came before with other content")

    def _untimely(self, record: RecordLike, *, late: bool) -> None:
        if late:
            days = self._limits.max_lateness_days
            self._dead(record, Code.TOO_LATE, f"occurred more than {days} days late")
        else:
            self._dead(record, Code.IN_FUTURE, "occurred more than 24 h after the time of intake")

    def _rekeyed(self, record: RecordLike, topic: str, owner: bytes) -> bool:
        """Send an event whose owner lives on another partition there; False when it belongs here."""
        home = partition_of(owner, self._partitions)
        if home == self.partition:
            return False
        self._tally.rekeyed += 1
        headers = [header for header in record.headers if header[0] != ORIGIN]
        headers.append((ORIGIN, topic.encode()))
        self._outputs.append(OutRecord(self._inbox, home, record.timestamp, owner, record.value, headers))
        return True

    def _emit(self, event: OutputEvent | Send | Clipped) -> None:
        if type(event) is RewardEvent:
            data = event.data
            account = data.account
            owner = account[account.index(":") + 1 :].encode()
            fields = (REWARDS, self.partition, event.time, owner, encode_output(event), _STRUCTURED)
            self._outputs.append(_new_tuple(OutRecord, fields))
            self._amounts[data.kind, data.unit].append(data.amount)
        elif type(event) is Decision:
            key = event.key.encode()
            fields = (event.topic, self.partition, event.time, key, encode_decision(event), _STRUCTURED)
            self._outputs.append(_new_tuple(OutRecord, fields))
            if event.type == _OPENED and isinstance(event.data, CaseEvidence):
                case = event.data.rule, event.data.severity
                self._tally.cases[case] = self._tally.cases.get(case, 0) + 1
        elif type(event) is Send:
            key = event.key.encode()
            partition = partition_of(key, self._partitions) if event.partition is None else event.partition
            self._outputs.append(
                OutRecord(
                    f"{event.agent}-inbox", partition, event.time, key, encode_message(event.message), []
                )
            )
        elif isinstance(event, DeadLetter):
            self._forget(event)
            self._dead_letter(event)
        elif isinstance(event, Clipped):
            self._tally.clipped += 1

    def _forget(self, letter: DeadLetter) -> None:
        """An event that is refused long after it was taken in may come again: it had no effect."""
        topic = _origin(letter.headers) or letter.topic
        decoded = self._decode(topic, letter.key, letter.value, letter.headers)
        if not isinstance(decoded, DecodeError):
            event = decoded.event
            owner = self.agent.owner(event)
            entity = None if owner is None else self._entities.get(owner.encode())
            if owner is not None and entity is not None:
                key = identity_key(topic, event.source, event.id)
                entity.memory = self._identities.forget(entity.memory, owner, key)
                self._entities.put(owner.encode(), entity)

    def _dead(self, record: RecordLike, code: str, detail: str) -> None:
        self._dead_letter(
            DeadLetter(
                code,
                detail,
                record.topic,
                record.partition,
                record.offset,
                record.timestamp,
                record.key,
                record.value,
                tuple(record.headers),
            )
        )

    def _dead_letter(self, letter: DeadLetter) -> None:
        dead = self._tally.dead
        dead[letter.code] = dead.get(letter.code, 0) + 1
        if len(self._tally.letters) < NAMED_LETTERS:
            self._tally.letters.append(letter)
        self._outputs.append(
            OutRecord(
                DEAD_LETTERS,
                self.partition,
                letter.time,
                letter.key,
                letter.value,
                dead_letter_headers(letter),
            )
        )

    def _tick(self, record: RecordLike) -> bool:
        """Move to the time of a clock record; False while the midnights up to it are not finished."""
        progress = self._progress
        tick = decode_tick(record.value, record.timestamp)
        if tick is None:
            if CLOCK in self._answers_for:
                self._dead(record, Code.FIELD_INVALID, "not a tick")
            return True
        if progress.started_at is None:
            return True
        if isinstance(tick, Midnight) and not self._midnights(tick.zone, tick.at):
            return False
        progress.stream_time = max(progress.stream_time, record.timestamp)
        return True

    def _midnights(self, zone: str, until: int) -> bool:
        """Tick every home midnight of ``zone`` up to ``until`` that was not ticked yet, earliest first."""
        progress = self._progress
        limit = self._limits.midnight_accounts
        if progress.purge is not None and not self._purge(progress.stream_time, limit):
            return False
        last = progress.zones.get(zone)
        after = (progress.started_at or 0) if last is None else midnight_of(zone, last)
        for midnight in midnights(zone, after, until):
            day, at = midnight.day, midnight.at
            if not self.agent.midnight(zone, day, at, limit, self._emit):
                return False
            progress.zones[zone] = day
            progress.stream_time = max(progress.stream_time, at)
            if day % self._purge_days == 0:
                progress.purge = b""
                if not self._purge(at, limit):
                    return False
        return True

    @property
    def _purge_days(self) -> int:
        """Days between purges: old identities take at most a third more room than they have to."""
        return max(1, self._limits.dedupe_days // 3)

    def _purge(self, now: int, limit: int) -> bool:
        progress = self._progress
        progress.purge = self._identities.purge(progress.purge or b"", now, limit * 5)
        return progress.purge is None


def _origin(headers: Sequence[tuple[str, bytes]]) -> str | None:
    for name, value in headers:
        if name == ORIGIN:
            return value.decode("ascii", "replace")
    return None
