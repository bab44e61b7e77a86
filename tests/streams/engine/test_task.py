"""A task decodes, deduplicates, decides and ticks; what it leads to is one commit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from events.messages import Origin, Undone
from events.time import format_time
from schemas.messages import encode_message
from schemas.programs import Programs
from streams import app
from streams.engine.clock import Midnight, encode_midnight, midnight_of
from streams.engine.limits import DAY_MS
from streams.engine.partitioner import partition_of
from streams.engine.record import Record
from streams.engine.settings import Settings
from streams.engine.store import Store, open_db
from streams.engine.task import Commit, Task

NOON = 1_764_162_000_000  # 2025-11-26T13:00:00Z
ZONE = "America/New_York"


def order(
    n: int, customer: str = "ann", *, id_: str | None = None, time: int = NOON, **data: object
) -> bytes:
    event = {
        "specversion": "1.0",
        "id": id_ or f"e{n}",
        "source": "shop",
        "type": "order.placed",
        "time": format_time(time),
        "data": {
            "order_id": f"o{n}",
            "customer_id": customer,
            "market": "US",
            "currency": "USD",
            "subtotal": "10.00",
            **data,
        },
    }
    return msgspec.json.encode(event)


def refund(n: int, *, time: int = NOON, currency: str = "USD", amount: str = "5.00") -> bytes:
    event = {
        "specversion": "1.0",
        "id": f"r{n}",
        "source": "shop",
        "type": "order.refunded",
        "time": format_time(time),
        "data": {
            "order_id": f"o{n}",
            "customer_id": "ann",
            "refund_id": f"f{n}",
            "currency": currency,
            "amount": amount,
        },
    }
    return msgspec.json.encode(event)


class Bench:
    """A task over a store, fed by hand, each commit written."""

    def __init__(self, path: Path, *, partitions: int = 1, now: int | None = None) -> None:
        programs = Programs()
        assert not programs.load(Path(__file__).parents[3] / "examples" / "cdnow.toml").errors
        settings = Settings()
        self.store = Store(open_db(path))
        self.offset = 0
        self.task: Task = app.make_task(
            settings,
            programs,
            app.make_agents(settings, programs)["customers"],
            partition=0,
            partitions=partitions,
            store=self.store,
            clock=None if now is None else lambda: now,
        )

    def feed(self, *values: bytes | None, topic: str = "orders", at: int = NOON) -> Commit:
        records = [Record(topic, 0, self.offset + n, at, None, value, ()) for n, value in enumerate(values)]
        self.offset += len(values)
        commit = self.task.process(records)
        self.store.write(commit.changes, commit.delta, commit.positions, 0)
        self.store.verify()
        return commit


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "store")


def topics(commit: Commit) -> list[str]:
    """Of what comes out, all but attributions."""
    aside = {"attributions", "budgets-inbox"}
    return [output.topic for output in commit.outputs if output.topic not in aside]


def codes(commit: Commit) -> list[str]:
    return list(commit.tally.dead)


def test_an_order_is_rewarded_and_its_position_is_in_the_commit(bench: Bench) -> None:
    commit = bench.feed(order(1))

    assert topics(commit) == ["rewards"]
    assert commit.positions == {"orders": 1}
    assert commit.consumed == 1


def test_the_same_event_again_is_dropped_and_counted(bench: Bench) -> None:
    bench.feed(order(1))
    commit = bench.feed(order(1))

    assert topics(commit) == []
    assert commit.tally.duplicates == 1


def test_the_same_identity_with_other_content_is_a_conflict(bench: Bench) -> None:
    bench.feed(order(1))
    commit = bench.feed(order(1, subtotal="11.00"))

    assert codes(commit) == ["id_conflict"]


def test_refunds_of_more_than_is_left_are_counted(bench: Bench) -> None:
    assert bench.feed(order(1), order(2)).tally.clipped == 0

    assert bench.feed(refund(1, amount="10.00"), refund(2, amount="10.01")).tally.clipped == 1


def test_a_refused_event_may_come_again(bench: Bench) -> None:
    refused = bench.feed(order(1, market="ZZ"))
    assert codes(refused) == ["market_unknown"]

    assert topics(bench.feed(order(1))) == ["rewards"]


def test_a_waiting_refund_that_is_refused_later_may_come_again(bench: Bench) -> None:
    assert topics(bench.feed(refund(1, currency="EUR"))) == []
    with_order = bench.feed(order(1))
    assert codes(with_order) == ["currency_mismatch"]
    assert topics(with_order) == ["rewards", "dead-letters"]

    again = bench.feed(refund(1))

    assert topics(again) == ["rewards"]


def test_what_cannot_be_read_goes_to_dead_letters_with_its_bytes(bench: Bench) -> None:
    commit = bench.feed(b"\xff\x00")

    assert codes(commit) == ["json_invalid"]
    assert commit.outputs[0].value == b"\xff\x00"


def test_too_late_and_in_the_future_are_checked_against_a_clock(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store", now=NOON)
    ahead = bench.feed(order(1, time=NOON + DAY_MS + 1))
    assert codes(ahead) == ["in_future"]
    bench.feed(order(2))

    late = bench.feed(order(3, time=NOON - 90 * DAY_MS - 1))

    assert codes(late) == ["too_late"]
    assert codes(bench.feed(order(4, time=NOON - 90 * DAY_MS))) == []


def test_without_a_clock_nothing_is_too_late(bench: Bench) -> None:
    bench.feed(order(2))

    assert codes(bench.feed(order(3, time=NOON - 400 * DAY_MS))) == []


def test_an_event_of_another_partition_is_sent_to_its_owner_and_not_processed(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store", partitions=4)
    foreign = next(c for c in map(str, range(100)) if partition_of(c.encode(), 4) == 3)
    commit = bench.feed(order(1, foreign))

    assert topics(commit) == ["customers-inbox"]
    sent = commit.outputs[0]
    assert (sent.partition, sent.key) == (3, foreign.encode())
    assert dict(sent.headers)["keyday-topic"] == b"orders"
    assert commit.tally.rekeyed == 1


def test_a_rekeyed_event_is_decided_as_if_it_had_come_on_its_own_topic(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store", partitions=4)
    own = next(c for c in map(str, range(100)) if partition_of(c.encode(), 4) == 0)
    record = Record(
        "customers-inbox", 0, 0, NOON, own.encode(), order(1, own), (("keyday-topic", b"orders"),)
    )
    commit = bench.task.process([record])

    assert topics(commit) == ["rewards"]


def test_a_midnight_releases_and_fills_in_the_ones_that_were_missed(bench: Bench) -> None:
    bench.feed(order(1))
    day = _ordinal(NOON) + 40
    at = midnight_of(ZONE, day)
    commit = bench.feed(encode_midnight(Midnight(at, ZONE, day)), topic="clock", at=at)

    assert topics(commit) == ["rewards"]
    assert bench.task.stream_time == at
    # Released on the day it was due, not on the day of the late tick.
    (released,) = [output for output in commit.outputs if output.topic == "rewards"]
    assert b"released" in (released.value or b"")
    assert released.timestamp == midnight_of(ZONE, _ordinal(NOON) + 30)


def test_no_midnight_is_ticked_before_the_first_event(bench: Bench) -> None:
    at = midnight_of(ZONE, _ordinal(NOON))
    commit = bench.feed(encode_midnight(Midnight(at, ZONE, _ordinal(NOON))), topic="clock", at=at)

    assert commit.consumed == 1
    assert bench.task.stream_time == 0


def test_a_clock_record_that_is_no_tick_is_a_dead_letter_also_before_the_first_event(bench: Bench) -> None:
    commit = bench.feed(b"tock", topic="clock")

    assert codes(commit) == ["field_invalid"]
    assert commit.consumed == 1


@pytest.mark.slow
def test_a_midnight_with_many_accounts_is_worked_off_in_several_commits(bench: Bench) -> None:
    for n in range(0, 4500, 1500):
        bench.feed(*(order(i, f"c{i}") for i in range(n, n + 1500)))
    day = _ordinal(NOON) + 30
    at = midnight_of(ZONE, day)
    tick = Record("clock", 0, 0, at, None, encode_midnight(Midnight(at, ZONE, day)), ())
    consumed, released = [], 0
    for _ in range(10):
        commit = bench.task.process([tick])
        bench.store.write(commit.changes, commit.delta, commit.positions, 0)
        consumed.append(commit.consumed)
        released += topics(commit).count("rewards")
        if commit.consumed:
            break

    assert consumed == [0, 0, 1]
    assert released == 4500
    bench.store.verify()


def test_a_task_goes_on_from_its_store(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store")
    bench.feed(order(1))
    bench.store.close()

    again = Bench(tmp_path / "store")

    assert again.task.positions == {"orders": 1}
    assert again.task.stream_time == NOON
    assert again.feed(order(1)).tally.duplicates == 1


def _ordinal(time: int) -> int:
    from streams.rules.home_days import home_days  # noqa: PLC0415

    return home_days(ZONE).ordinal(time)


def test_a_message_starts_the_clock_as_an_event_does(bench: Bench) -> None:
    undone = Undone("ann", "cdnow", "r1", None, Origin("shop", "e1", NOON))
    assert bench.task.ticked_until([ZONE]) is None

    bench.feed(encode_message(undone), topic="customers-inbox")

    assert bench.task.ticked_until([ZONE]) == NOON


def test_what_is_no_message_in_an_inbox_is_a_dead_letter(bench: Bench) -> None:
    assert codes(bench.feed(b"\xc1", topic="customers-inbox")) == ["json_invalid"]
