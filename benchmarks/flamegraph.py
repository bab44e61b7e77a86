"""``python -m benchmarks.flamegraph``: where a worker spends its time under the mix with all rules.

py-spy looks at the worker 250 times a second while it works through the mix, and draws what it saw. On Linux
it may need root or ``kernel.yama.ptrace_scope=0``.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path
from typing import Final

import click

from benchmarks.__main__ import FOLDER, fresh_broker
from benchmarks.contenders import keyday_worker
from benchmarks.full_rules import FullRules, Size
from benchmarks.probe import BenchError, whole_rate
from benchmarks.report import report

OUT: Final = Path("docs/flamegraph.svg")
MOST_BYTES: Final = 1_000_000
RATE_HZ: Final = 250


@click.command()
@click.option("--events", default=Size.events, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=OUT, show_default=True)
def main(*, events: int, out: Path) -> None:
    """Run the mix on a broker of its own and draw the flame graph."""
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if spy is None:
        sys.exit("flamegraph: py-spy is not installed: run make setup")
    try:
        with fresh_broker() as broker:
            asyncio.run(draw(FullRules(broker, FOLDER, Size(events=events)), spy, out))
    except BenchError as error:
        sys.exit(f"flamegraph: {error}")
    # py-spy's title is its own command line.
    svg = re.sub(
        r'(<text id="title"[^>]*>)[^<]*', r"\1A Keyday worker, all rules, three agents", out.read_text()
    )
    out.write_text(svg)
    if (size := out.stat().st_size) > MOST_BYTES:
        sys.exit(f"flamegraph: {out} has {size} bytes, more than {MOST_BYTES}: take fewer events")
    print(f"{out}: {size:,} bytes")


async def draw(run: FullRules, spy: str, out: Path) -> None:
    """Look at the worker from its first commit to its last."""
    await run.load()
    started = await keyday_worker(run.bench, 0, processes=1)
    # Without threads that wait: only what the processor does is drawn.
    watching: asyncio.subprocess.Process | None = None

    async def watch() -> None:
        nonlocal watching
        watching = await asyncio.create_subprocess_exec(
            spy,
            *("record", "--pid", str(started.process.pid), "--rate", str(RATE_HZ), "--nonblocking"),
            *("--format", "flamegraph", "--output", str(out)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    try:
        found = await whole_rate(
            run.bench.broker.bootstrap, started, events=run.events, orders=run.orders, on_first=watch
        )
        report(f"{found.eps:.0f} events/s while being watched")
    finally:
        await started.kill()  # and py-spy draws what it has
    if watching is None or await watching.wait():
        said = await watching.stderr.read() if watching is not None and watching.stderr else b""
        raise BenchError(f"py-spy failed, it may need root: {said.decode(errors='replace').strip()[-300:]}")


if __name__ == "__main__":
    main()
