"""``python -m benchmarks.instructions``: how many instructions an event costs, by its type and by agent.

Clocks are noisy on a shared machine; valgrind's callgrind counts instructions, nearly the same each time. One
process feeds the agents' tasks directly with records that were prepared before, and lets them write to
RocksDB; there is no broker and no network. Caches are warm: what is counted comes after a mix of all events.
Needs valgrind (``apt install valgrind``); ``--clock`` does the same without it and shows microseconds, which
are worth less. ``--by-rule`` counts again without each set of rules and shows the differences.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from benchmarks.mix import RULE_SETS, Kinds, mix, program, program_without
from schemas.topics import AGENTS
from streams.engine.partitioner import partition_of
from streams.generator.event import PARTNER_EVENTS

PARTITIONS: Final = 12
#: The partition of the customers whose events are fed; partners and budgets are on all of them.
HOME: Final = 0
ORDER: Final = "order, attributed"
#: Tells the child that callgrind waits for it.
COUNTED: Final = "--counted"
KINDS: Final = (
    "click, known customer",
    "click, new customer",
    "order, unattributed",
    ORDER,
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
@click.option("--by-rule", is_flag=True, help="Also without each set of rules: what does it add to an order?")
@click.option("--json", "json_", is_flag=True, help="Print the costs as JSON.")
def main(
    *, events: int, customers: int, partners: int, most: int, clock: bool, by_rule: bool, json_: bool
) -> None:
    """Count what each type of event costs."""
    if not clock and shutil.which("valgrind") is None:
        sys.exit("instructions: valgrind is not installed: apt install valgrind, or give --clock")
    load = prepare(events, customers, partners, most)
    unit = "µs" if clock else "instructions"
    found = count(load, clock=clock)
    print(msgspec.json.encode(found).decode() if json_ else table(found, unit))
    if by_rule:
        print()
        for line in rule_lines(load, found, unit, clock=clock):
            print(line, flush=True)


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


def count(load: Load, *, clock: bool) -> Found:
    """Run the load in a process of its own, under callgrind unless by the clock."""
    with tempfile.TemporaryDirectory(prefix="keyday-instructions-") as name:
        return _count(load, Path(name), clock=clock)


def _count(load: Load, folder: Path, *, clock: bool) -> Found:
    (folder / "load").write_bytes(msgspec.msgpack.encode(load))
    command = [sys.executable, "-m", "benchmarks.instructions_child", str(folder)]
    if not clock:
        # Any function of libc that nobody else calls can mark where a stretch begins and ends.
        marks = ("--zero-before=getsid", "--zero-before=__getsid")
        marks += ("--dump-before=getpgid", "--dump-before=__getpgid")
        out = f"--callgrind-out-file={folder}/callgrind.out"
        # The child asks for counts once it is warm: until then it runs several times as fast without.
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", *marks, out, *command, COUNTED]
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
    lines = [f"| {unit} per event | events | all agents | {' | '.join(AGENTS)} |", f"| --- |{' ---: |' * 5}"]
    for kind, events in found.events.items():
        shares = per_event(found, kind, unit)
        cells = " | ".join(f"{share:,.0f}" for share in (sum(shares), *shares))
        lines.append(f"| {kind} | {events:,} | {cells} |")
    return "\n".join(lines)


def rule_lines(load: Load, whole: Found, unit: str, *, clock: bool) -> Iterator[str]:
    """A Markdown table: what an attributed order costs with all rules, and how much less without some."""
    every = sum(per_event(whole, ORDER, unit))
    yield f"| {unit} of an attributed order | |"
    yield "| --- | ---: |"
    yield f"| all rules | {every:,.0f} |"
    for rules in RULE_SETS:
        found = count(replace(load, program=program_without(load.program, rules)), clock=clock)
        yield f"| of it {rules} | {every - sum(per_event(found, ORDER, unit)):,.0f} |"


def per_event(found: Found, kind: str, unit: str) -> list[float]:
    """What one event of a kind costs at each of the agents."""
    sums: dict[str, int] = defaultdict(int)
    for cost in found.costs:
        if cost.kind == kind:
            sums[cost.agent] += cost.amount
    scale = found.events[kind] * (1_000 if unit == "µs" else 1)
    return [sums[agent] / scale for agent in AGENTS]


if __name__ == "__main__":
    main()
