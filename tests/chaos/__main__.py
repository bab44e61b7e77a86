"""``python -m tests.chaos --kills N --seed S``; see the package."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import click

from tests.chaos.mutants import MUTANTS
from tests.chaos.run import Options, report, run
from tests.chaos.scene import fresh
from tests.chaos.slot import Kills
from tests.chaos.verdict import Verdict
from tests.kafka.broker import Broker

FOLDER = Path("build/chaos").resolve()


@click.command()
@click.option("--kills", default=100, show_default=True, help="SIGKILLs in all.")
@click.option("--seed", default=1, show_default=True, help="Seed of the input and of the kills.")
@click.option("--workers", default=3, show_default=True)
@click.option("--partitions", default=4, show_default=True)
@click.option("--pace", default=150, show_default=True, help="Records a second.")
@click.option("--control/--no-control", default=True, help="Run stock Faust beside it.")
@click.option("--mutant", type=click.Choice(sorted(MUTANTS)), help="Break one step of the protocol.")
@click.option("--mutants", is_flag=True, help="Break each step in turn; all must be caught.")
def main(
    *,
    kills: int,
    seed: int,
    workers: int,
    partitions: int,
    pace: int,
    control: bool,
    mutant: str | None,
    mutants: bool,
) -> None:
    """Kill workers, then compare the ledger with a replay. Exit status 0 only if all is so."""
    options = Options(kills, seed, FOLDER, workers, partitions, pace, control, mutant or "")
    if mutants:
        sys.exit(all_mutants(options))
    verdict, done = once(options)
    print(explain(verdict, done))
    print(verdict.line(done.done, seed))
    sys.exit(0 if verdict.good and done.done == kills else 1)


def once(options: Options) -> tuple[Verdict, Kills]:
    """One run on a broker of its own."""
    fresh(options.folder)
    with Broker(options.folder / "broker") as broker:
        return asyncio.run(run(options, broker.bootstrap))


def all_mutants(options: Options) -> int:
    """Each mutant in turn; 0 when the harness caught every one by what it compares.

    A mutant that does not run at all proves nothing about the harness and counts as not caught.
    """
    missed = []
    for name, mutant in MUTANTS.items():
        report(f"mutant {name}: {mutant.__doc__}")
        verdict, done = once(replace(options, mutant=name, control=False))
        outcome = "SURVIVED" if verdict.good else "BROKEN" if verdict.same else "caught"
        print(f"mutant {name}: {outcome}: {verdict.line(done.done, options.seed)}")
        if outcome != "caught":
            missed.append(name)
            print(explain(verdict, done))
    print(f"mutants: {len(MUTANTS)} tried, {len(missed)} not caught {' '.join(missed)}".rstrip())
    return 1 if missed else 0


def explain(verdict: Verdict, kills: Kills) -> str:
    """What happened besides the counts."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(kills.by_kind.items()) if count)
    lines = [f"compared: {verdict.compared}", f"deaths: {kinds}"]
    if kills.woken:
        lines.append("woken after a takeover: " + ", ".join(f"{how} {n}" for how, n in kills.woken.items()))
    if kills.own_exits:
        lines.append(f"exits by themselves: {len(kills.own_exits)}, first: {kills.own_exits[0]}")
    if verdict.control:
        lines.append(str(verdict.control))
    return "\n".join([*verdict.notes, *lines])


if __name__ == "__main__":
    main()
