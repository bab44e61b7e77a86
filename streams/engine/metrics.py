"""What the engine tells Prometheus: names, labels and buckets, and the plain object a task calls.

Counts are added when the transaction that holds them has committed, so that they agree with what readers
of the output topics see. All names start with ``keyday_``; units are seconds, bytes, records, and for amounts
the ledger's unit (label ``unit``). Label values come from code or program files, never from event data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.errors import Code
from streams.engine.agent import BudgetLevel
from streams.engine.task import Tally

#: What a task says of the budgets that it owns, as they stand.
Levels = Callable[[], Iterable[BudgetLevel]]
RebuildReason = Literal["missing", "corrupt", "ahead", "version"]

BATCH_RECORDS = (1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
TRANSACTION_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DELAY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400)


class Budgets(Collector):
    """Limit and remainder of every budget, asked of the tasks that own them at each scrape.

    So they are there right after a start, and go with the partition.
    """

    LABELS = ("program", "budget", "unit")

    def __init__(self, registry: CollectorRegistry) -> None:
        self._levels: dict[str, Levels] = {}
        registry.register(self)

    def add(self, partition: str, levels: Levels) -> None:
        """A task of budgets has this partition."""
        self._levels[partition] = levels

    def remove(self, partition: str) -> None:
        """The partition moved."""
        self._levels.pop(partition, None)

    def describe(self) -> Iterable[Metric]:
        """The families without values, so that nobody else registers their names."""
        return self._families()

    def collect(self) -> Iterable[Metric]:
        """The families as they stand."""
        limit, remaining = self._families()
        for levels in self._levels.values():
            for level in levels():
                labels = (level.program, level.budget, level.unit)
                limit.add_metric(labels, level.amount)
                remaining.add_metric(labels, max(0, level.amount - level.spent))
        return limit, remaining

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "keyday_budget_limit_amount",
                "Amount of a budget in its present period, in the ledger's unit.",
                labels=self.LABELS,
            ),
            GaugeMetricFamily(
                "keyday_budget_remaining_amount",
                "What a budget may still grant in its present period, in the ledger's unit.",
                labels=self.LABELS,
            ),
        )


class Metrics:
    """The engine's metric families in an injected registry; made once per process and registry."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.records = Counter(
            "keyday_records_processed",
            "Input records done and committed, dropped ones included.",
            ["agent", "topic"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "keyday_dead_letters",
            "Records that took no effect and went to dead-letters.",
            ["agent", "code"],
            registry=registry,
        )
        self.duplicates = Counter(
            "keyday_duplicates",
            "Records dropped because their identity or business id was known.",
            ["agent"],
            registry=registry,
        )
        self.conflicts = Counter(
            "keyday_conflicts",
            "Records that came again under a known identity with other content.",
            ["agent"],
            registry=registry,
        )
        self.rekeyed = Counter(
            "keyday_rekeyed",
            "Records sent on to the partition of their owner.",
            ["agent"],
            registry=registry,
        )
        self.refunds_clipped = Counter(
            "keyday_refunds_clipped",
            "Refunds that asked for more than was left of their order.",
            registry=registry,
        )
        self.rewards = Counter("keyday_rewards", "Ledger entries.", ["kind", "unit"], registry=registry)
        self.reward_amount = Counter(
            "keyday_reward_amount",
            "Amount of ledger entries in the ledger's unit: net per batch, added under its sign.",
            ["kind", "unit", "sign"],
            registry=registry,
        )
        self.cases = Counter(
            "keyday_cases_opened",
            "Cases of compliance opened, or opened again.",
            ["rule", "severity"],
            registry=registry,
        )
        self.budgets = Budgets(registry)
        self.last_commit = Gauge(
            "keyday_last_commit_timestamp_seconds",
            "When a task committed last, or started when it has not committed yet (Unix time).",
            ["agent", "partition"],
            registry=registry,
        )
        self.batch_records = Histogram(
            "keyday_batch_records", "Records of a batch.", ["agent"], buckets=BATCH_RECORDS, registry=registry
        )
        self.transaction_seconds = Histogram(
            "keyday_transaction_seconds",
            "From the first send of a transaction to its commit.",
            ["agent"],
            buckets=TRANSACTION_SECONDS,
            registry=registry,
        )
        self.delay_seconds = Histogram(
            "keyday_end_to_end_delay_seconds",
            "From a record's timestamp to the commit of its effects; oldest and newest record of each batch.",
            ["agent", "record"],
            buckets=DELAY_SECONDS,
            registry=registry,
        )
        self.lag = Gauge(
            "keyday_input_lag_records",
            "Records of an input partition that are not processed yet.",
            ["agent", "topic", "partition"],
            registry=registry,
        )
        self.restored = Gauge(
            "keyday_restore_records",
            "Changelog records restored since the partition was assigned.",
            ["agent", "partition"],
            registry=registry,
        )
        self.restore_ratio = Gauge(
            "keyday_restore_ratio",
            "Share of the restore that is done, 0 to 1.",
            ["agent", "partition"],
            registry=registry,
        )
        self.store_bytes = Gauge(
            "keyday_store_size_bytes",
            "Size of a task's store on disk.",
            ["agent", "partition"],
            registry=registry,
        )
        self.task_starts = Counter(
            "keyday_task_starts", "Starts of a task: assignments and restarts.", ["agent"], registry=registry
        )
        self.store_rebuilds = Counter(
            "keyday_store_rebuilds",
            "Stores wiped and rebuilt, by reason.",
            ["agent", "reason"],
            registry=registry,
        )

    def task(self, agent: str, partition: int) -> TaskMetrics:
        """What one task calls, once per batch."""
        return TaskMetrics(self, agent, partition)


