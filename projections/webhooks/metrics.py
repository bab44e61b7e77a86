"""What webhooks tell Prometheus; the label ``endpoint`` is the id of the file of endpoints."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from projections.webhooks.sending import Outcome

_TRY_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120)
_DELIVERY_SECONDS: Final = (0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 28_800, 86_400, 259_200)


class WebhookMetrics:
    """Metric families of all endpoints of a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "keyday_webhook_attempts",
            "Tries, by what came of them.",
            ["endpoint", "outcome"],
            registry=registry,
        )
        self._attempt_seconds = Histogram(
            "keyday_webhook_attempt_seconds",
            "From the beginning of a try to its outcome.",
            ["endpoint"],
            buckets=_TRY_SECONDS,
            registry=registry,
        )
        self._delivery_seconds = Histogram(
            "keyday_webhook_delivery_seconds",
            "From taking an event over to its acknowledgement.",
            ["endpoint"],
            buckets=_DELIVERY_SECONDS,
            registry=registry,
        )
        self._pending = Gauge(
            "keyday_webhook_pending_events",
            "Events that were taken over and are not acknowledged.",
            ["endpoint"],
            registry=registry,
        )
        self._oldest = Gauge(
            "keyday_webhook_oldest_pending_seconds",
            "Age of the oldest event that waits, since it was taken over; 0 when none waits.",
            ["endpoint"],
            registry=registry,
        )
        self._dead = Gauge(
            "keyday_webhook_dead_events",
            "Events that were given up and are kept.",
            ["endpoint"],
            registry=registry,
        )
        self._stopped = Gauge(
            "keyday_webhook_stopped",
            "1 when the endpoint answered 410 Gone and is sent nothing until the next start.",
            ["endpoint"],
            registry=registry,
        )
        self._lag = Gauge(
            "keyday_webhook_lag_records",
            "Committed records that were not looked at yet.",
            ["endpoint", "topic"],
            registry=registry,
        )

    def on_attempt(self, endpoint: str, outcome: Outcome, seconds: float) -> None:
        """A try ended."""
        self._attempts.labels(endpoint, outcome.code.value).inc()
        self._attempt_seconds.labels(endpoint).observe(seconds)

    def on_delivery(self, endpoint: str, seconds: float) -> None:
        """An event was acknowledged, so long after it was taken over."""
        self._delivery_seconds.labels(endpoint).observe(max(0.0, seconds))

    def on_state(self, endpoint: str, *, pending: int, oldest_s: float, dead: int, stopped: bool) -> None:
        """How an endpoint stands."""
        self._pending.labels(endpoint).set(pending)
        self._oldest.labels(endpoint).set(max(0.0, oldest_s))
        self._dead.labels(endpoint).set(dead)
        self._stopped.labels(endpoint).set(int(stopped))

    def on_lag(self, endpoint: str, topic: str, records: int) -> None:
        """So many records of a topic are still to be read."""
        self._lag.labels(endpoint, topic).set(records)
