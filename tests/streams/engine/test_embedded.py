from __future__ import annotations

import json
import random
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from schemas.program_file import to_json
from streams.engine.clock import Midnight, decode_tick, encode_midnight
from streams.engine.embedded import AgentFactory, Embedded
from streams.engine.limits import Limits
from streams.engine.log import Log, LogError, LogErrorCode
from streams.engine.metrics import Metrics
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord, Record
from streams.engine.replay import ReplaySummary, replay
from streams.engine.store import Store
from tests.chaos.stream import format_time, midnight
from tests.streams.engine import feeds
from tests.streams.engine.recorder import recorder

FAR_FUTURE_MS = 4_000_000_000_000
NOON = midnight(date(2021, 11, 8)) + 12 * 3_600_000
HOUR_MS, DAY_MS = 3_600_000, 24 * 3_600_000


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def order(id_: str, at: int, customer: str = "ann", **data: Any) -> OutRecord:
    fields = {"order_id": id_, "customer_id": customer, "market": "FR", "currency": "EUR", "subtotal": "9.00"}
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "shop",
        "type": "order.placed",
        "time": format_time(at),
        "data": fields | data,
    }
    return OutRecord("orders", 0, at, customer.encode(), json.dumps(event).encode())


def click(id_: str, at: int) -> OutRecord:
    data = {"click_id": id_, "customer_id": "ann", "partner_id": "lea", "market": "FR"}
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "shop",
        "type": "link.clicked",
        "time": format_time(at),
        "data": data,
    }
    return OutRecord("clicks", 0, at, b"ann", json.dumps(event).encode())


def opened(
    data: Path, agents: Mapping[str, AgentFactory] | None = None, now: Any = None, **options: Any
) -> Embedded:
    loaded = feeds.programs()
    embedded = Embedded.open(
        data, loaded, agents or feeds.agents(loaded), now=now or Clock(FAR_FUTURE_MS), **options
    )
    assert isinstance(embedded, Embedded), embedded
    return embedded


def recording(data: Path, seen: list[str], now: Any = None, **options: Any) -> Embedded:
    return opened(data, {"one": recorder("one", feeds.programs(), seen)}, now, **options)


def read_all(log: Log, topic: str) -> list[Record]:
    return [
        record
        for partition in range(log.partitions)
        for record in log.read(topic, partition, 0, log.end_offset(topic, partition))
    ]


def ticks(log: Log) -> list[str]:
    found = []
    for record in read_all(log, "clock"):
        tick = decode_tick(record.value, record.timestamp)
        found.append(str(date.fromordinal(tick.day)) if isinstance(tick, Midnight) else "minute")
    return found


@pytest.mark.parametrize("chunk", [1, 2, 5_000])
def test_inputs_are_merged_by_time_then_topic_then_offset(tmp_path: Path, chunk: int) -> None:
    seen: list[str] = []
    embedded = recording(tmp_path, seen, limits=Limits(batch_max_records=chunk))
    embedded.append([order("o1", NOON), order("o2", NOON + 2), order("o3", NOON + 1)])
    embedded.append([click("c1", NOON), click("c2", NOON + 2), click("c3", NOON + DAY_MS)])
    embedded.append([order("o4", NOON + DAY_MS)])

    assert embedded.lag() == 8
    assert sum(iter(lambda: embedded.step(5), 0)) == 8
    assert seen == ["c1", "o1", "c2", "o2", "o3", "Europe/Paris 2021-11-09", "c3", "o4"]
    assert embedded.lag() == 0
    embedded.close()


@pytest.mark.parametrize("limit", [1, 2, 1_000])
def test_a_step_goes_on_where_the_last_one_ended_also_in_the_next_process(tmp_path: Path, limit: int) -> None:
    seen: list[str] = []
    embedded = recording(tmp_path, seen)
    ids = [f"o{number}" for number in range(7)]
    embedded.append([order(id_, NOON + number) for number, id_ in enumerate(ids)])
    while embedded.step(limit):
        embedded.close()
        embedded = recording(tmp_path, seen)

    assert seen == ids
    embedded.close()


def test_a_feed_of_old_events_brings_its_midnights_along(tmp_path: Path) -> None:
    seen: list[str] = []
    embedded = recording(tmp_path, seen)
    embedded.append([order("a", NOON), order("b", NOON + 2 * DAY_MS)])
    embedded.append([order("late", NOON + DAY_MS), order("c", NOON + 2 * DAY_MS + 1)])
    embedded.catch_up()

    assert seen == ["a", "Europe/Paris 2021-11-09", "Europe/Paris 2021-11-10", "b", "late", "c"]
    assert ticks(embedded.log) == ["2021-11-09", "2021-11-10"]
    embedded.close()


def test_the_next_process_ticks_on_from_the_last_midnight(tmp_path: Path) -> None:
    for number in (0, 0, 1, 1, 2):
        embedded = recording(tmp_path, [])
        embedded.append([order(f"o{number}", NOON + number * DAY_MS)])
        embedded.close()
    embedded = recording(tmp_path, [])

    assert ticks(embedded.log) == ["2021-11-09", "2021-11-10"]
    embedded.close()


