from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.cli import cli
from streams.engine.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "docker-compose.kafka.yml"
OWN = {"topics", "worker", "serve", "webhooks"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def has_compose() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0


def test_docker_compose_accepts_the_file() -> None:
    if not has_compose():
        pytest.skip("docker compose is not installed")

    done = subprocess.run(
        ["docker", "compose", "-f", str(COMPOSE), "config", "--quiet"],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "KEYDAY_HTTP_TOKEN": "of-this-test"},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_it_has_kafka_topics_workers_the_api_prometheus_and_grafana(services: dict[str, Any]) -> None:
    assert services.keys() == {"kafka", "topics", "worker", "serve", "webhooks", "prometheus", "grafana"}
    assert [name for name, service in services.items() if "profiles" in service] == ["webhooks"]


def test_every_foreign_image_has_a_fixed_version(services: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in services.items() if "build" not in service}

    assert [name for name, image in images.items() if not re.search(r":v?\d+\.\d+", image)] == []
    assert images["kafka"].startswith("apache/kafka:4.")


def commands(services: dict[str, Any]) -> Iterator[list[str]]:
    for name in sorted(OWN):
        yield services[name]["command"]


def test_every_command_exists(services: dict[str, Any]) -> None:
    for command in commands(services):
        words = [word for word in command if not word.startswith("-")]
        found: Any = cli
        for word in words:
            found = found.commands.get(word)
            assert found is not None, f"keyday {' '.join(words)}"


def test_every_setting_exists(services: dict[str, Any]) -> None:
    known = {f"KEYDAY_{name.upper()}" for name in Settings.__dataclass_fields__}
    used = {name for own in OWN for name in services[own]["environment"]}

    assert used - known == set()


def test_workers_can_be_scaled(services: dict[str, Any]) -> None:
    worker = services["worker"]

    assert worker.keys() & {"container_name", "ports", "hostname"} == set()
    assert "/var/lib/keyday" in worker["volumes"], "each worker needs a volume of its own"


def test_ports_are_published_on_the_loopback_address_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_whatever_keeps_running_has_a_healthcheck(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["topics"]


def test_no_secret_is_written_down(services: dict[str, Any]) -> None:
    words = re.compile(r"password|secret|token|jaas", re.IGNORECASE)
    settings = [pair for service in services.values() for pair in service.get("environment", {}).items()]
    secrets = {name: str(value) for name, value in settings if words.search(name)}

    assert secrets.keys() == {"KEYDAY_HTTP_TOKEN"}
    assert [name for name, value in secrets.items() if not value.startswith(f"${{{name}:?")] == []


def test_mounted_files_and_folders_exist(services: dict[str, Any]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]
    sources = [re.sub(r"^\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0] for mount in mounts]
    paths = {source for source in sources if source.startswith("./")}

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_prometheus_asks_where_the_metrics_are(services: dict[str, Any]) -> None:
    jobs = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    worker = next(job for job in jobs if job["job_name"] == "keyday-worker")["dns_sd_configs"][0]
    webhooks = next(job for job in jobs if job["job_name"] == "keyday-webhooks")["dns_sd_configs"][0]
    serve = next(job for job in jobs if job["job_name"] == "keyday-serve")["static_configs"][0]

    assert webhooks["names"] == ["webhooks"]
    assert str(webhooks["port"]) == services["webhooks"]["environment"]["KEYDAY_METRICS_PORT"]
    assert worker["names"] == ["worker"]
    assert str(worker["port"]) == services["worker"]["environment"]["KEYDAY_METRICS_PORT"]
    assert serve["targets"] == [f"serve:{services['serve']['environment']['KEYDAY_PORT']}"]


def instructions() -> list[list[str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_runs_as_a_user_without_rights() -> None:
    last = max(n for n, (word, _) in enumerate(instructions()) if word == "FROM")
    users = [rest for word, rest in instructions()[last:] if word == "USER"]

    assert users == ["keyday"]


def test_the_image_builds_on_fixed_versions_and_locked_dependencies() -> None:
    bases = [rest for word, rest in instructions() if word == "FROM"]
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]

    assert [base for base in bases if not re.match(r"\S+:\d+\.\d+", base)] == []
    assert [run for run in installs if "--require-hashes" not in run and "--no-deps" not in run] == []


def test_the_build_context_holds_what_is_copied_and_no_more() -> None:
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)

    assert sorted(allowed) == sorted(copied)
