from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from projections.dashboard.pulse import Pulse


def test_a_rate_is_what_a_counter_grew_by_in_a_minute() -> None:
    registry, now = CollectorRegistry(), [1_000.0]
    records = Counter("keyday_records_processed", "…", ["agent"], registry=registry)
    pulse = Pulse(registry, lambda: now[0])

    pulse.beat()
    assert pulse.rates() == []
    records.labels("customers").inc(30)
    now[0] += 15
    pulse.beat()
    now[0] += 30
    pulse.beat()

    assert [(one.at, one.events) for one in pulse.rates()] == [(1_015_000, 120.0), (1_045_000, 0.0)]
    assert list(pulse.samples("keyday_records_processed_total")) == [({"agent": "customers"}, 30.0)]
    assert list(pulse.samples("keyday_nothing")) == []


def test_where_no_agents_run_the_entries_of_the_ledger_are_counted() -> None:
    registry, now = CollectorRegistry(), [1_000.0]
    entries = Counter("keyday_projection_events", "…", registry=registry)
    pulse = Pulse(registry, lambda: now[0])
    entries.inc(7)

    pulse.beat()
    entries.inc(20)
    now[0] += 60
    pulse.beat()

    assert [one.events for one in pulse.rates()] == [20.0]


def test_two_looks_at_the_same_instant_have_no_rate() -> None:
    pulse = Pulse(CollectorRegistry(), lambda: 1_000.0)

    pulse.beat()
    pulse.beat()

    assert pulse.rates() == []
