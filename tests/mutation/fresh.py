"""A plugin for runs on mutants: every test starts with nothing remembered, and properties look at the same examples.

What a cache holds from an earlier test was worked out by other code than the mutant, and would hide it. What is below
the rules, as the catalogue that was read from its file, is no mutant's work: it is kept.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutation", derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("mutation")

_OF_RULES = ("streams.rules.", "streams.agents.", "tests.")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    for one in _caches(len(sys.modules)):
        one.cache_clear()
    if plan := sys.modules.get("streams.rules.plan"):
        plan._plans.clear()


@cache
def _caches(modules: int) -> list[Any]:
    """The caches of what is in the modules that are loaded; looked for again when there are more."""
    del modules
    found = {
        id(value): value
        for name, module in list(sys.modules.items())
        if name.startswith(_OF_RULES) and name != __name__
        for value in vars(module).values()
        if hasattr(value, "cache_clear") and (value.__module__ or "").startswith(_OF_RULES)
    }
    return list(found.values())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # mutmut 3.7, the newest that goes with the pinned click, reads the name that pytest 9.2 dropped.
        item._nodeid = item.nodeid
