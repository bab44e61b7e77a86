"""Mutants of ``streams/rules``, tried on the tests of the rules and the stories: ``make mutation``.

``python -m tests.mutation [--workers N] [MODULE ...]`` tries those of the named modules, or all. Exit status 0
only if of each module enough are killed or explained (``explained.toml``), and no explanation is stale.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutation.report import KILLED, change, explanations, report, results, table

HERE = Path(__file__).parent
MUTMUT = [sys.executable, "-m", "mutmut"]
NOT_TRIED = "not checked"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as caps; all when there is none")
    parser.add_argument("--workers", type=int, default=1, help="processes that try mutants at once")
    arguments = parser.parse_args()
    explained = list(explanations((HERE / "explained.toml").read_text()))

    # What is left there of an earlier run stands for tests that have changed since.
    shutil.rmtree("mutants", ignore_errors=True)
    patterns = [f"streams.rules.{module}.*" for module in arguments.modules]
    subprocess.run([*MUTMUT, "run", "--max-children", str(arguments.workers), *patterns], check=True)

    every = results(mutmut("results", "--all", "true"))
    outcomes = {mutant: outcome for mutant, outcome in every.items() if outcome != NOT_TRIED}
    survivors = {
        mutant: change(mutant, mutmut("show", mutant))
        for mutant, outcome in outcomes.items()
        if outcome not in KILLED
    }
    found = report(outcomes, survivors, explained)

    for one in found.unexplained:
        print(f"\nsurvived: {one.where}\n- {one.was}\n+ {one.now}")
    for one in found.stale:
        print(f"\nexplained, but killed or gone: {one.where}\n- {one.was}\n+ {one.now}")
    print(f"\n{table(found.rows)}")
    return 0 if found.good else 1


def mutmut(*arguments: str) -> str:
    return subprocess.run([*MUTMUT, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
