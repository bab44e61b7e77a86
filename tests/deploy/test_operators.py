"""Dashboards, rules and runbooks: only what exists, every alert tried, every alert explained."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promql import uses
from tests.projections.test_metrics import documented

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS = ROOT / "docs" / "runbooks"
CASES = Path(__file__).parent / "alerts.yml"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool (Debian package prometheus) is not installed"
)

#: What the scraper adds to every series, and a worker of several processes.
OF_THE_TARGET = {"instance", "job", "process"}
#: Families of others: the scraper's, and what every Python process of the client library shows.
FOREIGN = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}


def rules() -> Iterator[dict[str, Any]]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def panels(path: Path) -> Iterator[dict[str, Any]]:
    for panel in json.loads(path.read_text())["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries() -> Iterator[tuple[str, str]]:
    """Where an expression stands, and the expression as Grafana sends it."""
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel.get("targets", []):
                text = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
                yield f"{path.name}: {panel['title']}", re.sub(r"\$\w+", "x", text)


def expressions() -> Iterator[tuple[str, str]]:
    yield from queries()
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]


def known() -> dict[str, set[str]]:
    """Every series that exists and its labels: those of the metrics reference, and recorded ones."""
    found: dict[str, set[str]] = {name: set() for name in FOREIGN}
    for name, (kind, labels) in documented().items():
        if kind == "histogram":
            found |= {f"{name}_{part}": set(labels) for part in ("sum", "count")}
            found[f"{name}_bucket"] = {*labels, "le"}
        else:
            found[name] = set(labels)
    for rule in rules():
        if "record" in rule:
            level = rule["record"].partition(":")[0]
            names = sorted({label for labels in found.values() for label in labels}, key=len, reverse=True)
            found[rule["record"]] = set(re.findall("|".join(names), level))
    return found


def test_every_expression_uses_only_metrics_and_labels_that_exist() -> None:
    series = known()
    wrong = []
    for where, text in expressions():
        found = uses(text)
        assert found.matched, where
        available = set(OF_THE_TARGET)
        for name, labels in found.matched:
            if name not in series:
                wrong.append(f"{where}: {name} does not exist")
                continue
            available |= series[name]
            wrong += [
                f"{where}: {name} has no label {label}"
                for label in labels
                if label not in series[name] | OF_THE_TARGET
            ]
        wrong += [
            f"{where}: nothing has the label {label}" for label in found.grouped if label not in available
        ]

    assert wrong == []


def test_the_guard_of_names_sees_what_an_expression_uses() -> None:
    found = uses(
        'sum by (agent, le) (rate(keyday_x_bucket{record="a{b", topic!="keyday_y"}[5m])) > 1'
        ' and on (code) up{job="j"} unless rule:keyday_z:rate5m'
    )

    assert found.matched == [
        ("keyday_x_bucket", ("record", "topic")),
        ("up", ("job",)),
        ("rule:keyday_z:rate5m", ()),
    ]
    assert found.grouped == ("agent", "code", "le")


def test_legends_name_labels_that_their_expression_leaves() -> None:
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel.get("targets", []):
                found = uses(target["expr"])
                left = set(found.grouped) | OF_THE_TARGET
                for name, _ in found.matched:
                    left |= known()[name] if not found.grouped else set()
                named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))

                assert named <= left, f"{path.name}: {panel['title']}"


def test_variables_of_dashboards_ask_for_labels_that_exist() -> None:
    for path in DASHBOARDS:
        variables = json.loads(path.read_text())["templating"]["list"]
        for variable in variables:
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]

            assert label in known()[metric], path.name
        used = set(re.findall(r"\$(\w+)", path.read_text())) - {"__rate_interval", "__range", "__all"}
        assert used == {variable["name"] for variable in variables}, path.name


def test_dashboards_have_distinct_ids_and_the_provisioned_datasource() -> None:
    source = yaml.safe_load(
        (ROOT / "deploy" / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    )["datasources"][0]
    uids = [json.loads(path.read_text())["uid"] for path in DASHBOARDS]

    assert uids == [path.stem for path in DASHBOARDS]
    for path in DASHBOARDS:
        ids = [panel["id"] for panel in panels(path)]
        sources = {
            target["datasource"]["uid"] for panel in panels(path) for target in panel.get("targets", [])
        }
        assert len(ids) == len(set(ids))
        assert sources == {source["uid"]}


def test_compose_mounts_what_prometheus_and_grafana_look_for() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.kafka.yml").read_text())["services"]
    provider = yaml.safe_load(
        (ROOT / "deploy" / "grafana" / "provisioning" / "dashboards" / "keyday.yml").read_text()
    )["providers"][0]
    mounts = dict(mount.removesuffix(":ro").split(":") for mount in services["grafana"]["volumes"])

    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    assert "./deploy/prometheus:/etc/prometheus:ro" in services["prometheus"]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).name in {path.name for path in DASHBOARDS}


def test_every_alert_has_a_severity_and_a_runbook_of_its_name() -> None:
    for alert in alerts():
        name = alert["alert"]
        runbook = alert["annotations"]["runbook_url"]

        assert alert["labels"]["severity"] in {"warning", "critical"}, name
        assert runbook == f"docs/runbooks/{name}.md"
        assert (ROOT / runbook).is_file(), name
        assert {"summary", "description"} <= alert["annotations"].keys(), name


def test_every_runbook_belongs_to_an_alert_and_says_what_to_do() -> None:
    headings = ["## What it means", "## How to look", "## What to do"]

    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in alerts()}
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text()
        assert text.startswith(f"# {path.stem}\n"), path.name
        assert re.findall(r"^## .*$", text, re.MULTILINE) == headings, path.name


def pages() -> list[Path]:
    return [*sorted(RUNBOOKS.glob("*.md")), ROOT / "docs" / "operations.md", ROOT / "docs" / "webhooks.md"]


def test_pages_name_metrics_and_alerts_that_exist() -> None:
    series = known()
    names = {alert["alert"] for alert in alerts()}
    for path in pages():
        text = path.read_text()
        metrics = set(re.findall(r"\bkeyday_[a-z0-9_]+", text))

        assert metrics <= series.keys() | documented().keys(), path.name
        assert set(re.findall(r"\bKeyday[A-Z]\w+", text)) <= names, path.name
    assert all(name in (ROOT / "docs" / "operations.md").read_text() for name in names)


def test_every_alert_is_tried_where_it_fires_and_where_it_keeps_quiet() -> None:
    cases = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    fires = {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}

    assert fires == {alert["alert"] for alert in alerts()}
    assert quiet == fires


def promtool(*arguments: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [str(PROMTOOL), *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_prometheus_accepts_its_configuration_and_the_rules() -> None:
    said = promtool("check", "config", "prometheus.yml", cwd=PROMETHEUS)

    assert f"{len(RULES)} rule files found" in said


@pytest.mark.slow
@needs_promtool
def test_alerts_fire_when_they_should() -> None:
    promtool("test", "rules", CASES)


@needs_promtool
def test_prometheus_can_read_every_query_of_the_dashboards(tmp_path: Path) -> None:
    recorded = [{"record": f"query{number}", "expr": text} for number, (_, text) in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": recorded}]}))

    assert f"{len(recorded)} rules found" in promtool("check", "rules", file)
