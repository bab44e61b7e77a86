"""What RocksDB does in threads beside the event loop, up to seconds at a time: flushes and compactions."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_THREADS: Final = Path("/proc/self/task")
#: How much of a core that answers want, too, threads get by what RocksDB calls them: those that flush a
#: quarter, since writes wait for them sooner, those that compact a tenth.
NICENESS: Final = {"rocksdb:high": 5, "rocksdb:low": 10}


def put_behind_answers() -> None:
    """Let these threads take less of a core that answers need; on Linux alone.

    They may not take much less: writes stop when too much waits for them.
    """
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for thread in _THREADS.iterdir() if _THREADS.is_dir() else ():
        with suppress(FileNotFoundError):  # a thread of others may be gone by now
            niceness = NICENESS.get((thread / "comm").read_text().strip(), own)
            if niceness > own:
                os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)
