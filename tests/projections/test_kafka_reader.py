from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

from projections.facts import LEDGER
from projections.kafka_reader import KafkaReader
from projections.progress import BlockerCode, Progress
from projections.store import Tables


def test_brokers_out_of_reach_keep_it_trying_and_not_ready(tmp_path: Path) -> None:
    tables, progress = Tables(tmp_path), Progress()

    async def scenario() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            reader = KafkaReader({"bootstrap_servers": address}, tables, progress, LEDGER)
            task = asyncio.create_task(reader.run())
            done, _ = await asyncio.wait([task], timeout=1.5)
            assert not done
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(scenario())

    blocker = progress.blocker()
    assert blocker is not None
    assert blocker.code is BlockerCode.STARTING
    tables.close()
