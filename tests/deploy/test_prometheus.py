"""Debian's Prometheus with the rules of the repository: every rule is healthy, every panel has something to show."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from projections import http
from projections.http import make_health_app
from projections.metrics import HttpMetrics
from projections.webhooks.metrics import WebhookMetrics
from projections.webhooks.sending import Code, Outcome
from streams.app import Running
from tests.deploy.test_operators import PROMETHEUS, ROOT, RULES, queries
from tests.projections.test_metrics import free_port, query, until_scraped, used

BINARY = shutil.which("prometheus")
#: Nothing stalls, no budget shrinks, no rates are above 0, and tables have no fault in what is shown here.
EMPTY = {
    "keyday-engine.json: Seconds since the last commit",
    "keyday-engine.json: Share of dead letters",
    "keyday-serving.json: Faults and repeats",
    "keyday-serving.json: Rebuilds",
    "keyday-programs.json: Days until nothing is left",
}


def everything_used() -> CollectorRegistry:
    """Every family with a value."""
    registry = used()
    HttpMetrics(registry).on_request("/v1/explain/{entry_id}", "GET", 404, 0.01)
    webhooks = WebhookMetrics(registry)
    webhooks.on_attempt("crm", Outcome(Code.REFUSED, 500), 0.1)
    webhooks.on_delivery("crm", 1.0)
    webhooks.on_state("crm", pending=1, oldest_s=2.0, dead=0, stopped=False)
    webhooks.on_lag("crm", "rewards", 0)
    return registry


def config(folder: Path, target: int) -> Path:
    """The configuration of the repository with this machine's target, in a hurry."""
    found: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    found["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    found["rule_files"] = [str(path) for path in RULES]
    for job in found["scrape_configs"]:
        job.pop("dns_sd_configs", None)
        job["static_configs"] = [{"targets": [f"127.0.0.1:{target}"]}]
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(found))
    return path


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason="prometheus (Debian package prometheus) is not installed")
def test_every_rule_is_healthy_and_every_panel_shows_something(tmp_path: Path) -> None:
    async def scenario() -> tuple[dict[str, str], set[str]]:
        runner, target = await http.start(make_health_app(Running(), everything_used()), None, "127.0.0.1", 0)
        try:
            return await asyncio.to_thread(look, target)
        finally:
            await runner.cleanup()

    def look(target: int) -> tuple[dict[str, str], set[str]]:
        port = free_port()
        with (tmp_path / "prometheus.log").open("wb") as output:
            process = subprocess.Popen(
                [
                    str(BINARY),
                    f"--config.file={config(tmp_path, target)}",
                    f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=output,
                stderr=output,
                cwd=ROOT,
            )
            try:
                until_scraped(port, 'count_over_time(up{job="keyday-serve"}[1m]) > 4', process)
                until_scraped(port, "program_budget_unit:keyday_budget_remaining:ratio", process)
                time.sleep(3)  # rates of recorded rules need two evaluations, which nothing announces
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/rules", timeout=5) as answer:
                    groups = json.load(answer)["data"]["groups"]
                health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
                # A variable of a dashboard is `.*` as long as nothing is chosen.
                asked = [(where, text.replace('"x"', '".*"')) for where, text in queries()]
                return health, {where for where, text in asked if not query(port, text)}
            finally:
                process.terminate()
                process.wait(30)

    health, empty = asyncio.run(scenario())

    assert set(health.values()) == {"ok"}, health
    assert empty <= EMPTY
