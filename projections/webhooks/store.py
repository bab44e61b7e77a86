"""What webhooks owe: positions in the topics, events that wait, dead letters, and which ids are settled.

One RocksDB directory for all endpoints. Taking events over and settling them is synced: what was acknowledged
stays so through kills and loss of power. Unlike the tables it cannot be filled from the topics again without
sending everything anew, so damage is refused and never mended in silence.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import msgspec
from msgspec import Struct
from rocksdict import AccessType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from projections.webhooks.event import Event
from streams.engine.store import StoreLockedError, open_db

Place = tuple[str, int]

#: Bump when the layout changes.
FORMAT: Final = b"1"
_FORMAT_KEY: Final = b"\x00format"
_ENDPOINT: Final = b"\x00endpoint\x00"
_POSITION, _PENDING, _DEAD, _KNOWN, _SETTLED = b"p", b"q", b"d", b"k", b"s"
_NUMBER_BYTES: Final = 8
_REQUESTS: Final = "requests"
_DB: Final = "db"


class DeliveriesError(Exception):
    """The store cannot be used; the message is one line that says what to do."""


class Pending(Struct, array_like=True, kw_only=True):
    """An event that waits for an endpoint; times are milliseconds since the epoch.

    ``tries`` were made, the next one is not before ``due_ms``; ``code`` and ``status`` are of the last one.
    """

    webhook_id: str
    event_id: str
    type: str
    account: str
    topic: str
    partition: int
    offset: int
    body: bytes
    taken_ms: int
    tries: int = 0
    due_ms: int = 0
    code: str = ""
    status: int | None = None
    tried_ms: int = 0


def pending_of(event: Event, now_ms: int) -> Pending:
    """An event as it waits."""
    return Pending(
        webhook_id=event.webhook_id,
        event_id=event.id,
        type=event.type,
        account=event.account,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        body=event.body(),
        taken_ms=now_ms,
    )


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Pending).decode


class Deliveries:
    """The directory, opened for writing by one process. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.requests = folder / _REQUESTS
        self.requests.mkdir(parents=True, exist_ok=True)
        self.db = _open(folder / _DB)
        self._synced = WriteOptions()
        self._synced.sync = True
        found = self.db.get(_FORMAT_KEY)
        if found is None:
            self.db.put(_FORMAT_KEY, FORMAT, write_opt=self._synced)
        elif found != FORMAT:
            self.db.close()
            raise DeliveriesError(f"{folder} was written by another version of keyday; use that one")

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        """Make a batch final; a synced one survives the loss of power."""
        if sync:
            self.db.write(batch, self._synced)
        else:
            self.db.write(batch)

    def endpoints(self) -> set[str]:
        """The ids of all endpoints that the store knows something of."""
        stop = _ENDPOINT[:-1] + bytes([_ENDPOINT[-1] + 1])
        return {key[len(_ENDPOINT) :].decode() for key, _ in _scan(self.db, _ENDPOINT, stop)}

    def queue(self, endpoint: str) -> Queue:
        """What is owed to an endpoint."""
        return Queue(self, endpoint)

    def close(self) -> None:
        """Give the directory free."""
        self.db.close()


