"""The demo's season goes on while it is served: what is still to come of its last day happens in its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING

from events.time import MINUTE_MS, format_time, parse_time
from streams.engine.record import OutRecord

if TYPE_CHECKING:
    from streams.engine.embedded_worker import EmbeddedWorker
    from streams.generator.event import Generated


async def live(worker: EmbeddedWorker, season: Callable[[], Iterator[Generated]], noted: Path) -> None:
    """Append events as their time comes, from the instant in the file ``noted`` on; never returns.

    How far it is stands in the file. What was appended and not noted comes again after a kill, and is
    dropped as the repeat that it is.
    """
    done = parse_time(await asyncio.to_thread(noted.read_text))
    coming = dropwhile(lambda event: event.time <= done, season())
    # All that happened before is made again on the way to the first event to come.
    event = await asyncio.to_thread(next, coming, None)
    while event is not None:
        wait_ms = event.time - worker.embedded.now()
        if wait_ms > 0:
            await asyncio.sleep(min(wait_ms, MINUTE_MS) / 1_000)
            continue
        now, records = worker.embedded.now(), []
        while event is not None and event.time <= now:
            records.append(OutRecord(event.topic, 0, event.time, event.key, event.value))
            event = next(coming, None)
        await worker.append(records)
        await asyncio.to_thread(noted.write_text, format_time(now))
    await asyncio.Event().wait()
