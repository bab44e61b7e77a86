from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import decode_output
from schemas.program_file import to_json
from schemas.programs import Programs
from streams.engine.embedded import AgentFactory
from streams.engine.input_files import ReplayError, ReplayErrorCode
from streams.engine.limits import Limits
from streams.engine.record import OutRecord, Record
from streams.engine.replay import OUTPUT_TOPICS, ReplaySummary, replay
from tests.chaos.stream import midnight
from tests.streams.engine import feeds
from tests.streams.engine.recorder import recorder


def order(id_: str, time: str, **data: Any) -> dict[str, Any]:
    fields = {"order_id": id_, "customer_id": "ann", "market": "FR", "currency": "EUR", "subtotal": "60.00"}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "shop",
        "type": "order.placed",
        "time": time,
        "data": fields | data,
    }


def click(id_: str, time: str) -> dict[str, Any]:
    data = {"click_id": id_, "customer_id": "ann", "partner_id": "lea", "market": "FR"}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "shop",
        "type": "link.clicked",
        "time": time,
        "data": data,
    }


def write(folder: Path, **topics: list[Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for topic, events in topics.items():
        lines = (event if isinstance(event, bytes) else json.dumps(event).encode() for event in events)
        (folder / f"{topic.replace('_', '-')}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
    return folder


def run(source: Path, out: Path, until_ms: int | None = None, **options: Any) -> ReplaySummary:
    options.setdefault("agents", feeds.agents)
    summary = replay(feeds.programs(), source, out, until_ms, **options)
    assert isinstance(summary, ReplaySummary), summary
    return summary


def seen_by_one(source: Path, tmp_path: Path, until_ms: int | None = None, **options: Any) -> list[str]:
    seen: list[str] = []

    def agents(programs: Programs) -> Mapping[str, AgentFactory]:
        return {"one": recorder("one", programs, seen)}

    run(source, tmp_path / "out", until_ms, agents=agents, **options)
    return seen


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def rewards(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["data"] for line in feeds.lines(out / "rewards.ndjson")]


def test_events_come_by_time_then_topic_then_position_with_midnights_before_them(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        orders=[
            order("o-late", "2021-11-10T00:00:00+01:00"),
            order("o-second", "2021-11-09T10:00:00Z"),
            order("o-first", "2021-11-08T10:00:00Z"),
            order("o-third", "2021-11-09T10:00:00Z"),
        ],
        clicks=[click("c", "2021-11-09T11:00:00+01:00"), click("c-start", "2021-11-07T12:00:00Z")],
    )

    assert seen_by_one(source, tmp_path) == [
        "c-start",
        "Europe/Paris 2021-11-08",
        "o-first",
        "Europe/Paris 2021-11-09",
        "c",
        "o-second",
        "o-third",
        "Europe/Paris 2021-11-10",
        "o-late",
    ]


def test_after_the_last_event_midnights_tick_up_to_and_including_until(tmp_path: Path) -> None:
    source = write(tmp_path / "in", orders=[order("o", "2021-11-08T10:00:00Z")])
    second = midnight(date(2021, 11, 10))

    assert seen_by_one(source, tmp_path, second)[1:] == ["Europe/Paris 2021-11-09", "Europe/Paris 2021-11-10"]
    assert seen_by_one(source, tmp_path, second - 1)[1:] == ["Europe/Paris 2021-11-09"]
    assert seen_by_one(source, tmp_path, 0)[1:] == []
    assert seen_by_one(source, tmp_path)[1:] == []


def test_events_after_until_are_handled_all_the_same(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        orders=[order("a", "2021-11-08T10:00:00Z"), order("b", "2021-11-09T10:00:00Z")],
    )

    assert seen_by_one(source, tmp_path, 1) == ["a", "Europe/Paris 2021-11-09", "b"]


def test_what_does_not_decode_moves_no_time_but_a_duplicate_and_a_conflict_do(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        orders=[
            order("too-early-for-any-program", "2001-01-01T00:00:00Z"),
            order("bad", "2021-11-01T10:00:00Z", subtotal="x"),
            order("a", "2021-11-08T10:00:00Z"),
            order("bad", "2021-11-19T10:00:00Z", subtotal=None),
            b'{"time":"2021-11-20T10:00:00Z"',
            order("a", "2021-11-09T10:00:00Z"),
            order("bad", "2021-12-19T10:00:00Z", currency="XXX"),
        ],
    )

    assert seen_by_one(source, tmp_path) == ["a", "Europe/Paris 2021-11-09"]


def test_a_program_is_in_use_and_its_zone_ticks_from_when_it_was_published(tmp_path: Path) -> None:
    content = {
        "program": {
            "id": "late",
            "version": 1,
            "effective_from": "2021-01-01T00:00:00Z",
            "currency": "JPY",
            "home_tz": "Asia/Tokyo",
        },
        "markets": {"JP": {"tz": "Asia/Tokyo"}},
    }
    published = order("p", "2021-11-08T13:00:00Z") | {"type": "program.published", "data": content}
    source = write(
        tmp_path / "in",
        orders=[
            order("before", "2021-11-08T12:59:59Z", program="late", currency="JPY", subtotal="7"),
            order("start", "2021-11-08T10:00:00Z", program="chaos"),
            order("after", "2021-11-08T13:00:00Z", program="late", currency="JPY", subtotal="7"),
            order("end", "2021-11-08T16:00:00Z", program="chaos"),
        ],
        programs=[published],
    )
    programs = feeds.programs()
    seen: list[str] = []

    def agents(own: Programs) -> Mapping[str, AgentFactory]:
        return {"one": recorder("one", own, seen)}

    summary = replay(programs, source, tmp_path / "out", agents=agents)

    assert isinstance(summary, ReplaySummary)
    assert seen == ["start", "after", "Asia/Tokyo 2021-11-09", "end"]
    assert summary.dead_letters == {"program_unknown": 1}
    assert programs.ids() == ["chaos"]


def test_a_published_version_decides_from_then_on_and_one_that_is_refused_is_a_warning(
    tmp_path: Path,
) -> None:
    text = feeds.PROGRAM.read_text(encoding="utf-8").replace("version = 1", "version = 2")
    content = to_json(tomllib.loads(text.replace('rate = "1"', 'rate = "3"')))
    published = order("p", "2021-11-08T13:00:00Z") | {"type": "program.published", "data": content}
    wrong = order("q", "2021-11-08T13:00:00Z") | {
        "type": "program.published",
        "data": {"program": {"id": "chaos"}},
    }
    source = write(
        tmp_path / "in",
        orders=[order("before", "2021-11-08T12:59:59Z"), order("after", "2021-11-08T13:00:00Z")],
        programs=[published, wrong],
    )

    summary = run(source, tmp_path / "out")

    rewards = [json.loads(line)["data"] for line in feeds.lines(tmp_path / "out" / "rewards.ndjson")]
    base = {r["order_id"]: (r["program_version"], r["amount"]) for r in rewards if r["rule"] == "base"}
    assert base["before"][0] == 1
    assert base["after"] == (2, 3 * base["before"][1])
    assert [warning.split(":")[:2] for warning in summary.warnings] == [["programs/0 at 1", " q is refused"]]


def test_with_several_agents_each_event_is_settled_before_the_next(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in", orders=[order("a", "2021-11-08T10:00:00Z"), order("b", "2021-11-09T10:00:00Z")]
    )
    seen: list[str] = []

    def agents(programs: Programs) -> Mapping[str, AgentFactory]:
        return {name: recorder(name, programs, seen) for name in ("one", "two")}

    run(source, tmp_path / "out", agents=agents)

    day = "Europe/Paris 2021-11-09"
    assert seen == ["a", "a", day, day, "b", "b"]


def test_the_ledger_is_released_at_the_midnight_and_every_output_file_is_there(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        orders=[order("a", "2021-11-08T10:00:00Z"), order("b", "2021-11-20T10:00:00Z", customer_id="bob")],
    )
    summary = run(source, tmp_path / "out")

    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{t}.ndjson" for t in OUTPUT_TOPICS}
    assert [r["entry_id"] for r in rewards(tmp_path / "out")] == [
        "a~base~customer:ann",
        "a~cashback~customer:ann",
        "release~customer:ann~points~2021-11-15",
        "b~base~customer:bob",
        "b~cashback~customer:bob",
    ]
    assert summary.read == {"orders": 2}
    assert summary.written["rewards"] == 5
    assert summary.midnights == 12
    assert summary.rewards == {"accrued": 4, "released": 1}
    assert summary.warnings == []


def test_dead_letters_carry_their_place_and_their_bytes(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        orders=[
            b"",
            order("a", "2021-11-08T10:00:00Z"),
            b"\xff\xfe",
            order("b", "2021-11-08T10:00:00Z", market="ZZ"),
        ],
    )
    summary = run(source, tmp_path / "out")

    letters = [json.loads(line) for line in feeds.lines(tmp_path / "out/dead-letters.ndjson")]
    assert [(one["code"], one["topic"], one["partition"], one["offset"]) for one in letters] == [
        ("json_invalid", "orders", 0, 2),
        ("market_unknown", "orders", 0, 3),
    ]
    assert base64.b64decode(letters[0]["value"]) == b"\xff\xfe"
    assert json.loads(letters[1]["value"])["id"] == "b"
    assert letters[1]["key"] == "ann"
    assert summary.dead_letters == {"json_invalid": 1, "market_unknown": 1}


@pytest.mark.slow
def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = feeds.write_inputs(tmp_path / "in", feeds.events(seed, 2_000))
    code = (
        "import sys; from pathlib import Path; from streams.engine.replay import replay\n"
        "from tests.streams.engine import feeds\n"
        "print(replay(feeds.programs(), Path(sys.argv[1]), Path(sys.argv[2]), agents=feeds.agents))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, source, tmp_path / f"out-{hash_seed}"],
            cwd=feeds.ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "20211126")
    ]

    assert told[0] == told[1]
    assert digests(tmp_path / "out-1") == digests(tmp_path / "out-20211126")
    assert (tmp_path / "out-1/rewards.ndjson").stat().st_size > 100_000


def test_input_larger_than_memory_is_sorted_on_disk_to_the_same_bytes(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    items = feeds.events(seed, 800)
    sound = [item for item in items if feeds.time_of(item.topic, item.value) >= 0]
    source = feeds.write_inputs(tmp_path / "in", sound)
    shuffled = sorted(sound, key=lambda item: feeds.time_of(item.topic, item.value) % 977)
    mixed = feeds.write_inputs(tmp_path / "mixed", shuffled)
    (mixed / "orders.ndjson.gz").write_bytes(gzip.compress((mixed / "orders.ndjson").read_bytes()))
    (mixed / "orders.ndjson").unlink()

    run(source, tmp_path / "out-1")
    run(mixed, tmp_path / "out-2", run_bytes=3_000)

    assert (tmp_path / "out-1/rewards.ndjson").read_bytes() == (
        tmp_path / "out-2/rewards.ndjson"
    ).read_bytes()


def test_batches_of_any_size_write_the_same_bytes(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = feeds.write_inputs(tmp_path / "in", feeds.events(seed, 500))
    run(source, tmp_path / "out-1", limits=Limits(batch_max_records=1, midnight_accounts=1, cache_entities=1))
    run(source, tmp_path / "out-2")

    assert digests(tmp_path / "out-1") == digests(tmp_path / "out-2")


class Sink:
    """A table that lists entry ids."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "tables" / "ids.ndjson"
        self._ids: list[str] = []

    def take(self, record: Record | OutRecord) -> None:
        if record.topic == "rewards":
            self._ids.append(decode_output(record.value).data.entry_id)

    def finish(self) -> None:
        self._file.parent.mkdir()
        self._file.write_text("\n".join(self._ids))

    def close(self) -> None:
        self._ids.clear()


def test_tables_are_folded_from_the_ledger_and_lie_beside_it(tmp_path: Path) -> None:
    source = write(tmp_path / "in", orders=[order("a", "2021-11-08T10:00:00Z")])
    for _ in range(2):
        run(source, tmp_path / "out", tables=Sink)

    ids = (tmp_path / "out/tables/ids.ndjson").read_text().splitlines()
    assert ids == [r["entry_id"] for r in rewards(tmp_path / "out")] != []
    assert not (tmp_path / "out/.partial").exists()


def test_a_new_result_replaces_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write(tmp_path / "in", orders=[order("a", "2021-11-08T10:00:00Z")]), out)
    (out / "notes.txt").write_text("mine")
    run(write(tmp_path / "none", orders=[]), out)

    assert rewards(out) == []
    assert (out / "notes.txt").read_text() == "mine"


def test_a_killed_replay_leaves_no_result_and_the_next_one_succeeds(tmp_path: Path) -> None:
    source = feeds.write_inputs(tmp_path / "in", feeds.events(3, 300))
    code = (
        "import os, signal, sys; from pathlib import Path; from streams.engine import replay as r\n"
        "from tests.streams.engine import feeds\n"
        "r._Output.install = lambda self: os.kill(os.getpid(), signal.SIGKILL)\n"
        "r.replay(feeds.programs(), Path(sys.argv[1]), Path(sys.argv[2]), agents=feeds.agents)"
    )
    done = subprocess.run([sys.executable, "-c", code, source, tmp_path / "out"], cwd=feeds.ROOT, check=False)

    assert done.returncode == -signal.SIGKILL
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == [".partial"]
    run(source, tmp_path / "out")
    run(source, tmp_path / "fresh")
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def failed(source: Path, out: Path) -> ReplayError:
    error = replay(feeds.programs(), source, out, agents=feeds.agents)
    assert isinstance(error, ReplayError)
    assert "\n" not in error.detail
    return error


def test_input_that_cannot_be_read_leaves_the_old_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write(tmp_path / "in", orders=[order("a", "2021-11-08T10:00:00Z")]), out)
    before = digests(out)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/orders.ndjson.gz").write_bytes(gzip.compress(b"x" * 9_000)[:-10])

    assert failed(tmp_path / "nowhere", out).code is ReplayErrorCode.INPUT_MISSING
    assert failed(tmp_path / "bad", out).code is ReplayErrorCode.INPUT_UNREADABLE
    assert digests(out) == before


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    source = write(tmp_path / "in", orders=[])

    assert failed(source, tmp_path / "file").code is ReplayErrorCode.OUTPUT_FAILED


def test_two_replays_do_not_share_a_folder(tmp_path: Path) -> None:
    source = write(tmp_path / "in", orders=[order("a", "2021-11-08T10:00:00Z")])
    codes: list[ReplayErrorCode] = []

    class Meanwhile(Sink):
        def finish(self) -> None:
            codes.append(failed(source, tmp_path / "out").code)
            super().finish()

    run(source, tmp_path / "out", tables=Meanwhile)

    assert codes == [ReplayErrorCode.OUTPUT_IN_USE]


def test_files_that_are_no_input_are_named(tmp_path: Path) -> None:
    source = write(tmp_path / "in")
    (source / "order.ndjson").touch()

    warnings = run(source, tmp_path / "out").warnings

    assert len(warnings) == 2
    assert "order.ndjson is no input file" in warnings[0]
    assert "holds no input" in warnings[1]
