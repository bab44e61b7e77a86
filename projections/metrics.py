"""What projections and their HTTP server tell Prometheus; names start with ``keyday_``."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from projections.fold import Folded

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class ProjectionMetrics:
    """Metric families of the tables and of reading their topics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "keyday_projection_events", "Ledger entries counted in the tables.", registry=registry
        )
        self.duplicates = Counter(
            "keyday_projection_duplicates",
            "Ledger entries read again after they were counted; skipped.",
            registry=registry,
        )
        self.faults = Counter(
            "keyday_projection_faults",
            "Entries that contradict the ledger's promises (gap or conflict of seq, unbalanced, unreadable).",
            ["code"],
            registry=registry,
        )
        self.rebuilds = Counter(
            "keyday_projection_rebuilds",
            "Times that the tables were wiped to be rebuilt from the topics.",
            ["reason"],
            registry=registry,
        )
        self.lag = Gauge(
            "keyday_projection_lag_records",
            "Records of a partition that are committed and not in the tables yet.",
            ["topic", "partition"],
            registry=registry,
        )
        self.waiting = Gauge(
            "keyday_projection_waiting_records",
            "Records that wait for a program version; they count in balances and statements alone.",
            registry=registry,
        )
        self.store_bytes = Gauge(
            "keyday_projection_store_size_bytes", "Size of the tables on disk.", registry=registry
        )
        self.batch_seconds = Histogram(
            "keyday_projection_batch_seconds",
            "Folding and writing one batch.",
            buckets=_SECONDS,
            registry=registry,
        )

    def on_batch(self, folded: Folded, seconds: float, size_bytes: int) -> None:
        """A batch is in the tables."""
        self.events.inc(folded.counted)
        self.duplicates.inc(folded.duplicates)
        for code, count in Tally(fault.code for fault in folded.faults).items():
            self.faults.labels(code.value).inc(count)
        self.batch_seconds.observe(seconds)
        self.store_bytes.set(size_bytes)

    def on_lag(self, topic: str, partition: int, records: int) -> None:
        """A partition has ``records`` still to be read."""
        self.lag.labels(topic, str(partition)).set(records)

    def on_rebuild(self, reason: str) -> None:
        """The tables were wiped."""
        self.rebuilds.labels(reason).inc()


class HttpMetrics:
    """Metric families of the HTTP server; ``route`` is a pattern, never a path."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "keyday_http_requests",
            "Requests answered, by route pattern.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "keyday_http_request_seconds",
            "From the request's head to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )

        self._families: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def on_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        known = method if method in {"GET", "HEAD", "POST"} else "other"
        families = self._families.get((route, known, status))
        if families is None:
            # There are as many as routes have answers: finding them anew is what costs in a read.
            families = self.requests.labels(route, known, str(status)), self.seconds.labels(route)
            self._families[route, known, status] = families
        count, took = families
        count.inc()
        took.observe(seconds)
