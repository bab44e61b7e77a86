from __future__ import annotations

import json
import logging

import pytest

from schemas.programs import Programs
from streams.engine.published import Published
from streams.engine.record import Record

#: What terminals and readers of lines act upon: line ends of all kinds, colours, a turn of direction.
FORGED = "x\nERROR forged\r\x1b[31m\u2028\u202e"


def record(id_: str, data: object) -> Record:
    event = {"specversion": "1.0", "id": id_, "source": "s", "type": "program.published"}
    value = json.dumps(event | {"time": "2026-01-01T00:00:00Z", "data": data}).encode()
    return Record("programs", 0, 3, 0, None, value, ())


def test_a_refused_version_is_one_line_whatever_it_calls_itself(caplog: pytest.LogCaptureFixture) -> None:
    programs = Programs()
    published = Published(programs)

    with caplog.at_level(logging.INFO):
        published.follow(record(FORGED, {"program": {"id": FORGED}}))
        published.follow(record("a", {FORGED: FORGED, "program": FORGED}))
        published.follow(record("y" * 100_000, {}))

    lines = [one.getMessage() for one in caplog.records]
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 20_000 for line in lines)
    assert lines[0].startswith("programs/0 at 3: x\\nERROR forged\\r\\x1b[31m\\u2028\\u202e is refused: ")
    assert programs.ids() == []