class TaskMetrics:
    """Counts one task's batches. ``on_batch`` keeps the counts back until ``on_transaction``."""

    def __init__(self, metrics: Metrics, agent: str, partition: int) -> None:
        self._metrics = metrics
        self._agent = agent
        self._partition = str(partition)
        self._topics: set[str] = set()
        self._pending: list[Tally] = []
        self._owns_budgets = False

    def on_start(self) -> None:
        """The task starts on an assigned partition."""
        self._pending.clear()
        self._metrics.task_starts.labels(self._agent).inc()
        self._committed(self._metrics.now())

    def on_budgets(self, levels: Levels) -> None:
        """The task owns budgets; ``levels`` is asked at each scrape until :meth:`close`."""
        self._owns_budgets = True
        self._metrics.budgets.add(self._partition, levels)

    def on_batch(self, tally: Tally) -> None:
        """A batch was worked out, not committed yet."""
        self._pending.append(tally)

    def on_transaction(self, seconds: float) -> None:
        """What was worked out so far is committed, in a transaction (or a write) that took ``seconds``."""
        self._metrics.transaction_seconds.labels(self._agent).observe(seconds)
        now = self._metrics.now()
        self._committed(now)
        for tally in self._pending:
            self._count(tally)
            self._delay("oldest", tally.oldest_ms, now)
            self._delay("newest", tally.newest_ms, now)
        self._pending.clear()

    def on_lag(self, topic: str, lag: int) -> None:
        """``lag`` records of this partition of the topic are still to be processed."""
        self._topics.add(topic)
        self._metrics.lag.labels(self._agent, topic, self._partition).set(lag)

    def on_restore(self, done: int, total: int) -> None:
        """``done`` of ``total`` changelog records are restored."""
        self._metrics.restored.labels(self._agent, self._partition).set(done)
        ratio = min(1.0, done / total) if total > 0 else 1.0
        self._metrics.restore_ratio.labels(self._agent, self._partition).set(ratio)

    def on_store_size(self, size_bytes: int) -> None:
        """The store takes ``size_bytes`` on disk."""
        self._metrics.store_bytes.labels(self._agent, self._partition).set(size_bytes)

    def on_rebuild(self, reason: RebuildReason) -> None:
        """The store was wiped and is rebuilt."""
        self._metrics.store_rebuilds.labels(self._agent, reason).inc()

    def close(self) -> None:
        """Forget the gauges: the partition moved and another worker reports them now."""
        self._pending.clear()
        for topic in self._topics:
            _forget(self._metrics.lag, self._agent, topic, self._partition)
        self._topics.clear()
        metrics = self._metrics
        for gauge in (metrics.restored, metrics.restore_ratio, metrics.store_bytes, metrics.last_commit):
            _forget(gauge, self._agent, self._partition)
        if self._owns_budgets:
            metrics.budgets.remove(self._partition)

    def _committed(self, now: float) -> None:
        self._metrics.last_commit.labels(self._agent, self._partition).set(now)

    def _count(self, tally: Tally) -> None:
        metrics, agent = self._metrics, self._agent
        for topic, count in tally.processed.items():
            metrics.records.labels(agent, topic).inc(count)
        metrics.batch_records.labels(agent).observe(sum(tally.processed.values()))
        metrics.duplicates.labels(agent).inc(tally.duplicates)
        metrics.rekeyed.labels(agent).inc(tally.rekeyed)
        metrics.refunds_clipped.inc(tally.clipped)
        for code, count in tally.dead.items():
            metrics.dead_letters.labels(agent, code).inc(count)
        metrics.conflicts.labels(agent).inc(tally.dead.get(Code.ID_CONFLICT, 0))
        for (kind, unit), (count, amount) in tally.rewards.items():
            metrics.rewards.labels(kind, unit).inc(count)
            sign = "negative" if amount < 0 else "positive"
            metrics.reward_amount.labels(kind, unit, sign).inc(abs(amount))
        for (rule, severity), count in tally.cases.items():
            metrics.cases.labels(rule, severity).inc(count)

    def _delay(self, which: str, timestamp_ms: int | None, now: float) -> None:
        if timestamp_ms is not None:
            # Clocks of two machines differ a little; a delay below zero would break the histogram's sum.
            delay = max(0.0, now - timestamp_ms / 1000)
            self._metrics.delay_seconds.labels(self._agent, which).observe(delay)


def _forget(gauge: Gauge, *labels: str) -> None:
    # ``remove`` of a label set that was never set is no error in newer clients only.
    gauge.labels(*labels)
    gauge.remove(*labels)


def process_collectors(registry: CollectorRegistry) -> None:
    """Add the standard ``process_`` and ``python_`` families to the registry."""
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
