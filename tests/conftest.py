"""What every test run ends with: what was left out, and why."""

from __future__ import annotations

from collections import Counter

import pytest


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
