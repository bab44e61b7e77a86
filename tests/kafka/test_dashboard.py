"""The dashboard over a cluster: every page has what the workers made of the topics, and what waits for them."""

from __future__ import annotations

import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from projections.kafka_lag import group_lag
from streams.cli import run
from streams.generator.season import season_program
from tests.kafka.broker import Broker
from tests.streams.processes import EXAMPLES, KEYDAY, ended, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DAYS = 20
PAGES = ("/", "/partners", "/partners/partner-001", "/key-days", "/budgets", "/cases?state=all", "/system")


def read(url: str) -> str:
    """A page; nothing while the tables are being filled."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 -- the address is ours
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return ""
        raise


def until(url: str, is_so: Callable[[str], bool]) -> str:
    """A page once it is so; fails when that takes too long."""
    deadline = time.monotonic() + 120
    while not is_so(page := read(url)):
        assert time.monotonic() < deadline, (url, empty(page), page[-4_000:])
        time.sleep(0.5)  # a page over HTTP cannot be awaited
    return page


def figure(page: str, label: str) -> int:
    """A figure of the page of the system."""
    found = re.search(rf"<dt>{label}</dt><dd class=\"value\">([\d,]+)</dd>", page)
    return -1 if found is None else int(found[1].replace(",", ""))


def waiting(page: str) -> dict[str, int]:
    """What waits for the agents, by topic."""
    rows = re.findall(r"<code>([\w-]+)</code></th><td class=\"number\">([\d,]+)</td>", page)
    return {topic: int(count.replace(",", "")) for topic, count in rows}


def empty(page: str) -> set[str]:
    """What a page has nothing to show of, apart from what need not be there.

    The desk of a program that is fed its past in one go tells of key days at the next home midnight.
    """
    found = re.findall(r'class="empty"><strong>([^<]+)', page)
    return set(found) - {"No dead letters", "No key day is over yet"}


def test_every_page_shows_what_the_workers_made_of_the_topics(own_kafka: Broker, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    start = today - timedelta(days=DAYS - 1)
    program = tmp_path / "season.toml"
    program.write_text(season_program(start))
    brokers = ["--brokers", own_kafka.bootstrap]
    feed = ["generate", "--program", str(program), "--start", str(start), "--days", str(DAYS), *brokers]
    feed += ["--events", "4000", "--customers", "300", "--partners", "12", "--breaches", "0.02"]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    assert run([*feed, "--truth", str(tmp_path / "truth.ndjson")]) == 0
    kafka = {"bootstrap_servers": own_kafka.bootstrap}
    fed = group_lag(kafka, "keyday", ["clicks", "orders", "no-such-topic"])
    assert fed.keys() == {"clicks", "orders"}

    server = [
        "serve",
        *brokers,
        "--programs",
        str(program),
        "--state-dir",
        str(tmp_path / "s"),
        "--port",
        "0",
    ]
    work = ["worker", *brokers, "--programs", str(program), "--state-dir", str(tmp_path / "w")]
    with started(server) as (serving, url):
        # Nobody works yet: all that was sent waits.
        page = until(f"{url}/system", lambda page: waiting(page).get("clicks") == fed["clicks"])
        assert waiting(page)["orders"] == fed["orders"]
        with subprocess.Popen([*KEYDAY, *work, "--clock", "none"], cwd=EXAMPLES.parent) as working:
            try:
                page = until(f"{url}/system", lambda page: sum(waiting(page).values()) == 0)
                assert waiting(page).keys() >= {"clicks", "orders", "partner-events"}
                page = until(f"{url}/system", lambda page: figure(page, "Ledger entries") > 500)
                for path in PAGES:
                    # What the agents tell each other may still be under way.
                    page = until(url + path, lambda page: "<h1>" in page and not empty(page))
                ranking = read(f"{url}/partners")
                assert len(re.findall(r'href="/partners/partner-0\d\d"', ranking)) >= 10
                assert "Influencer partner 2" in ranking

                partner = read(f"{url}/partners/partner-001")
                why = re.search(r'href="(/why\?entry=[^"]+)"', partner)
                assert why is not None
                assert "Because of" in read(url + why[1].replace("&amp;", "&"))
                case = re.search(r'class="case" href="([^"]+)"', read(f"{url}/cases?state=all"))
                assert case is not None
                assert "Evidence" in read(url + case[1].replace("&amp;", "&"))
                assert ended(working, signal.SIGTERM) == 0
            finally:
                working.kill()
        assert ended(serving, signal.SIGTERM) == 0
