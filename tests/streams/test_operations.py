"""What operators are shown of a program at work: budgets and cases in the metrics, log lines without payloads."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from schemas.programs import Programs
from streams.app import build_embedded
from streams.engine.embedded import Embedded
from streams.engine.logs import event_id
from streams.engine.metrics import Metrics
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from tests.program_head import HEAD
from tests.said import logged

PROGRAM = (
    HEAD
    + """
brand_terms = ["acme"]

[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.10"
budget = "spring"

[[budget]]
id = "spring"
amount = "50.00"
period = "month"
over = "trim"

[compliance]
brand_bidding = { action = "flag" }
"""
)
SECRET = "pa55-of-the-broker"
PAYLOAD = "nobody-should-read-this"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines, at the most talkative level."""
    with logged("debug") as stream:
        yield stream


def event(topic: str, type_: str, id_: str, at: str, key: str, **data: Any) -> OutRecord:
    body = {"specversion": "1.0", "id": id_, "source": "shop", "type": type_, "time": at, "data": data}
    return OutRecord(topic, 0, -1, key.encode(), json.dumps(body).encode())


def lea() -> OutRecord:
    at = "2026-03-01T00:00:00Z"
    return event("partner-events", "partner.enrolled", "e1", at, "lea", partner_id="lea", group="content")


def order(id_: str, at: str, subtotal: str, **data: Any) -> OutRecord:
    fields = {"order_id": id_, "customer_id": "ann", "market": "FR", "currency": "EUR", "subtotal": subtotal}
    return event("orders", "order.placed", id_, at, "ann", **fields | {"partner_id": "lea"} | data)


def ad(id_: str, at: str) -> OutRecord:
    fields = {"partner_id": "lea", "engine": "search", "keyword": "acme shoes", "market": "FR"}
    return event("partner-events", "ad.observed", id_, at, "lea", **fields)


def ran(folder: Path, records: list[OutRecord], **settings: Any) -> tuple[Embedded, CollectorRegistry]:
    programs = Programs()
    (folder / "acme.toml").write_text(PROGRAM)
    assert programs.load(folder / "acme.toml").errors == ()
    registry = CollectorRegistry()
    embedded = build_embedded(Settings(data=folder / "data", **settings), programs, Metrics(registry))
    assert isinstance(embedded, Embedded)
    embedded.append(records)
    embedded.catch_up()
    return embedded, registry


def left(registry: CollectorRegistry) -> float | None:
    labels = {"program": "acme", "budget": "spring", "unit": "EUR/2"}
    return registry.get_sample_value("keyday_budget_remaining_amount", labels)


def test_a_budget_shows_what_is_left_of_its_month_also_after_a_restart(tmp_path: Path) -> None:
    embedded, registry = ran(tmp_path, [lea(), order("a", "2026-03-02T10:00:00Z", "120.00")])
    first = left(registry)
    embedded.close()
    embedded, registry = ran(tmp_path, [])
    again = left(registry)
    embedded.close()
    embedded, registry = ran(tmp_path, [order("b", "2026-04-02T10:00:00Z", "30.00")])
    april = left(registry)
    embedded.close()

    # 10 % of 120.00 of a budget of 50.00; in April it begins anew, less 3.00.
    assert (first, again, april) == (3_800, 3_800, 4_700)


def test_a_case_is_counted_when_it_opens_not_for_each_piece_of_evidence(tmp_path: Path) -> None:
    ads = [ad("ad1", "2026-03-02T10:00:00Z"), ad("ad2", "2026-03-02T11:00:00Z")]
    embedded, registry = ran(tmp_path, [lea(), *ads, ad("ad3", "2026-03-03T11:00:00Z")])
    embedded.close()
    family = next(one for one in registry.collect() if one.name == "keyday_cases_opened")
    counts = {
        sample.labels["rule"]: sample.value for sample in family.samples if sample.name.endswith("_total")
    }

    assert counts == {"brand_bidding": 2}


def test_refused_events_are_logged_with_code_and_id_and_without_what_they_hold(
    tmp_path: Path, said: io.StringIO
) -> None:
    refused = order("o1", "2026-03-02T10:00:00Z", "1.001", channel=PAYLOAD)
    junk = OutRecord("orders", 0, -1, None, PAYLOAD.encode())

    embedded, _ = ran(tmp_path, [refused, junk], sasl_password=SECRET, http_token=SECRET)
    logging.getLogger("streams").info("%r", Settings(sasl_password=SECRET, http_token=SECRET))
    embedded.close()

    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    found = next(line for line in lines if "letters" in line)
    assert found["level"] == "warning"
    assert found["codes"] == {"amount_precision": 1, "json_invalid": 1}
    assert [(one["code"], one["offset"], one["event_id"]) for one in found["letters"]] == [
        ("amount_precision", 0, "o1"),
        ("json_invalid", 1, None),
    ]
    assert PAYLOAD not in said.getvalue()
    assert SECRET not in said.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_run_over_poison_logs_nothing_of_anybody_and_no_line_that_an_event_made(
    tmp_path: Path, form: str
) -> None:
    forged = "\n2026-01-01 00:00:00 ERROR forged: \x1b[31m"
    people = {"customer_id": PAYLOAD, "ip_hash": PAYLOAD, "device_id": PAYLOAD, "coupons": [PAYLOAD]}
    poison = [
        order(f"o1{forged}", "2026-03-02T10:00:00Z", "1.001", **people),
        order("o2", "yesterday", "1.00", **people),
        order("o3", "2026-03-02T10:00:00Z", PAYLOAD, **people),
        OutRecord("orders", 0, -1, PAYLOAD.encode(), b"\xff\x00" + PAYLOAD.encode()),
        OutRecord("orders", 0, -1, None, None),
        OutRecord("clicks", 0, -1, PAYLOAD.encode(), b"[" * 10_000 + PAYLOAD.encode()),
        OutRecord("programs", 0, -1, None, json.dumps({"id": forged, "type": forged}).encode()),
    ]
    with logged("debug", form) as stream:
        embedded, _ = ran(tmp_path, [lea(), *poison], sasl_password=SECRET, http_token=SECRET)
        embedded.close()

    said = stream.getvalue()
    assert "records took no effect" in said
    assert PAYLOAD not in said
    assert SECRET not in said
    assert "\n2026-01-01" not in said
    assert "\x1b" not in said
    assert all(json.loads(line) for line in said.splitlines() if form == "json")


def test_a_flood_of_refused_events_is_one_line_a_batch(tmp_path: Path, said: io.StringIO) -> None:
    junk = [OutRecord("orders", 0, -1, None, b"junk")] * 500

    embedded, _ = ran(tmp_path, junk)
    embedded.close()

    lines = [json.loads(line) for line in said.getvalue().splitlines() if '"letters"' in line]
    assert [(line["codes"], len(line["letters"])) for line in lines] == [({"json_invalid": 500}, 3)]


def test_console_lines_carry_the_same_fields_on_one_line() -> None:
    with logged("info", "console") as stream:
        logging.getLogger("a").warning("b", extra={"code": "gone", "event_id": "x\ny"})

    assert stream.getvalue().endswith(' WARNING a: b code="gone" event_id="x\\ny"\n')


def test_libraries_do_not_log_requests_byte_by_byte_at_any_level(said: io.StringIO) -> None:
    logging.getLogger("aiokafka.conn").debug("Request: %s", SECRET)

    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("value", "expected"), [(b'{"id": "a"}', "a"), (b'{"id": 1}', None), (b"\xff", None), (None, None)]
)
def test_the_id_of_an_event_is_read_where_there_is_one(value: bytes | None, expected: str | None) -> None:
    assert event_id(value) == expected


def test_an_id_is_cut_to_a_bounded_length() -> None:
    assert event_id(json.dumps({"id": "x" * 10_000}).encode()) == "x" * 200
