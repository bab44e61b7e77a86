from __future__ import annotations

from prometheus_client import CollectorRegistry

from streams.engine.agent import BudgetLevel
from streams.engine.metrics import Metrics, TaskMetrics
from streams.engine.task import Tally

NOW_S = 1_000.0


def task() -> tuple[CollectorRegistry, TaskMetrics]:
    registry = CollectorRegistry()
    return registry, Metrics(registry, now=lambda: NOW_S).task("customers", 3)


def batch(metrics: TaskMetrics) -> None:
    metrics.on_batch(
        Tally(
            processed={"orders": 40, "clock": 2},
            duplicates=5,
            rekeyed=3,
            clipped=4,
            dead={"json_invalid": 2, "id_conflict": 1},
            rewards={("accrued", "points"): (7, 700), ("adjusted", "EUR/2"): (2, -30)},
            oldest_ms=990_000,
            newest_ms=999_500,
        )
    )


def test_a_batch_counts_once_its_transaction_has_committed() -> None:
    registry, metrics = task()
    value = registry.get_sample_value

    batch(metrics)
    assert value("keyday_records_processed_total", {"agent": "customers", "topic": "orders"}) is None
    metrics.on_transaction(0.25)
    metrics.on_transaction(0.5)

    agent = {"agent": "customers"}
    assert value("keyday_records_processed_total", {**agent, "topic": "orders"}) == 40
    assert value("keyday_records_processed_total", {**agent, "topic": "clock"}) == 2
    assert value("keyday_duplicates_total", agent) == 5
    assert value("keyday_rekeyed_total", agent) == 3
    assert value("keyday_refunds_clipped_total") == 4
    assert value("keyday_dead_letters_total", {**agent, "code": "json_invalid"}) == 2
    assert value("keyday_conflicts_total", agent) == 1
    assert value("keyday_batch_records_sum", agent) == 42
    assert value("keyday_transaction_seconds_count", agent) == 2
    assert value("keyday_transaction_seconds_sum", agent) == 0.75


def test_a_batch_whose_task_started_again_does_not_count() -> None:
    registry, metrics = task()

    batch(metrics)
    metrics.on_start()
    metrics.on_transaction(0.1)

    assert registry.get_sample_value("keyday_batch_records_count", {"agent": "customers"}) is None
    assert registry.get_sample_value("keyday_task_starts_total", {"agent": "customers"}) == 1


def test_amounts_below_zero_have_a_counter_of_their_own() -> None:
    registry, metrics = task()
    batch(metrics)
    metrics.on_transaction(0.1)
    value = registry.get_sample_value

    assert value("keyday_rewards_total", {"kind": "adjusted", "unit": "EUR/2"}) == 2
    amount = "keyday_reward_amount_total"
    assert value(amount, {"kind": "accrued", "unit": "points", "sign": "positive"}) == 700
    assert value(amount, {"kind": "adjusted", "unit": "EUR/2", "sign": "negative"}) == 30


def test_the_delay_is_observed_for_the_oldest_and_the_newest_record_alone() -> None:
    registry, metrics = task()
    batch(metrics)
    metrics.on_transaction(0.1)
    metrics.on_batch(Tally())
    metrics.on_batch(Tally(processed={"orders": 1}, oldest_ms=1_000_900))
    metrics.on_transaction(0.1)

    sums = {
        record: (
            registry.get_sample_value("keyday_end_to_end_delay_seconds_count", labels),
            registry.get_sample_value("keyday_end_to_end_delay_seconds_sum", labels),
        )
        for record in ("oldest", "newest")
        for labels in [{"agent": "customers", "record": record}]
    }
    assert sums == {"oldest": (2, 10), "newest": (1, 0.5)}


def test_gauges_of_a_partition_go_when_it_moves() -> None:
    registry, metrics = task()
    where = {"agent": "customers", "partition": "3"}
    metrics.on_lag("orders", 12)
    metrics.on_restore(50, 200)
    metrics.on_store_size(4_096)
    metrics.on_rebuild("corrupt")
    value = registry.get_sample_value

    assert value("keyday_input_lag_records", {**where, "topic": "orders"}) == 12
    assert value("keyday_restore_records", where) == 50
    assert value("keyday_restore_ratio", where) == 0.25
    assert value("keyday_store_size_bytes", where) == 4_096
    assert value("keyday_store_rebuilds_total", {"agent": "customers", "reason": "corrupt"}) == 1

    metrics.close()
    gauges = ("keyday_restore_records", "keyday_restore_ratio", "keyday_store_size_bytes")
    assert [value(gauge, where) for gauge in gauges] == [None, None, None]
    assert value("keyday_input_lag_records", {**where, "topic": "orders"}) is None


def test_an_empty_changelog_is_restored_at_once() -> None:
    registry, metrics = task()
    metrics.on_restore(0, 0)

    assert registry.get_sample_value("keyday_restore_ratio", {"agent": "customers", "partition": "3"}) == 1


def test_cases_count_by_rule_and_severity_once_committed() -> None:
    registry, metrics = task()
    labels = {"rule": "brand_bidding", "severity": "high"}

    metrics.on_batch(Tally(cases={("brand_bidding", "high"): 3}))
    assert registry.get_sample_value("keyday_cases_opened_total", labels) is None
    metrics.on_transaction(0.1)

    assert registry.get_sample_value("keyday_cases_opened_total", labels) == 3


def test_budgets_are_asked_at_each_scrape_until_the_partition_moves() -> None:
    registry, metrics = task()
    levels = [BudgetLevel("acme", "q4", "EUR/2", 1_000, 300)]
    labels = {"program": "acme", "budget": "q4", "unit": "EUR/2"}

    def shown() -> list[float | None]:
        names = ("keyday_budget_limit_amount", "keyday_budget_remaining_amount")
        return [registry.get_sample_value(name, labels) for name in names]

    metrics.on_budgets(lambda: levels)
    first = shown()
    levels[0] = BudgetLevel("acme", "q4", "EUR/2", 1_000, 1_200)  # it was lowered after it was spent
    second = shown()
    metrics.close()

    assert first == [1_000, 700]
    assert second == [1_000, 0]
    assert shown() == [None, None]


def test_the_last_commit_is_the_start_until_there_is_one() -> None:
    registry = CollectorRegistry()
    now = [50.0]
    metrics = Metrics(registry, now=lambda: now[0]).task("customers", 3)
    labels = {"agent": "customers", "partition": "3"}

    metrics.on_start()
    started = registry.get_sample_value("keyday_last_commit_timestamp_seconds", labels)
    now[0] = 70.0
    metrics.on_transaction(0.1)

    assert started == 50
    assert registry.get_sample_value("keyday_last_commit_timestamp_seconds", labels) == 70
    metrics.close()
    assert registry.get_sample_value("keyday_last_commit_timestamp_seconds", labels) is None