class Queue:
    """What is owed to one endpoint, numbered in the order of intake. ``next`` is the next number."""

    def __init__(self, deliveries: Deliveries, endpoint: str) -> None:
        self._deliveries = deliveries
        self._prefix = endpoint.encode() + b"\0"
        self.requests = deliveries.requests
        #: Numbers are given by one thread at a time.
        self._numbering = threading.Lock()
        db = deliveries.db
        db.put(_ENDPOINT + endpoint.encode(), b"")
        self.positions: dict[Place, int] = {
            _place(name): int.from_bytes(raw, "big") for name, raw in self._all(db, _POSITION)
        }
        numbers = [int.from_bytes(key, "big") for kind in (_PENDING, _DEAD) for key, _ in self._all(db, kind)]
        self._next = max(numbers, default=0) + 1

    def pending(self) -> list[tuple[int, Pending]]:
        """What waits, by number."""
        return list(_numbered(self._all(self._deliveries.db, _PENDING)))

    def dead(self) -> list[tuple[int, Pending]]:
        """What was given up, by number."""
        return list(_numbered(self._all(self._deliveries.db, _DEAD)))

    def take(self, pendings: Iterable[Pending], positions: Mapping[Place, int]) -> list[tuple[int, Pending]]:
        """Take events over and move to ``positions``, both or neither; ids that are known are left out."""
        with self._numbering:
            return self._take(pendings, positions)

    def _take(self, pendings: Iterable[Pending], positions: Mapping[Place, int]) -> list[tuple[int, Pending]]:
        batch = WriteBatch(raw_mode=True)
        taken: list[tuple[int, Pending]] = []
        fresh: set[str] = set()
        for pending in pendings:
            name = pending.webhook_id
            if name in fresh or self._deliveries.db.get(self._known(name)) is not None:
                continue
            fresh.add(name)
            number = self._next + len(taken)
            batch.put(self._key(_PENDING, number), _encode(pending))
            batch.put(self._known(name), b"")
            taken.append((number, pending))
        for place, offset in positions.items():
            batch.put(self._prefix + _POSITION + _name(place), offset.to_bytes(_NUMBER_BYTES, "big"))
        # Positions alone are reached again; a first one says since when the endpoint is there.
        first = not positions.keys() <= self.positions.keys()
        self._deliveries.write(batch, sync=bool(taken) or first)
        self._next += len(taken)
        self.positions |= positions
        return taken

    def settle(self, numbers: Sequence[tuple[int, Pending]], now_ms: int) -> None:
        """These were acknowledged: never send them again."""
        batch = WriteBatch(raw_mode=True)
        for number, pending in numbers:
            batch.delete(self._key(_PENDING, number))
            at = now_ms.to_bytes(_NUMBER_BYTES, "big")
            batch.put(self._known(pending.webhook_id), at)
            batch.put(self._prefix + _SETTLED + at + pending.webhook_id.encode(), b"")
        self._deliveries.write(batch, sync=True)

    def note(self, number: int, pending: Pending) -> None:
        """A try failed; the next start goes on with what is noted of it."""
        batch = WriteBatch(raw_mode=True)
        batch.put(self._key(_PENDING, number), _encode(pending))
        self._deliveries.write(batch, sync=False)

    def bury(self, number: int, pending: Pending) -> None:
        """Give an event up and keep it."""
        batch = WriteBatch(raw_mode=True)
        batch.delete(self._key(_PENDING, number))
        batch.put(self._key(_DEAD, number), _encode(pending))
        self._deliveries.write(batch, sync=True)

    def revive(self, numbers: Iterable[int]) -> list[tuple[int, Pending]]:
        """Let dead letters wait again, behind all others, as if they had never been tried."""
        with self._numbering:
            return self._revive(numbers)

    def _revive(self, numbers: Iterable[int]) -> list[tuple[int, Pending]]:
        batch = WriteBatch(raw_mode=True)
        revived: list[tuple[int, Pending]] = []
        for number in sorted(set(numbers)):
            raw = self._deliveries.db.get(self._key(_DEAD, number))
            if raw is None:
                continue
            old = _decode(raw)
            pending = msgspec.structs.replace(old, tries=0, due_ms=0, code="", status=None, tried_ms=0)
            batch.delete(self._key(_DEAD, number))
            batch.put(self._key(_PENDING, self._next + len(revived)), _encode(pending))
            revived.append((self._next + len(revived), pending))
        self._deliveries.write(batch, sync=True)
        self._next += len(revived)
        return revived

    def forget(self, before_ms: int, limit: int) -> int:
        """Forget up to ``limit`` ids that were settled before; returns how many."""
        batch = WriteBatch(raw_mode=True)
        start = self._prefix + _SETTLED
        count = 0
        for key, _ in _scan(self._deliveries.db, start, start + before_ms.to_bytes(_NUMBER_BYTES, "big")):
            batch.delete(key)
            batch.delete(self._known(key[len(start) + _NUMBER_BYTES :].decode()))
            count += 1
            if count == limit:
                break
        self._deliveries.write(batch, sync=False)
        return count

    def _key(self, kind: bytes, number: int) -> bytes:
        return self._prefix + kind + number.to_bytes(_NUMBER_BYTES, "big")

    def _known(self, webhook_id: str) -> bytes:
        return self._prefix + _KNOWN + webhook_id.encode()

    def _all(self, db: Rdict, kind: bytes) -> Iterator[tuple[bytes, bytes]]:
        start = self._prefix + kind
        for key, value in _scan(db, start, start[:-1] + bytes([start[-1] + 1])):
            yield key[len(start) :], value


