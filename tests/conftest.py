"""How properties are tried in every run, and what a run ends with: what was left out, and why."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
if (profile := settings.get_current_profile_name()) in {"default", "ci"}:
    settings.register_profile("keyday", settings.get_profile(profile), deadline=None, print_blob=True)
    settings.load_profile("keyday")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason that tests were left out for."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in skipped
        if isinstance(report.longrepr, tuple)
    )
    deselected = len(terminalreporter.stats.get("deselected", []))
    if deselected:
        reasons["not selected by this command"] = deselected
    if not reasons:
        terminalreporter.write_line("left out: nothing")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(
            f"left out: {count} test{'s' if count > 1 else ''}: {reason}", yellow=True
        )
