"""The commands that serve, as real processes: what they print, what they answer, and how they end."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import signal
import subprocess
from itertools import islice
from pathlib import Path

import pytest

from schemas.programs import Programs
from streams.app import build_embedded
from streams.cli import run
from streams.commands.demo import SEED
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.generator.season import season, season_program, season_start
from tests.streams.processes import EXAMPLES, KEYDAY, ask, ended, started, until_settled

CSV = """Order,Customer,Created at,Subtotal
1001,lea,2021-11-26 12:00:00,20.00
1002,max,2021-11-27 12:00:00,30.00
1003,lea,2021-11-20 12:00:00,40.00
"""

pytestmark = pytest.mark.slow


def once(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KEYDAY, "demo", "--data", str(tmp_path / "demo"), "--once", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=EXAMPLES.parent,
    )


def test_the_demo_tells_what_happened_and_does_so_again(tmp_path: Path) -> None:
    first = once(tmp_path)
    second = once(tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert re.search(r"order\.placed +2,\d{3}", first.stdout)
    assert re.search(r"link\.clicked +1\d,\d{3}", first.stdout)
    assert re.search(r"points earned +[\d,]+; [\d,]+ available, [\d,]+ pending", first.stdout)
    assert re.search(r"payday +added [\d,]+ points on \d+ orders", first.stdout)
    assert re.search(r"dead letters +\d+ currency_unknown, ", first.stdout)
    assert "nothing is fed twice" in second.stderr


def test_the_demo_serves_a_real_account_until_it_is_told_to_end(tmp_path: Path) -> None:
    arguments = ["demo", "--data", str(tmp_path / "demo"), "--port", "0"]
    with started(arguments) as (process, url):
        assert process.stdout is not None
        shown = next(line.strip() for line in process.stdout if "/balances" in line)
        assert shown.startswith(f"{url}/v1/accounts/customer:")
        assert ask(shown)["balances"][0]["available"] > 0
        assert ask(shown.replace("balances", "statement"))["entries"]

        assert ended(process, signal.SIGINT) == 0


def test_a_demo_of_ones_own_orders(tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(CSV)

    found = once(tmp_path, "--orders", str(file), "--json")

    assert found.returncode == 0, found.stderr
    story = json.loads(found.stdout)
    assert story["events"] == {"order.placed": 3}
    assert (story["accounts"], story["totals"]["points"]["earned"]) == (2, 110)
    assert story["key_days"] == [{"key_day": "black_friday", "unit": "points", "amount": 20, "orders": 1}]
    assert "nothing in the file is known as market: every order gets --value market=US" in found.stderr


def test_a_feed_that_was_cut_off_goes_on_where_it_ended(tmp_path: Path) -> None:
    whole = once(tmp_path / "whole", "--json")
    fed = tmp_path / "cut" / "demo"
    fed.mkdir(parents=True)
    for name in ("season.until", "season.toml"):
        shutil.copy(tmp_path / "whole" / "demo" / name, fed)
    programs = Programs()
    programs.load(fed / "season.toml")
    cut = build_embedded(Settings(data=fed / "season"), programs)
    assert isinstance(cut, Embedded)
    until = dt.datetime.fromisoformat((fed / "season.until").read_text())
    start = season_start(until.date())
    events = islice(season(SEED, start, season_program(start)), 2_345)
    cut.append([OutRecord(topic, 0, at, key, value) for topic, key, value, at in events])
    cut.close()

    resumed = once(tmp_path / "cut", "--json")

    assert json.loads(resumed.stdout) == json.loads(whole.stdout)


def test_run_serves_what_was_imported_and_ends_on_sigterm(tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(CSV)
    data = ["--programs", str(EXAMPLES / "cdnow.toml"), "--data", str(tmp_path / "data")]
    assert run(["import", "orders", str(file), "--market", "US", "--currency", "USD", *data]) == 0

    with started(["run", *data, "--port", "0"]) as (process, url):
        assert ask(f"{url}/healthz") == {"status": "alive"}
        balances = until_settled(url, "customer:lea", available=80)
        assert ended(process, signal.SIGTERM) == 0
    assert balances["earned"] == 80

    with started(["serve", "--data", str(tmp_path / "data"), "--port", "0"]) as (process, url):
        assert until_settled(url, "customer:lea", available=80) == balances
        assert ended(process, signal.SIGTERM) == 0


def test_a_directory_in_use_and_a_taken_port_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = ["--programs", str(EXAMPLES / "demo.toml")]
    with started(["run", *demo, "--data", str(tmp_path / "one"), "--port", "0"]) as (_, url):
        port = url.rsplit(":", maxsplit=1)[1]
        assert run(["run", *demo, "--data", str(tmp_path / "one"), "--port", "0"]) == 1
        assert "another keyday process" in capsys.readouterr().err.splitlines()[-1]
        assert run(["run", *demo, "--data", str(tmp_path / "two"), "--port", port]) == 1
        assert "another --port may be free" in capsys.readouterr().err.splitlines()[-1]


def test_listening_beyond_this_machine_needs_a_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = ["--programs", str(EXAMPLES / "demo.toml"), "--data", str(tmp_path / "data")]

    assert run(["run", *demo, "--host", "0.0.0.0", "--port", "0"]) == 2  # noqa: S104
    assert "needs a token: make one with keyday token create" in capsys.readouterr().err
