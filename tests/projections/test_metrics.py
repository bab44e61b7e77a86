"""What /metrics exposes: documented, well-formed, and scraped by a real Prometheus where there is one."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from projections import http
from projections.fold import Folded
from projections.guard import Guard
from projections.metrics import HttpMetrics, ProjectionMetrics
from projections.progress import Progress
from projections.store import Tables
from projections.webhooks.metrics import WebhookMetrics
from projections.webhooks.sending import Code
from streams.engine.agent import BudgetLevel
from streams.engine.metrics import Budgets, Metrics, process_collectors
from streams.engine.state import Delta
from streams.engine.task import Tally

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


def everything() -> CollectorRegistry:
    """Every family that a process of Keyday has."""
    registry = used()
    HttpMetrics(registry)
    WebhookMetrics(registry)
    return registry


def used() -> CollectorRegistry:
    """The families of engine and projections after some use; the app adds its own."""
    registry = CollectorRegistry()
    process_collectors(registry)
    task = Metrics(registry).task("customers", 0)
    task.on_start()
    task.on_batch(
        Tally(
            processed={"orders": 3},
            duplicates=1,
            rekeyed=1,
            clipped=1,
            dead={"json_invalid": 1},
            rewards={("accrued", "points"): (2, 20)},
            cases={("brand_bidding", "high"): 1},
            oldest_ms=1,
            newest_ms=2,
        )
    )
    task.on_transaction(0.01)
    task.on_lag("orders", 5)
    task.on_restore(1, 2)
    task.on_store_size(10)
    task.on_rebuild("missing")
    task.on_budgets(lambda: [BudgetLevel("acme", "q4", "EUR/2", 5_000, 1_200)])
    projection = ProjectionMetrics(registry)
    projection.on_lag("rewards", 0, 7)
    projection.on_batch(Folded({}, Delta(), counted=4, duplicates=0, faults=[]), 0.01, 100)
    return registry


def exposed(registry: CollectorRegistry) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name as exposed -> (type, labels as declared) of the families of Keyday."""
    found = {}
    for collector in registry._collector_to_names:
        if isinstance(collector, Budgets):
            found |= {family.name: (family.type, Budgets.LABELS) for family in collector.describe()}
            continue
        name, kind = getattr(collector, "_name", ""), getattr(collector, "_type", "")
        if name.startswith("keyday_"):
            found[name + ("_total" if kind == "counter" else "")] = (kind, tuple(collector._labelnames))
    return found


def documented() -> dict[str, tuple[str, tuple[str, ...]]]:
    rows = re.findall(r"^\| `(keyday_\w+)` \| (\w+) \| ([\w, ]*?) ?\| ", DOCS.read_text(), re.MULTILINE)
    return {name: (kind, tuple(part for part in labels.split(", ") if part)) for name, kind, labels in rows}


def test_the_docs_list_every_metric_with_its_type_and_labels_and_no_other() -> None:
    assert documented() == exposed(everything())


def test_process_and_python_families_are_there() -> None:
    text = generate_latest(everything()).decode()

    assert "process_resident_memory_bytes " in text
    assert "python_info{" in text


@pytest.mark.skipif(PROMTOOL is None, reason="promtool (Debian package prometheus) is not installed")
def test_promtool_finds_nothing_to_object_to() -> None:
    check = subprocess.run(
        [str(PROMTOOL), "check", "metrics"],
        input=generate_latest(everything()),
        capture_output=True,
        check=False,
    )

    # Its lint knows python_info and process_ families by heart and objects to none of ours.
    assert (check.returncode, check.stdout.decode(), check.stderr.decode()) == (0, "", "")


def query(port: int, expression: str) -> list[dict]:
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)["data"]["result"]


def until_scraped(port: int, expression: str, process: subprocess.Popen) -> list[dict]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "prometheus ended"
        try:
            if result := query(port, expression):
                return result
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise TimeoutError(expression)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus (Debian package prometheus) is not installed")
def test_a_real_prometheus_scrapes_every_family(tmp_path: Path) -> None:
    async def scenario() -> tuple[dict[str, float], set[str]]:
        tables = Tables(tmp_path / "tables")
        guard = Guard()
        app = http.make_app(tables, Progress(), used(), guard)
        runner, port = await http.start(app, guard, "127.0.0.1", 0)
        try:
            return await asyncio.to_thread(scrape, port)
        finally:
            await runner.cleanup()
            tables.close()

    def scrape(app_port: int) -> tuple[dict[str, float], set[str]]:
        port = free_port()
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n"
            "scrape_configs:\n"
            f"  - {{job_name: keyday, static_configs: [{{targets: ['127.0.0.1:{app_port}']}}]}}\n"
        )
        with (tmp_path / "prometheus.log").open("wb") as output:
            process = subprocess.Popen(
                [
                    str(PROMETHEUS),
                    f"--config.file={config}",
                    f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=output,
                stderr=output,
            )
            try:
                until_scraped(port, 'up{job="keyday"} == 1', process)
                wanted = (
                    "keyday_projection_events_total",
                    'keyday_projection_lag_records{topic="rewards",partition="0"}',
                    'keyday_records_processed_total{agent="customers",topic="orders"}',
                    'keyday_rewards_total{kind="accrued",unit="points"}',
                    'keyday_budget_remaining_amount{program="acme",budget="q4",unit="EUR/2"}',
                    'keyday_cases_opened_total{rule="brand_bidding",severity="high"}',
                )
                values = {name: float(until_scraped(port, name, process)[0]["value"][1]) for name in wanted}
                names = {row["metric"]["__name__"] for row in query(port, '{job="keyday"}')}
                return values, names
            finally:
                process.terminate()
                process.wait(30)

    values, names = asyncio.run(scenario())

    assert list(values.values()) == [4, 7, 3, 2, 3_800, 1]
    assert {"keyday_transaction_seconds_bucket", "keyday_end_to_end_delay_seconds_sum"} <= names


def test_every_outcome_of_a_webhook_is_documented() -> None:
    page = (DOCS.parent / "webhooks.md").read_text()

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)[-len(Code) :] == [code.value for code in Code]
