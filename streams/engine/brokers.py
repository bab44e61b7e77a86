"""Why a Kafka client cannot work with its brokers: aiokafka raises that it failed, and logs the reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from streams.engine.security import TokenError


class BrokerError(Exception):
    """The brokers are out of reach, or refused the login or the request; one line with the reason."""


def silence(where: str, patience_s: float) -> str:
    """What is said of brokers that brought nothing of what there is for as long as they are waited for."""
    return (
        f"topics_silent: {where}: nothing came for {patience_s:g} s (KEYDAY_STALL_TIMEOUT_S); "
        "see to the brokers and begin again"
    )


class _Reasons(logging.Handler):
    """Keeps the last reason that aiokafka logged, and keeps it off the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


@contextmanager
def explained(brokers: str) -> Iterator[None]:
    """Turn a client's failure into a ``BrokerError`` with the reason that aiokafka logged."""
    logger = logging.getLogger("aiokafka")
    reasons = _Reasons()
    logger.addHandler(reasons)
    try:
        yield
    except (KafkaError, TokenError) as error:
        raise BrokerError(f"{brokers}: {_one_line(reasons.last or str(error))}") from None
    finally:
        logger.removeHandler(reasons)


def _one_line(text: str) -> str:
    return " ".join(text.split())
