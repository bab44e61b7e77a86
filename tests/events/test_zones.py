"""Zones are those of the locked ``tzdata``, whatever the machine knows."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The home midnight of 2026-07-14, as each place finds it that works with local days.
FOUND = """
from datetime import date
from streams.engine.clock import midnight_of
from streams.rules.home_days import home_days
from streams.rules.calendar import KeyDayCalendar
from schemas.key_days import Edition, KeyDay
day = date(2026, 7, 14)
key_day = KeyDay(id="x", name="x", markets=frozenset({"FR"}), years={2026: (Edition(start=day),)})
(one,) = KeyDayCalendar([key_day], "FR", "Europe/Paris").occurrences(2026)
print(midnight_of("Europe/Paris", day.toordinal()), home_days("Europe/Paris").midnight(day.toordinal()), one.start)
"""


@pytest.mark.parametrize("zones", ["", "machine"])
def test_the_rules_of_the_machine_do_not_count(tmp_path: Path, zones: str) -> None:
    """There, Paris has the clocks of Tokyo."""
    (tmp_path / "machine" / "Europe").mkdir(parents=True)
    tokyo = resources.files("tzdata.zoneinfo.Asia").joinpath("Tokyo").read_bytes()
    (tmp_path / "machine" / "Europe" / "Paris").write_bytes(tokyo)
    env = {**os.environ, "PYTHONTZPATH": str(tmp_path / zones) if zones else ""}

    done = subprocess.run(
        [sys.executable, "-c", FOUND], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["1783980000000"] * 3