def test_what_does_not_decode_or_is_yet_to_come_moves_no_time(tmp_path: Path) -> None:
    clock = Clock(NOON + DAY_MS)
    embedded = recording(tmp_path, [], clock)
    bad = order("bad", NOON + DAY_MS, subtotal="x")
    embedded.append([order("a", NOON), bad, OutRecord("orders", 0, -1, None, b"junk")])
    embedded.append([order("tomorrow", NOON + 2 * DAY_MS)])

    assert ticks(embedded.log) == []
    embedded.append([order("b", NOON + DAY_MS)])
    assert ticks(embedded.log) == ["2021-11-09"]
    embedded.close()


def test_the_wall_clock_ticks_missed_midnights_and_minutes_but_only_after_the_first_event(
    tmp_path: Path,
) -> None:
    clock = Clock(NOON + 2 * DAY_MS)
    seen: list[str] = []
    embedded = recording(tmp_path, seen, clock)
    embedded.tick()
    assert ticks(embedded.log) == []
    embedded.append([order("a", NOON)])
    embedded.catch_up()
    embedded.tick()
    embedded.tick()
    clock.now += 60_000
    embedded.tick()
    embedded.catch_up()

    assert ticks(embedded.log) == ["2021-11-09", "2021-11-10", "minute", "minute", "minute"]
    assert seen == ["a", "Europe/Paris 2021-11-09", "Europe/Paris 2021-11-10"]
    embedded.close()


def test_a_wall_clock_that_goes_back_ticks_nothing_twice(tmp_path: Path) -> None:
    clock = Clock(NOON + DAY_MS)
    embedded = recording(tmp_path, [], clock)
    embedded.append([order("a", NOON)])
    embedded.tick()
    clock.now -= DAY_MS
    embedded.tick()
    embedded.close()
    embedded = recording(tmp_path, [], clock)
    clock.now += DAY_MS
    embedded.tick()

    assert ticks(embedded.log) == ["2021-11-09", "minute", "minute"]
    embedded.close()


def test_a_feed_that_brings_its_own_midnights_gets_no_others(tmp_path: Path) -> None:
    embedded = recording(tmp_path, [])
    at = midnight(date(2021, 11, 9))
    tick = encode_midnight(Midnight(at, "Europe/Paris", date(2021, 11, 9).toordinal()))
    embedded.append([order("a", NOON), OutRecord("clock", 0, at, None, tick), order("b", NOON + DAY_MS)])

    assert ticks(embedded.log) == ["2021-11-09"]
    embedded.close()


