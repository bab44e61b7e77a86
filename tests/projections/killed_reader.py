"""A process to be killed: follows the log in argv[1] into the tables in argv[2], says when it begins and ends.

It reads batches of argv[3] records: of the ledger alone, or, with a program file in argv[4], of all topics.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from projections.embedded_reader import EmbeddedReader
from projections.facts import LEDGER, SOURCES
from projections.progress import Progress
from projections.store import Tables
from schemas.programs import Programs
from streams.engine.log import Log

if __name__ == "__main__":
    log = Log.open(Path(sys.argv[1]))
    assert isinstance(log, Log)
    programs = Programs()
    for path in sys.argv[4:]:
        programs.load(path)
    tables = Tables(Path(sys.argv[2]), programs=programs)
    topics = SOURCES if programs.ids() else LEDGER
    reader = EmbeddedReader(
        log, tables, Progress(), topics, partitions=log.partitions, batch_records=int(sys.argv[3])
    )
    print("begin", flush=True)
    asyncio.run(reader.catch_up())
    print("done", flush=True)
