"""A plugin for runs on mutants: every test starts with nothing remembered, and properties look at the same examples.

What a cache holds from an earlier test was worked out by other code than the mutant, and would hide it.
"""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutation", derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("mutation")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(("streams.rules.", "tests.")):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # mutmut 3.7, the newest that goes with the pinned click, reads the name that pytest 9.2 dropped.
        item._nodeid = item.nodeid