def test_a_failed_append_leaves_nothing_and_can_be_made_again(tmp_path: Path) -> None:
    embedded = recording(tmp_path, [])
    embedded.append([order("a", NOON)])
    broken = OutRecord("orders", 0, 0, object(), b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        embedded.append([order("b", NOON + DAY_MS), broken])

    assert ticks(embedded.log) == []
    assert embedded.append([order("b", NOON + DAY_MS)]) == [1]
    assert ticks(embedded.log) == ["2021-11-09"]
    embedded.close()


def test_late_and_future_events_are_judged_by_the_wall_clock(tmp_path: Path) -> None:
    embedded = opened(tmp_path, now=Clock(NOON + 200 * DAY_MS))
    embedded.append([order("a", NOON + 100 * DAY_MS)])
    embedded.append([order("late", NOON), order("future", NOON + 300 * DAY_MS)])
    embedded.catch_up()

    codes = [dict(record.headers)["code"] for record in read_all(embedded.log, "dead-letters")]
    assert sorted(codes) == [b"in_future", b"too_late"]
    embedded.close()


def test_a_midnight_that_takes_many_steps_comes_to_its_end(tmp_path: Path) -> None:
    embedded = opened(tmp_path, limits=Limits(midnight_accounts=2))
    embedded.append([order(f"o{n}", NOON, customer=f"c{n}") for n in range(9)])
    embedded.append([order("end", NOON + 8 * DAY_MS)])
    embedded.catch_up()

    kinds = Counter(json.loads(record.value or b"")["type"] for record in read_all(embedded.log, "rewards"))
    assert kinds == {"reward.accrued": 10, "reward.released": 9}
    embedded.close()


def test_partitions_share_the_work_and_every_one_gets_the_clock(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    items = feeds.events(seed, 400)
    source = feeds.write_inputs(tmp_path / "in", items)
    summary = replay(feeds.programs(), source, tmp_path / "out", agents=feeds.agents)
    embedded = opened(tmp_path / "data", partitions=3)
    embedded.append([r._replace(partition=partition_of(r.key or b"", 3)) for r in feeds.records(items)])
    embedded.catch_up()

    ledger = Counter(record.value for record in read_all(embedded.log, "rewards"))
    assert isinstance(summary, ReplaySummary)
    assert ledger == Counter(feeds.lines(tmp_path / "out/rewards.ndjson"))
    assert {record.partition for record in read_all(embedded.log, "rewards")} == {0, 1, 2}
    embedded.close()


def test_an_event_in_the_wrong_partition_takes_effect_once_where_it_belongs(tmp_path: Path) -> None:
    embedded = opened(tmp_path, partitions=2)
    home = partition_of(b"ann", 2)
    embedded.append(
        [order("a", NOON)._replace(partition=1 - home), order("b", NOON)._replace(partition=home)]
    )
    embedded.catch_up()

    rewards = read_all(embedded.log, "rewards")
    assert [record.partition for record in rewards] == [home, home]
    assert [json.loads(record.value or b"")["data"]["seq"] for record in rewards] == [1, 2]
    embedded.close()


def test_metrics_count_what_was_committed(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    embedded = opened(tmp_path, metrics=Metrics(registry))
    embedded.append([order("a", NOON), order("a", NOON), OutRecord("orders", 0, -1, None, b"junk")])
    embedded.catch_up()

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"agent": "customers", **labels})

    assert value("keyday_records_processed_total", topic="orders") == 3
    assert value("keyday_duplicates_total") == 1
    assert value("keyday_dead_letters_total", code="json_invalid") == 1
    assert value("keyday_input_lag_records", topic="orders", partition="0") == 0
    embedded.close()


def test_state_that_does_not_add_up_is_refused(tmp_path: Path) -> None:
    embedded = opened(tmp_path)
    embedded.append([order("a", NOON)])
    embedded.catch_up()
    store: Store = embedded._runners[0]._task.store
    key = next(key for key, _ in store.scan(b"c", b"d"))
    embedded.log.db.delete(store._prefix + key)
    embedded.close()
    loaded = feeds.programs()

    error = Embedded.open(tmp_path, loaded, feeds.agents(loaded))

    assert isinstance(error, LogError)
    assert error.code is LogErrorCode.DAMAGED
    # It gave the directory free again.
    log = Log.open(tmp_path)
    assert isinstance(log, Log)
    log.close()


def program(version: int, at: int, rate: str) -> OutRecord:
    text = feeds.PROGRAM.read_text(encoding="utf-8").replace("version = 1", f"version = {version}")
    content = to_json(tomllib.loads(text.replace('rate = "1"', f'rate = "{rate}"')))
    event = {"specversion": "1.0", "id": f"p{version}-{rate}", "source": "test", "type": "program.published"}
    value = json.dumps(event | {"time": format_time(at), "data": content}).encode()
    return OutRecord("programs", 0, at, b"chaos", value)


def base_points(log: Log) -> dict[str, tuple[int, int]]:
    """Version and amount of what the rule ``base`` granted, by order."""
    rewards = [json.loads(record.value or b"")["data"] for record in read_all(log, "rewards")]
    return {r["order_id"]: (r["program_version"], r["amount"]) for r in rewards if r.get("rule") == "base"}


def test_a_version_that_is_published_decides_from_then_on_and_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedded = opened(tmp_path)
    embedded.append([order("a", NOON)])
    embedded.catch_up()
    embedded.append([program(2, NOON + 1, "2"), order("b", NOON + 2)])
    embedded.catch_up()
    embedded.append([program(1, NOON + 3, "7"), program(2, NOON + 3, "x"), order("c", NOON + 4)])
    embedded.catch_up()

    assert base_points(embedded.log) == {"a": (1, 9), "b": (2, 18), "c": (2, 18)}
    assert [
        record.getMessage().split(": ")[1] for record in caplog.records if record.levelname == "ERROR"
    ] == [
        "p1-7 is refused",
        "p2-x is refused",
    ]
    embedded.close()
    embedded = opened(tmp_path)
    embedded.append([order("d", NOON + 5)])
    embedded.catch_up()
    assert base_points(embedded.log)["d"] == (2, 18)
    embedded.close()


def test_the_home_zone_of_a_published_program_ticks(tmp_path: Path) -> None:
    text = feeds.PROGRAM.read_text(encoding="utf-8")
    tokyo = text.replace('id = "chaos"', 'id = "tokyo"').replace(
        'home_tz = "Europe/Paris"', 'home_tz = "Asia/Tokyo"'
    )
    event = {"specversion": "1.0", "id": "p", "source": "test", "type": "program.published"}
    content = to_json(tomllib.loads(tokyo))
    value = json.dumps(event | {"time": format_time(NOON), "data": content}).encode()
    embedded = opened(tmp_path)
    embedded.append([order("a", NOON, program="chaos")])
    embedded.append([OutRecord("programs", 0, NOON, b"tokyo", value)])
    embedded.append([order("b", NOON + 5 * HOUR_MS, program="chaos")])

    assert [record.key for record in read_all(embedded.log, "clock")] == [b"Asia/Tokyo"]
    embedded.close()


def test_after_a_step_that_failed_none_goes_on_until_the_log_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    embedded = recording(tmp_path, seen)
    embedded.append([order("a", NOON)])

    def full(*_args: Any, **_options: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Log, "write", full)
        with pytest.raises(OSError, match="No space left"):
            embedded.step()
    with pytest.raises(RuntimeError, match="open the log again"):
        embedded.step()
    embedded.close()
    embedded = recording(tmp_path, seen)

    assert embedded.catch_up() == 1
    assert seen == ["a", "a"]
    embedded.close()