def read_dead(folder: Path, endpoints: Iterable[str]) -> dict[str, list[tuple[int, Pending]]]:
    """The dead letters of endpoints, also while another process has the store open.

    Raises:
        DeliveriesError: there is no store, or it is damaged.
    """
    # Even opened for reading alone, RocksDB makes a folder with a log of its own.
    if not (folder / _DB).is_dir():
        raise DeliveriesError(f"{folder} holds no deliveries")
    options = Options(raw_mode=True)
    options.create_if_missing(False)
    try:
        db = Rdict(str(folder / _DB), options, access_type=AccessType.read_only(False))
    except Exception as error:  # noqa: BLE001  # rocksdict raises plain Exception for every RocksDB status
        raise DeliveriesError(f"{folder} holds no deliveries that can be read ({_one_line(error)})") from None
    try:
        found = {}
        for endpoint in endpoints:
            start = endpoint.encode() + b"\0" + _DEAD
            entries = _scan(db, start, start[:-1] + bytes([start[-1] + 1]))
            found[endpoint] = list(_numbered((key[len(start) :], value) for key, value in entries))
        return found
    finally:
        db.close()


def ask_to_retry(folder: Path, endpoint: str, numbers: Sequence[int]) -> None:
    """Leave a request for whoever has the store open, now or next; made whole or not at all."""
    requests = folder / _REQUESTS
    requests.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    draft = requests / f"{name}.draft"
    with draft.open("w") as file:
        json.dump({"endpoint": endpoint, "numbers": list(numbers)}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(requests / f"{name}.json")


class Request(Struct, frozen=True):
    """Dead letters of an endpoint that somebody wants to be tried again."""

    endpoint: str
    numbers: tuple[int, ...]


def requests_in(folder: Path) -> list[tuple[Path, Request]]:
    """What was asked for and not done yet; a file that is no request is left out."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append((path, msgspec.json.decode(path.read_bytes(), type=Request)))
        except (OSError, msgspec.DecodeError):
            continue
    return found


def _open(path: Path) -> Rdict:
    try:
        return open_db(path)
    except Exception as error:  # rocksdict raises plain Exception for every RocksDB status
        if str(error).startswith("IO error: lock"):
            raise StoreLockedError(f"{path} is open in another process") from error
        detail = "restore it from a backup, or remove it: then each endpoint begins where its start says"
        raise DeliveriesError(f"{path} is damaged ({_one_line(error)}); {detail}") from None


def _scan(db: Rdict, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
    options = ReadOptions()
    options.set_iterate_upper_bound(stop)
    # A generator, since the iterator needs the options, and their bound, to live as long as it does.
    yield from cast("Iterator[tuple[bytes, bytes]]", db.items(from_key=start, read_opt=options))


def _numbered(entries: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[int, Pending]]:
    for key, raw in entries:
        try:
            yield int.from_bytes(key, "big"), _decode(raw)
        except msgspec.DecodeError as error:
            raise DeliveriesError(f"an event that waits is unreadable: {error}") from None


def _name(place: Place) -> bytes:
    return f"{place[0]}/{place[1]}".encode()


def _place(name: bytes) -> Place:
    topic, _, partition = name.decode().rpartition("/")
    return topic, int(partition)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
