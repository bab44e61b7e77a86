"""Topics as declared against topics as they are: the difference, and creating what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from msgspec import Struct

from schemas.topics import ALL_TOPICS, Topic
from streams.engine.brokers import BrokerError, explained
from streams.engine.limits import ADMIN_TIMEOUT_MS
from streams.engine.security import kafka_arguments
from streams.engine.settings import Settings

MISSING: Final = "missing"
DIFFERS: Final = "differs"
#: Seconds between two looks at topics that were just created.
_POLL_S: Final = 0.1


class Existing(Struct, frozen=True):
    """A topic as the cluster has it."""

    partitions: int
    configs: Mapping[str, str]


class Difference(Struct, frozen=True):
    """One row of the difference; a missing topic has one row, a differing one a row per setting."""

    topic: str
    change: str
    setting: str
    have: str | None
    want: str


class Plan(Struct, frozen=True):
    """What to create, with how many partitions, and every difference; ``error`` says why nothing can be."""

    partitions: int
    create: tuple[Topic, ...] = ()
    differences: tuple[Difference, ...] = ()
    error: str | None = None


def plan(
    existing: Mapping[str, Existing],
    partitions: int | None,
    default: int,
    topics: Collection[Topic] = ALL_TOPICS,
) -> Plan:
    """Compare; ``partitions`` is what was asked for, ``default`` what else a new deployment gets.

    Topics that share the deployment's partition count are joined partition by partition, so one that
    differs from the others is an error: Kafka would send an entity's events to different tasks.
    """
    found = {
        topic.name: existing[topic.name].partitions
        for topic in topics
        if topic.partitions == "data" and topic.name in existing
    }
    common = partitions if partitions is not None else max(found.values(), default=default)
    wrong = sorted(name for name, count in found.items() if count != common)
    missing = tuple(topic for topic in topics if topic.name not in existing)
    rows = [
        Difference(topic.name, MISSING, "partitions", None, str(_partitions(topic, common)))
        for topic in missing
    ]
    for topic in topics:
        if topic.name in existing:
            rows += _differences(topic, existing[topic.name], _partitions(topic, common))
    error = None
    if wrong:
        shown = ", ".join(f"{name} has {found[name]}" for name in wrong)
        error = (
            f"all these topics need the same number of partitions, here {common}: {shown}; "
            "recreate them, or give their number with --partitions"
        )
    return Plan(common, missing, tuple(rows), error)


def _partitions(topic: Topic, common: int) -> int:
    return common if topic.partitions == "data" else 1


def _differences(topic: Topic, have: Existing, partitions: int) -> list[Difference]:
    rows = []
    if have.partitions != partitions:
        rows.append(Difference(topic.name, DIFFERS, "partitions", str(have.partitions), str(partitions)))
    for name, want in topic.configs().items():
        if have.configs.get(name) != want:
            rows.append(Difference(topic.name, DIFFERS, name, have.configs.get(name), want))
    return rows


@asynccontextmanager
async def _in_time(message: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ADMIN_TIMEOUT_MS / 1000):
            yield
    except TimeoutError:
        raise BrokerError(f"{message} after {ADMIN_TIMEOUT_MS / 1000:.0f} s") from None


class Cluster:
    """The topics of a Kafka cluster; an asynchronous context manager.

    Raises ``BrokerError`` where the brokers are out of reach or refuse.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(
            bootstrap_servers=settings.brokers,
            request_timeout_ms=ADMIN_TIMEOUT_MS,
            **kafka_arguments(settings),
        )

    async def __aenter__(self) -> Self:
        with explained(self._settings.brokers):
            try:
                await self._admin.start()
            except BaseException:
                await self._admin.close()
                raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._admin.close()

    async def existing(self, names: Collection[str]) -> dict[str, Existing]:
        """Those of the topics that exist."""
        with explained(self._settings.brokers):
            there = sorted(set(names) & set(await self._admin.list_topics()))
            if not there:
                return {}
            described = await self._admin.describe_topics(there)
            configs = await self._configs(there)
        return {
            each["topic"]: Existing(len(each["partitions"]), configs[each["topic"]]) for each in described
        }

    async def _configs(self, names: Collection[str]) -> dict[str, dict[str, str]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found: dict[str, dict[str, str]] = {}
        for answer in await self._admin.describe_configs(resources):
            for code, message, _type, name, entries in answer.resources:
                if code:
                    raise BrokerError(f"{name}: {message or for_code(code).__name__}")
                found[name] = {entry[0]: entry[1] for entry in entries}
        return found

    async def create(self, plan: Plan, replication: int) -> list[str]:
        """Create what is missing; returns the new names, without those that somebody else made meanwhile."""
        new = [self._new(topic, plan.partitions, replication) for topic in plan.create]
        if not new:
            return []
        with explained(self._settings.brokers):
            answer = await self._admin.create_topics(new)
        created = []
        for name, code, *rest in answer.topic_errors:
            if code == TopicAlreadyExistsError.errno:
                continue
            if code:
                raise BrokerError(f"{name}: {(rest[0] if rest else None) or for_code(code).__name__}")
            created.append(name)
        await self._until_led([topic.name for topic in plan.create])
        return created

    async def _until_led(self, names: Collection[str]) -> None:
        """Wait until the brokers know the topics and their leaders: who comes next finds them ready."""
        async with _in_time(f"{self._settings.brokers}: the new topics have no leaders"):
            while not await self._all_led(names):  # noqa: ASYNC110 -- brokers send no word of it
                await asyncio.sleep(_POLL_S)

    async def _all_led(self, names: Collection[str]) -> bool:
        if not set(names) <= set(await self._admin.list_topics()):
            return False
        return all(
            not each["error_code"] and all(part["leader"] >= 0 for part in each["partitions"])
            for each in await self._admin.describe_topics(sorted(names))
        )

    @staticmethod
    def _new(topic: Topic, partitions: int, replication: int) -> Any:
        # With -1 the broker's default counts; aiokafka then insists on an assignment, which may be empty.
        return NewTopic(
            topic.name,
            _partitions(topic, partitions),
            replication,
            replica_assignments={} if replication == -1 else None,
            topic_configs=topic.configs(),
        )
