"""Topics: each declared once, and kept long enough."""

from __future__ import annotations

from events.limits import MESSAGE_MAX_BYTES
from schemas.rewards import REWARD_TYPES
from schemas.topics import ALL_TOPICS, BY_NAME, TOPICS
from schemas.wire import ENVELOPES


def test_the_topics_are_these() -> None:
    assert [topic.name for topic in ALL_TOPICS] == [
        "orders",
        "clicks",
        "referrals",
        "partner-events",
        "account-requests",
        "programs",
        "clock",
        "customers-inbox",
        "partners-inbox",
        "budgets-inbox",
        "rewards",
        "attributions",
        "compliance",
        "milestones",
        "notices",
        "dead-letters",
        "keyday-customers-changelog",
        "keyday-partners-changelog",
        "keyday-budgets-changelog",
    ]
    assert len(BY_NAME) == len(ALL_TOPICS)


def test_input_topics_hold_exactly_the_types_that_are_read_from_them() -> None:
    declared = {
        (topic.name, type_) for topic in TOPICS if topic.direction == "input" for type_ in topic.types
    }

    assert declared == set(ENVELOPES)
    assert BY_NAME["rewards"].types == REWARD_TYPES


def test_nothing_is_deleted_by_the_age_of_its_event() -> None:
    for topic in ALL_TOPICS:
        configs = topic.configs()
        assert configs.get("retention.ms", "-1") == "-1", topic.name
        assert configs["message.timestamp.type"] == "CreateTime"
        assert int(configs["message.timestamp.after.max.ms"]) > 24 * 3_600_000


def test_only_changelogs_are_compacted() -> None:
    compacted = {topic.name for topic in ALL_TOPICS if topic.cleanup == "compact"}

    assert compacted == {topic.name for topic in ALL_TOPICS if topic.direction == "changelog"}


def test_what_came_in_fits_into_a_dead_letter() -> None:
    largest = max(topic.max_message_bytes for topic in TOPICS if topic.direction == "input")

    assert largest > MESSAGE_MAX_BYTES
    assert BY_NAME["dead-letters"].max_message_bytes > largest
