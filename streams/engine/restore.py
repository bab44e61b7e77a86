"""Rebuilding a task's store from its changelog, from the store's own position to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from schemas.topics import TOMBSTONE_MS
from streams.engine.outbox import POSITIONS_KEY
from streams.engine.state import Change, Delta
from streams.engine.store import Store

#: Records: written to the store at once.
_BATCH_RECORDS = 20_000
#: Milliseconds: well below the time for which the changelogs keep deletes visible.
_AWAY_MS = TOMBSTONE_MS * 9 // 10
#: Milliseconds: one poll of the changelog.
_POLL_MS = 500
#: Bytes: one fetch; catching up reads far ahead.
_FETCH_BYTES = 8 * 1024 * 1024


class AheadOfChangelogError(Exception):
    """The changelog cannot bring the store up to date: it has to be wiped and rebuilt.

    The store is ahead, so it belongs to another history; or it was away for so long that the deletes
    which it missed were compacted away.
    """


async def restore(
    store: Store,
    kafka: Mapping[str, Any],
    topic: str,
    partition: int,
    on_progress: Callable[[int, int], None],
    *,
    now_ms: int,
) -> int:
    """Read committed changelog records from the store's position on; returns how many there were.

    Call it after the outbox was started: then no transaction of a predecessor is open any more.

    Raises:
        AheadOfChangelogError: the store is ahead of the changelog, or the changelog lost what it needs.
    """
    place = TopicPartition(topic, partition)
    if store.changelog_position and now_ms - store.changelog_time > _AWAY_MS:
        raise AheadOfChangelogError("the store was away for longer than the changelog keeps deletes")
    consumer = AIOKafkaConsumer(
        **kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_bytes=_FETCH_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        position = store.changelog_position
        if position > end:
            raise AheadOfChangelogError(f"store at {position}, {topic}-{partition} ends at {end}")
        # A compacted log may begin later than where a store stands only if the topic was made anew.
        consumer.seek(place, max(position, first))
        return await _copy(consumer, place, store, end, on_progress)
    except OffsetOutOfRangeError as error:
        raise AheadOfChangelogError(f"{topic}-{partition} no longer has the store's position") from error
    finally:
        await consumer.stop()


async def _copy(
    consumer: AIOKafkaConsumer,
    place: TopicPartition,
    store: Store,
    end: int,
    on_progress: Callable[[int, int], None],
) -> int:
    from_scratch = store.changelog_position == 0
    start = await consumer.position(place)
    done = 0
    while await consumer.position(place) < end:
        polled = await consumer.getmany(place, timeout_ms=_POLL_MS, max_records=_BATCH_RECORDS)
        records = polled.get(place, ())
        if records:
            positions = dict(store.positions)
            changes: list[Change] = []
            for record in records:
                if record.key == POSITIONS_KEY:
                    positions = msgspec.msgpack.decode(record.value, type=dict[str, int])
                else:
                    changes.append((record.key, record.value))
            # Built from nothing, the books are made at the end by one look at everything.
            delta = Delta() if from_scratch else store.delta_of(changes)
            store.write(changes, delta, positions, records[-1].offset + 1, records[-1].timestamp)
            done += len(records)
            on_progress(records[-1].offset + 1 - start, end - start)
        await asyncio.sleep(0)
    if from_scratch and done:
        store.correct_books()
    on_progress(end - start, end - start)
    return done
