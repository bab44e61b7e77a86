"""The broker fixtures: a shared one, one to mistreat, and one with TLS and passwords."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.scene import Scene, fresh
from tests.kafka import jars
from tests.kafka.broker import Broker, Cluster
from tests.kafka.docker import DockerBroker
from tests.kafka.secure import SecureBroker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder carries the marker `kafka`."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.kafka)
            # aiokafka leaves connections that fail to the collector, which comes by in any test afterwards.
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


def _unavailable(reason: str) -> None:
    """Skip with the plain reason, or fail where the broker was promised."""
    text = f"no Kafka broker: {reason}"
    if os.environ.get("KEYDAY_REQUIRE_KAFKA") == "1":
        pytest.fail(f"{text} (KEYDAY_REQUIRE_KAFKA=1)", pytrace=False)
    pytest.skip(text)


def _need_jvm() -> None:
    reason = jars.missing()
    if reason is not None:
        _unavailable(reason)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker for the whole run; tests share it and take topic names from ``kafka.name``."""
    outside = os.environ.get("KEYDAY_TEST_BOOTSTRAP")
    if outside:
        yield Cluster(outside)
        return
    reason = jars.missing()
    if reason is None:
        with Broker(tmp_path_factory.mktemp("kafka")) as broker:
            yield broker
        return
    without = DockerBroker.missing()
    if without is not None:
        _unavailable(f"{reason}; {without}; KEYDAY_TEST_BOOTSTRAP is not set")
    with DockerBroker() as container:
        yield container


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Broker]:
    """A broker of one test, which may kill, freeze and restart it."""
    _need_jvm()
    with Broker(tmp_path / "kafka") as broker:
        yield broker


@pytest.fixture
def scene(own_kafka: Broker, tmp_path: Path) -> Scene:
    """Workers to come on a broker of their own, under a seeded input."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    return Scene(own_kafka.bootstrap, fresh(tmp_path / "scene"), seed=seed)


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A broker with SCRAM over TLS and with client certificates, each on a listener of its own."""
    _need_jvm()
    with SecureBroker(tmp_path_factory.mktemp("secure")) as broker:
        yield broker
