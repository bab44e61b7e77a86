"""A process to be killed: follows the log in argv[1] into the tables in argv[2], says when it begins and ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from projections.embedded_reader import EmbeddedReader
from projections.facts import LEDGER
from projections.progress import Progress
from projections.store import Tables
from streams.engine.log import Log

if __name__ == "__main__":
    log = Log.open(Path(sys.argv[1]))
    assert isinstance(log, Log)
    tables = Tables(Path(sys.argv[2]))
    reader = EmbeddedReader(
        log, tables, Progress(), LEDGER, partitions=log.partitions, batch_records=int(sys.argv[3])
    )
    print("begin", flush=True)
    asyncio.run(reader.catch_up())
    print("done", flush=True)
