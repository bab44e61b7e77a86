"""``python -m benchmarks.instructions``: how many instructions an event costs, by its type and by agent.

Clocks are noisy on a shared machine; valgrind's callgrind counts instructions, nearly the same each time. One
process feeds the agents' tasks directly with records that were prepared before, and lets them write to
RocksDB; there is no broker and no network. Caches are warm: what is counted comes after a mix of all events.
Needs valgrind (``apt install valgrind``); ``--clock`` does the same without it and shows microseconds, which
are worth less.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec import Struct

from benchmarks.mix import Kinds, mix, program
from streams.engine.task import partition_of
from streams.generator.event import PARTNER_EVENTS

PARTITIONS: Final = 12
#: The partition of the customers whose events are fed; partners and budgets are on all of them.
HOME: Final = 0
KINDS: Final = (
    "click, known customer",
    "click, new customer",
    "order, unattributed",
    "order, attributed",
    "order.refunded",
    "order.cancelled",
    "referral.created",
    "redemption.requested",
    "partner.updated",
)
_TOTAL: Final = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)

#: Kind, topic, time, key and value of an event.
Row = tuple[str, str, int, bytes, bytes]


class Load(Struct):
    """What is fed: a mix that warms up, then each kind apart."""

    program: str
    warm: list[Row]
    measured: dict[str, list[Row]]


class Cost(Struct):
    """What one agent did for all events of a kind: callgrind's instructions, or nanoseconds."""

    kind: str
    agent: str
    amount: int


class Found(Struct):
    """What was counted, for how many events of each kind."""

    events: dict[str, int]
    costs: list[Cost]


@click.command()
@click.option("--events", default=360_000, show_default=True, help="Of the mix; one partition's are fed.")
@click.option("--customers", default=100_000, show_default=True)
@click.option("--partners", default=1_000, show_default=True)
@click.option("--most", default=1_000, show_default=True, help="Events of one kind that are measured.")
@click.option("--clock", is_flag=True, help="Nanoseconds by the clock instead; no valgrind needed.")
@click.option("--json", "json_", is_flag=True, help="Print the costs as JSON.")
def main(*, events: int, customers: int, partners: int, most: int, clock: bool, json_: bool) -> None:
    """Count what each type of event costs."""
    if not clock and shutil.which("valgrind") is None:
        sys.exit("instructions: valgrind is not installed: apt install valgrind, or give --clock")
    with tempfile.TemporaryDirectory(prefix="keyday-instructions-") as name:
        load = prepare(events, customers, partners, most)
        found = count(load, Path(name), clock=clock)
    print(msgspec.json.encode(found).decode() if json_ else table(found, "µs" if clock else "instructions"))


def prepare(events: int, customers: int, partners: int, most: int) -> Load:
    """The events of one partition: two thirds warm up, the rest is measured by kind."""
    kinds = Kinds()
    rows: list[Row] = []
    for event in mix(events, customers, partners):
        kind = kinds.of(event)
        if event.topic == PARTNER_EVENTS or partition_of(event.key, PARTITIONS) == HOME:
            rows.append((kind, event.topic, event.time, event.key, event.value))
    middle = len(rows) * 2 // 3
    measured: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for row in rows[middle:]:
        if row[0] in measured and len(measured[row[0]]) < most:
            measured[row[0]].append(row)
    return Load(program(partners), rows[:middle], measured)


def count(load: Load, folder: Path, *, clock: bool = False) -> Found:
    """Run the load in a process of its own, under callgrind unless by the clock."""
    (folder / "load").write_bytes(msgspec.msgpack.encode(load))
    command = [sys.executable, "-m", "benchmarks.instructions_child", str(folder)]
    if not clock:
        # Any function of libc that nobody else calls can mark where a stretch begins and ends.
        marks = ("--zero-before=getsid", "--zero-before=__getsid")
        marks += ("--dump-before=getpgid", "--dump-before=__getpgid")
        out = f"--callgrind-out-file={folder}/callgrind.out"
        command = ["valgrind", "--tool=callgrind", *marks, out, *command]
    # Sets of texts must not have another order each time.
    env = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"instructions: the run failed:\n{done.stderr[-2000:]}")
    found = msgspec.msgpack.decode((folder / "found").read_bytes(), type=Found)
    if not clock:
        for number, cost in enumerate(found.costs, 1):
            text = (folder / f"callgrind.out.{number}").read_text()
            totals = _TOTAL.search(text)
            if totals is None:
                sys.exit("instructions: callgrind wrote no totals")
            cost.amount = int(totals[1])
    return found


def table(found: Found, unit: str) -> str:
    """A Markdown table: per event, in all and by agent."""
    agents = ("customers", "partners", "budgets")
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for cost in found.costs:
        sums[cost.kind, cost.agent] += cost.amount
    scale = 1_000 if unit == "µs" else 1
    lines = [f"| {unit} per event | events | all agents | {' | '.join(agents)} |", f"| --- |{' ---: |' * 5}"]
    for kind, events in found.events.items():
        shares = [sums[kind, agent] / events / scale for agent in agents]
        cells = " | ".join(f"{share:,.0f}" for share in (sum(shares), *shares))
        lines.append(f"| {kind} | {events:,} | {cells} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
