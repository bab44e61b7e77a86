from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from projections.background import NICENESS

#: Opens tables and tells the niceness of all threads by name; in a process of its own, for it cannot be taken back.
LOOK = """
import os, sys
from pathlib import Path
from projections.background import put_behind_answers
from projections.store import Tables

tables = Tables(Path(sys.argv[1]))
put_behind_answers()
for thread in Path("/proc/self/task").iterdir():
    print((thread / "comm").read_text().strip(), os.getpriority(os.PRIO_PROCESS, int(thread.name)))
tables.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux alone")
def test_threads_that_flush_and_compact_are_put_behind_and_no_others(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOOK, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    own = os.getpriority(os.PRIO_PROCESS, 0)
    found = {name: int(niceness) for name, niceness in (line.rsplit(" ", 1) for line in told)}
    assert found.keys() > NICENESS.keys()
    assert found == {name: max(own, NICENESS.get(name, own)) for name in found}
