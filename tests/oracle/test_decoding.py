"""Keyday's decoder and the oracle's give the same code for events with one odd value, at any place."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.codec import Decoder
from schemas.errors import DecodeError
from schemas.programs import Programs as Registry
from tests.oracle import decode
from tests.oracle.program import Programs, from_toml
from tests.oracle.values import RefusedError
from tests.oracle.world import line
from tests.program_head import HEAD
from tests.scenarios.world import program

LINE = {"line_id": "1", "sku": "s", "category": "c", "quantity": 2, "amount": "3.00"}
ORDER = {"currency": "EUR", "subtotal": "10.00", "discount": "1", "tax": "0.5", "shipping": 2}
RECORD = {"markets": ["FR"], "customer_ids": ["ada"], "paid_search_allowed": True}
#: What the types hold beside texts.
MORE: dict[str, dict[str, Any]] = {
    "order.placed": ORDER | {"coupons": ["A"], "new_customer": True, "lines": [LINE]},
    "order.refunded": {"currency": "EUR", "amount": "1.00"},
    "partner.enrolled": RECORD,
    "partner.updated": RECORD,
    "ad.observed": {"rank": 1},
    "compliance.case_resolved": {"decision": "upheld"},
    "redemption.requested": {"account": "customer:ada", "unit": "EUR/2", "amount": 5},
    "adjustment.requested": {"account": "partner:lea", "unit": "points", "amount": -5},
}
NUMBERS = (
    *("1.0", "1.50", "1e2", "1.234", "1.2e1", "1e-2", "1e-3", "100e-2", "1000e-3", "-0", "-0.00", "-0.000"),
    *("1E+2", "1e400", "1e-400", "0e400", "0e-400", "10000000000", "10000000000.00", "10000000000.01"),
    *("1e10", "1000000000000", "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1"),
)
ODD: list[Any] = [
    *(
        "",
        None,
        0,
        -0.0,
        1,
        -1,
        True,
        False,
        [],
        {},
        ["a"],
        [""],
        [None],
        [1],
        {"a": 1},
        " ",
        "x",
        "\0",
        "x" * 256,
    ),
    *(f"@number:{one}@" for one in NUMBERS),
    *(
        "1",
        "1.0",
        "1.00",
        "1.000",
        "-1",
        "-1.000",
        "-0",
        "-0.00",
        "+1",
        "1.",
        ".5",
        "1e2",
        " 1",
        "1 ",
        "\uff11",
    ),
    *("1_0", "10000000000", "10000000000.00", "10000000000.01", "0" * 40 + "1", "0.00000", "9" * 29, "NaN"),
    *("EUR", "eur", "JPY", "XXX", "XAU", "points", "EUR/2", "USD/2", "EUR/0", "customer:", "customer:a"),
    *("partner:a:b", "customer:a:held", "customer::held", "Customer:a", "brand:a", "acme", "other", "upheld"),
    *("Upheld", "1.0.0", "order.placed", "link.clicked", "order.lost", 1772359200),
    *("2026-03-01t10:00:00z", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00", "2026-03-01T10:00Z"),
    *("2026-03-01T10:00:00.123456789+05:30", "2026-03-01T10:00:00.Z", "2026-03-01T10:00:00,5Z"),
    *("2026-03-01T24:00:00Z", "2026-03-01T23:59:60Z", "2026-03-02T00:59:60+01:00", "2026-03-01T10:00:60Z"),
    *("2026-03-01T10:60:00Z", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2026-03-01T10:00:00+24:00"),
    *("2026-03-01T10:00:00+23:59", "2026-03-01T10:00:00-00:00", "2026-03-01T10:00:00+0100"),
    *("2026-03-01T10:00:00+01", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00"),
    *("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-01:00", "+2026-03-01T10:00:00Z"),
    *("\uff12026-03-01T10:00:00Z", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00+00:01"),
]
#: Places and values, drawn anew in each run.
DRAWN = 2_000
GONE = object()


def event_of(kind: str) -> dict[str, Any]:
    _, _, required, optional = decode.TYPES[kind]
    data = dict.fromkeys((*required, *optional), "x1") | MORE.get(kind, {})
    time = "2026-03-01T10:00:00Z"
    return {"specversion": "1.0", "id": "e1", "source": "shop", "type": kind, "time": time, "data": data}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def with_odd(event: dict[str, Any], path: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    event = holder = copy.deepcopy(event)
    for key in path[:-1]:
        holder = holder[key]
    if odd is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = odd
    return event


def codes(topic: str, raw: bytes) -> tuple[str, str]:
    """What the oracle and Keyday say of a line."""
    try:
        decode.decode(topic, 0, raw, Programs([from_toml(HEAD)]))
        wanted = "ok"
    except RefusedError as refused:
        wanted = refused.code
    found = Decoder(Registry([program(HEAD)])).decode(topic, b"", raw, [])
    return wanted, str(found.code.value) if isinstance(found, DecodeError) else "ok"


KINDS = [kind for kind in decode.TYPES if kind != "program.published"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_without_faults_is_read(kind: str) -> None:
    assert codes(decode.TYPES[kind][0], line(event_of(kind))) == ("ok", "ok")


def test_one_odd_value_has_the_same_code() -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    everywhere = [(kind, path) for kind in KINDS for path in places(event_of(kind))]
    for _ in range(DRAWN):
        kind, path = dice.choice(everywhere)
        raw = line(with_odd(event_of(kind), path, dice.choice([*ODD, GONE])))
        wanted, came = codes(decode.TYPES[kind][0], raw)
        assert wanted == came, raw


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b" ",
            b"\xef\xbb\xbf{}",
            b"{}{}",
            b"[]",
            b"{",
            b'{"id":1,"id":2}',
            b'"a"',
            b"null",
            b"1",
            b"\xff",
        ),
        *(b'{"a":NaN}', b"[" * 100_000, b'{"a":"\n"}', b"{'a':1}", b'{"a":1,}', b"\0{}", b'{"a":1} x'),
        *(b'{"specversion":"\\ud800"}', b'{"specversion":"\\ud83d\\ude00"}'),
    ],
    ids=lambda raw: re.sub(r"\W", "_", repr(raw[:12])),
)
def test_lines_that_are_no_object_have_the_same_code(raw: bytes) -> None:
    wanted, came = codes("orders", raw)
    assert wanted == came
