from __future__ import annotations

from pathlib import Path

import pytest

from projections.webhooks.event import read_event
from projections.webhooks.store import (
    Deliveries,
    DeliveriesError,
    Pending,
    ask_to_retry,
    pending_of,
    read_dead,
    requests_in,
)
from streams.engine.record import Record
from streams.engine.store import StoreLockedError
from tests.projections.webhooks.receiver import reward

PLACE = ("rewards", 0)


def pending(seq: int) -> Pending:
    out = reward("partner:lea", seq)
    event = read_event(Record("rewards", 0, seq, 0, out.key, out.value))
    assert event is not None
    return pending_of(event, 1_000)


def ids(entries: list[tuple[int, Pending]]) -> list[tuple[int, str]]:
    return [(number, one.event_id) for number, one in entries]


def test_events_and_positions_are_there_after_a_restart(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    deliveries.queue("crm").take([pending(1), pending(2)], {PLACE: 2})
    deliveries.close()

    deliveries = Deliveries(tmp_path)
    queue = deliveries.queue("crm")
    assert ids(queue.pending()) == [(1, "partner:lea~1"), (2, "partner:lea~2")]
    assert queue.positions == {PLACE: 2}
    assert ids(queue.take([pending(3)], {PLACE: 3})) == [(3, "partner:lea~3")]
    assert deliveries.queue("other").pending() == []
    assert deliveries.endpoints() == {"crm", "other"}
    deliveries.close()


def test_an_id_is_taken_once_whether_it_waits_is_settled_or_dead(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    queue = deliveries.queue("crm")
    taken = queue.take([pending(1), pending(2), pending(3), pending(1)], {PLACE: 4})
    queue.settle([taken[0]], 5_000)
    queue.bury(*taken[1])

    again = queue.take([pending(1), pending(2), pending(3)], {PLACE: 3})

    assert len(taken) == 3
    assert again == []
    assert ids(queue.pending()) == [(3, "partner:lea~3")]
    assert ids(queue.dead()) == [(2, "partner:lea~2")]
    deliveries.close()


def test_settled_ids_are_forgotten_after_their_time_and_no_others(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    queue = deliveries.queue("crm")
    taken = queue.take([pending(seq) for seq in range(1, 5)], {})
    queue.settle([taken[0]], 5_000)
    queue.settle([taken[1]], 6_000)
    queue.bury(*taken[2])

    assert queue.forget(6_000, 10) == 1
    again = queue.take([pending(seq) for seq in range(1, 5)], {})

    assert [one.event_id for _, one in again] == ["partner:lea~1"]
    deliveries.close()


def test_a_revived_letter_goes_behind_the_others_untried(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    queue = deliveries.queue("crm")
    taken = queue.take([pending(1), pending(2)], {})
    taken[0][1].tries = 7
    queue.bury(*taken[0])

    revived = queue.revive([1, 1, 99])

    assert [(number, one.event_id, one.tries) for number, one in revived] == [(3, "partner:lea~1", 0)]
    assert ids(queue.pending()) == [(2, "partner:lea~2"), (3, "partner:lea~1")]
    assert queue.dead() == []
    assert queue.revive([1]) == []
    deliveries.close()


def test_dead_letters_are_read_while_another_process_writes(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    queue = deliveries.queue("crm")
    (taken,) = queue.take([pending(1)], {})
    queue.bury(*taken)

    with pytest.raises(StoreLockedError):
        Deliveries(tmp_path)
    found = read_dead(tmp_path, ["crm", "other"])

    assert ids(found["crm"]) == [(1, "partner:lea~1")]
    assert found["other"] == []
    deliveries.close()


def test_a_request_is_whole_or_not_there(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    ask_to_retry(tmp_path, "crm", [1, 2])
    (deliveries.requests / "half.draft").write_text('{"endpoint"')
    (deliveries.requests / "junk.json").write_text("junk")

    ((_, request),) = requests_in(deliveries.requests)

    assert (request.endpoint, request.numbers) == ("crm", (1, 2))
    deliveries.close()


def test_no_store_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DeliveriesError, match="holds no deliveries"):
        read_dead(tmp_path / "none", ["crm"])

    assert list(tmp_path.iterdir()) == []


def test_damage_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    deliveries.queue("crm").take([pending(1)], {})
    deliveries.close()
    (tmp_path / "db" / "CURRENT").write_text("nonsense\n")

    with pytest.raises(DeliveriesError, match="damaged"):
        Deliveries(tmp_path)

    assert (tmp_path / "db" / "CURRENT").read_text() == "nonsense\n"
