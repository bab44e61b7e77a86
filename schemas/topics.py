"""Every topic, declared once: what is in it, its key, its partitions and how long it is kept.

``keyday topics create`` makes them, the AsyncAPI document describes them. Three settings hold for all:

- Record timestamps are event times (``CreateTime``): tasks merge their inputs by them.
- Event times may be old, as in an import of last year's orders. Kafka deletes by timestamp, so retention
  by time would delete such records the moment their segment is closed, read or not. Hence nothing here is
  deleted by time, ``clock`` neither: a midnight that is gone is a release that never happens. Who must
  bound disks deletes records below the positions that all tasks have committed.
- Event times may be up to a day ahead of the broker's clock, which by default refuses more than an hour.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from events.limits import MESSAGE_MAX_BYTES
from schemas.rewards import REWARD_TYPES

#: ``data``: the common partition count of a deployment. ``one``: a single partition.
Partitions = Literal["data", "one"]
Direction = Literal["input", "inbox", "output", "changelog"]
Cleanup = Literal["delete", "compact"]

KEEP = -1
DAY_MS = 86_400_000

#: Bytes above a message's own limit: keys, headers and what an inbox or a dead letter adds.
OVERHEAD_MAX_BYTES = 65_536
#: Bytes of one value of a task's state.
STATE_MAX_BYTES = 8_388_608
#: Time for which a deleted key stays visible to a store that was away and comes back.
TOMBSTONE_MS = 30 * DAY_MS

_INT64_MAX = 2**63 - 1


class Topic(Struct, frozen=True, kw_only=True):
    """One topic; ``key`` says what the record key is, ``types`` which CloudEvents or messages are in it."""

    name: str
    direction: Direction
    key: str
    doc: str
    types: tuple[str, ...] = ()
    partitions: Partitions = "data"
    cleanup: Cleanup = "delete"
    retention_ms: int = KEEP
    max_message_bytes: int = MESSAGE_MAX_BYTES + OVERHEAD_MAX_BYTES

    def configs(self) -> dict[str, str]:
        """The topic's settings by Kafka's names."""
        configs = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.after.max.ms": str(_INT64_MAX),
            "message.timestamp.type": "CreateTime",
        }
        if self.cleanup == "delete":
            configs["retention.ms"] = str(self.retention_ms)
        else:
            configs["delete.retention.ms"] = str(TOMBSTONE_MS)
        return configs


TOPICS: tuple[Topic, ...] = (
    Topic(
        name="orders",
        direction="input",
        key="customer_id",
        doc="Orders, refunds and cancellations, as the shop reports them.",
        types=("order.placed", "order.refunded", "order.cancelled"),
    ),
    Topic(
        name="clicks",
        direction="input",
        key="customer_id",
        doc="Customers who followed a partner's link.",
        types=("link.clicked",),
    ),
    Topic(
        name="referrals",
        direction="input",
        key="friend_id",
        doc="Friends who came with an advocate's code.",
        types=("referral.created",),
    ),
    Topic(
        name="partner-events",
        direction="input",
        key="partner_id",
        doc="Partners' records and standing, ads seen, compliance cases decided.",
        types=(
            "partner.enrolled",
            "partner.updated",
            "partner.suspended",
            "partner.reinstated",
            "ad.observed",
            "compliance.case_resolved",
        ),
    ),
    Topic(
        name="account-requests",
        direction="input",
        key="owner id",
        doc="Owners who spend, and corrections of balances.",
        types=("redemption.requested", "adjustment.requested"),
    ),
    Topic(
        name="programs",
        direction="input",
        key="program id",
        doc="Versions of program files. Not compacted: older versions decide older orders.",
        types=("program.published",),
        partitions="one",
    ),
    Topic(
        name="clock",
        direction="input",
        key="none",
        doc="Minutes and home midnights, published to every partition by the leader.",
    ),
    Topic(
        name="customers-inbox",
        direction="inbox",
        key="customer_id",
        doc="What other agents want of a customer, and records that came in on a wrong partition.",
        types=("answered", "qualified", "decided", "settled", "undone", "standing"),
    ),
    Topic(
        name="partners-inbox",
        direction="inbox",
        key="partner_id",
        doc="What other agents want of a partner, and records that came in on a wrong partition.",
        types=("credited", "answered", "returned", "clicked", "clicks-counted", "marked"),
    ),
    Topic(
        name="budgets-inbox",
        direction="inbox",
        key="budget id, or program id",
        doc="Grants that ask a budget, reversals that give back to it, and what is counted for the desk.",
        types=("asked", "given-back", "counted"),
    ),
    Topic(
        name="rewards",
        direction="output",
        key="owner id",
        doc="The ledger: double entries, numbered without gaps per account.",
        types=REWARD_TYPES,
    ),
    Topic(
        name="attributions",
        direction="output",
        key="customer_id",
        doc="Which partners an order is credited to, and why.",
        types=("attribution.decided",),
    ),
    Topic(
        name="compliance",
        direction="output",
        key="partner_id",
        doc="Violations of a partner's terms and the evidence for them.",
        types=(
            "compliance.violation_detected",
            "compliance.evidence_added",
            "compliance.case_resolved",
            "compliance.partner_suspended",
            "referral.declined",
        ),
    ),
    Topic(
        name="milestones",
        direction="output",
        key="owner, budget or program id",
        doc="Tiers, goals, budgets, key days and reviews, and what was declined.",
        types=(
            "tier.changed",
            "budget.threshold_reached",
            "budget.exhausted",
            "redemption.declined",
            "referral.declined",
            "accrual.declined",
            "goal.progressed",
            "key_day.upcoming",
            "key_day.closed",
            "review.due",
            "case.resolution_ignored",
        ),
    ),
    Topic(
        name="notices",
        direction="output",
        key="partner_id",
        doc="Messages to partners, in their language.",
        types=("notice.issued",),
    ),
    Topic(
        name="dead-letters",
        direction="output",
        key="the original's",
        doc="Inputs that took no effect: the original record, with headers that say why.",
        max_message_bytes=MESSAGE_MAX_BYTES + 2 * OVERHEAD_MAX_BYTES,
    ),
)

AGENTS = ("customers", "partners", "budgets")


def changelog(agent: str) -> Topic:
    """The topic that holds an agent's state, last value per key, and its input positions."""
    return Topic(
        name=f"keyday-{agent}-changelog",
        direction="changelog",
        key="state key",
        doc=f"State and input positions of the {agent} agent, one partition per task.",
        cleanup="compact",
        max_message_bytes=STATE_MAX_BYTES,
    )


ALL_TOPICS: tuple[Topic, ...] = (*TOPICS, *(changelog(agent) for agent in AGENTS))
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in ALL_TOPICS}
