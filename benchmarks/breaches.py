"""``python -m benchmarks.breaches``: how many planted breaches compliance finds, and what else it finds.

A seeded stream with breaches in it is replayed; the cases that are opened are compared with those that were
planted, rule by rule. Exit status 0 only if every case was found and no other was opened.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.report import report
from streams.cli import run

FOLDER = Path("build/breaches").resolve()


@click.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--partners", default=300, show_default=True, help="One in 50 may come to a reversal_rate.")
@click.option("--breaches", default=0.002, show_default=True, help="Breaches per event.")
@click.option("--seed", default=1, show_default=True)
def main(*, events: int, partners: int, breaches: float, seed: int) -> None:
    """Generate, replay, compare; print a table."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    source, out, truth = FOLDER / "in", FOLDER / "out", FOLDER / "truth.ndjson"
    report(f"generating {events} events")
    options = ("--events", str(events), "--partners", str(partners), "--seed", str(seed))
    rate = ("--breaches", str(breaches))
    if run(["generate", *options, *rate, "--truth", str(truth), "--out", str(source)]):
        sys.exit("breaches: nothing was generated")
    report("replaying them")
    if run(["replay", "--programs", str(source / "program.toml"), "--input", str(source), "--out", str(out)]):
        sys.exit("breaches: the replay failed")
    planted = {line["case_id"] for line in lines(truth)}
    told = (line for line in lines(out / "compliance.ndjson"))
    found = {line["data"]["case_id"] for line in told if line["type"] == "compliance.violation_detected"}
    print(table(planted, found))
    sys.exit(planted != found)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, none where there is no such file."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def table(planted: set[str], found: set[str]) -> str:
    """Per rule the cases planted and found, and the shares of the found and of the planted that are both."""
    rows = ["| rule | planted | found | precision | recall |", "| --- | ---: | ---: | ---: | ---: |"]
    counts = [
        Counter(case.partition("~")[0] for case in cases) for cases in (planted, found, planted & found)
    ]
    for rule in sorted(counts[0] | counts[1]):
        sown, seen, both = (count[rule] for count in counts)
        rows.append(f"| {rule} | {sown} | {seen} | {share(both, seen)} | {share(both, sown)} |")
    return "\n".join(rows)


def share(part: int, whole: int) -> str:
    """A share with three digits; nothing of nothing is all."""
    return f"{part / whole:.3f}" if whole else "1.000"


if __name__ == "__main__":
    main()
