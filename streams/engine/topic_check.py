"""The check at start that the input topics exist and can be joined partition by partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient


class TopicsError(Exception):
    """Input topics are missing or their partition counts differ; says what to do."""


async def check_topics(kafka: Mapping[str, Any], topics: Sequence[str]) -> int:
    """The partition count that all ``topics`` share.

    Raises:
        TopicsError: a topic is missing, or the counts differ, so that an entity would have two owners.
    """
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        described = await admin.describe_topics(sorted(set(topics)))
    finally:
        await admin.close()
    counts = {each["topic"]: len(each["partitions"]) for each in described if not each["error_code"]}
    missing = sorted(set(topics) - counts.keys())
    if missing:
        raise TopicsError(f"topics are missing: {', '.join(missing)}; run `keyday topics create` first")
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{topic} {count}" for topic, count in sorted(counts.items()))
        raise TopicsError(f"input topics need equal partition counts, but have: {shown}")
    return next(iter(counts.values()))
