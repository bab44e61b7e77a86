"""Mutants of ``streams/rules``, tried on the tests of the rules and the stories: ``make mutation``.

``python -m tests.mutation [--workers N] [--resume] [MODULE ...]`` tries those of the named modules, or all. Exit
status 0 only if of each module enough are killed or explained (``explained.toml``), and no explanation is stale.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from mutmut.__main__ import get_diff_for_mutant

from tests.mutation.report import KILLED, change, explanations, report, results, table, tried

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as caps; all when there is none")
    parser.add_argument("--workers", type=int, default=1, help="processes that try mutants at once")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    arguments = parser.parse_args()
    explained = list(explanations((HERE / "explained.toml").read_text()))

    if not arguments.resume:
        # What is left there of an earlier run may stand for tests that have changed since.
        shutil.rmtree("mutants", ignore_errors=True)
    patterns = [f"streams.rules.{module}.*" for module in arguments.modules]
    tries = [sys.executable, str(HERE / "tries.py"), "run", "--max-children", str(arguments.workers)]
    subprocess.run([*tries, *patterns], check=True)

    listed = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    said = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    outcomes = tried(results(said))
    survivors = {
        mutant: change(mutant, get_diff_for_mutant(mutant))
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


if __name__ == "__main__":
    sys.exit(main())
