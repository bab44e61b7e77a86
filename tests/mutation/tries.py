"""mutmut as a script, with one change: the tests are collected once, and each mutant's process runs its own right away.

To start pytest anew for each mutant, as mutmut does, takes longer than most of the tests. What is found out is saved
now and then, and at the end.
"""

from __future__ import annotations

import os
import sys
from itertools import zip_longest
from time import monotonic
from typing import Any

# As with ``python -m``: modules beside this file are no modules of their own, and tests come from the mutants' folder.
sys.path[0] = ""

import pytest  # noqa: E402 - only now is the path as it has to be
from _pytest.config import _prepareconfig  # noqa: E402
from mutmut import __main__ as mutmut  # noqa: E402
from mutmut.mutation.data import SourceFileMutationData  # noqa: E402

#: Seconds between two times that the results of a module are written, or the progress is shown.
_PAUSE = 5.0


class Collected(mutmut.PytestRunner):  # type: ignore[misc]
    """Runs the tests of a mutant from a collection that was made before its process was."""

    session: pytest.Session | None = None

    def prepare_main_test_run(self) -> None:
        if os.environ["MUTANT_UNDER_TEST"]:
            return  # not yet: mutants are being made, or tests are being tried without one
        selected = ["--rootdir=.", "--tb=no", "-s", *self._pytest_args_regular_run([])]
        with mutmut.change_cwd("mutants"), mutmut.CatchOutput():
            config = _prepareconfig([*selected, *self._pytest_add_cli_args])
            self.session = pytest.Session.from_config(config)
            config._do_configure()
            config.hook.pytest_sessionstart(session=self.session)
            config.hook.pytest_collection(session=self.session)

    def run_tests(self, *, mutant_name: str | None, tests: Any) -> int:
        if mutant_name is None or self.session is None:
            return int(super().run_tests(mutant_name=mutant_name, tests=tests))
        by_name = {item.nodeid: item for item in self.session.items}
        items = [by_name[name] for name in tests]
        with mutmut.change_cwd("mutants"):
            for item, following in zip_longest(items, items[1:]):
                try:
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                except BaseException:  # noqa: BLE001 - whatever a mutant does to the run, it was noticed
                    return 1
                if self.session.testsfailed:
                    return 1
        return 0


class _NowAndThen:
    """Calls that come too soon after the one before are left out."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def is_due(self, what: str) -> bool:
        now = monotonic()
        if now - self._last.get(what, -_PAUSE) < _PAUSE:
            return False
        self._last[what] = now
        return True


def main() -> None:
    save, print_stats, paused = SourceFileMutationData.save, mutmut.print_stats, _NowAndThen()
    unsaved: dict[str, SourceFileMutationData] = {}

    def save_now_and_then(data: SourceFileMutationData) -> None:
        unsaved[str(data.path)] = data
        for path, one in list(unsaved.items()):
            # Before the first mutant every result matters to what is tried at all.
            if os.environ.get("MUTANT_UNDER_TEST") or paused.is_due(path):
                del unsaved[path]
                save(one)

    def print_now_and_then(every: Any, force_output: bool = False) -> None:  # noqa: FBT001, FBT002 - mutmut's own
        if force_output or paused.is_due("progress"):
            print_stats(every, force_output=force_output)

    SourceFileMutationData.save = save_now_and_then
    mutmut.print_stats = print_now_and_then
    mutmut.PytestRunner = Collected
    try:
        mutmut.cli()
    finally:
        if os.environ.get("MUTANT_UNDER_TEST") == "":
            for data in unsaved.values():
                save(data)


if __name__ == "__main__":
    main()
