"""Reads the whole topic ``programs`` before the tasks start, then follows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from streams.engine.published import PROGRAMS
from streams.engine.record import RecordLike
from streams.engine.topic_check import TopicsError, check_topics

#: Milliseconds: how long a fetch waits for a new version.
_POLL_MS: Final = 1_000
#: Seconds: between two tries to reach the brokers.
_RETRY_S: Final = 1.0

#: What the brokers refuse for good: trying again would only hide it.
_REFUSED: Final = (AuthenticationFailedError, SaslAuthenticationFailed, TopicAuthorizationFailedError)

logger = logging.getLogger(__name__)


class ProgramReader:
    """All partitions of the topic, no consumer group, always from the beginning: versions are few.

    ``kafka`` are connection arguments of aiokafka (bootstrap servers, security); ``take`` gets each record,
    after an outage once more.
    """

    def __init__(
        self, kafka: Mapping[str, Any], take: Callable[[RecordLike], object], topic: str = PROGRAMS
    ) -> None:
        self._kafka = kafka
        self._take = take
        self._topic = topic
        self._consumer: Any = None

    async def start(self) -> None:
        """Read the topic to its present end; what follows is left to :meth:`run`.

        Raises:
            TopicsError: the topic is missing.
            KafkaError: the brokers cannot be used.
        """
        partitions = await check_topics(self._kafka, [self._topic])
        self._consumer = AIOKafkaConsumer(
            **self._kafka,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        try:
            await self._consumer.start()
            places = [TopicPartition(self._topic, partition) for partition in range(partitions)]
            self._consumer.assign(places)
            await self._consumer.seek_to_beginning(*places)
            ends = await self._consumer.end_offsets(places)
            while any([await self._consumer.position(place) < ends[place] for place in places]):
                await self._poll()
        except BaseException:
            await self.stop()
            raise

    async def run(self) -> None:
        """Follow the topic until cancelled. What the brokers refuse for good (login, rights) is raised.

        After an outage the topic is read again from the beginning; what is in use stays as it is.
        """
        while True:
            try:
                if self._consumer is None:
                    await self.start()
                while True:
                    await self._poll()
            except _REFUSED:
                raise
            except (KafkaError, TopicsError) as error:
                logger.warning("reading %s begins again: %r", self._topic, error)
            finally:
                await self.stop()
            await asyncio.sleep(_RETRY_S)

    async def stop(self) -> None:
        """Close the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _poll(self) -> None:
        for records in (await self._consumer.getmany(timeout_ms=_POLL_MS)).values():
            for record in records:
                self._take(record)
