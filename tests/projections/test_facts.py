from __future__ import annotations

from collections.abc import Callable

import pytest

from projections.facts import Fact, Headed, click, order
from streams.engine.record import Record

DEEP = b'{"type":"order.placed","data":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"


@pytest.mark.parametrize("read", [click, order])
@pytest.mark.parametrize("value", [DEEP, b"junk", b"\xff", b"[]", None])
def test_an_input_that_the_agents_cannot_read_is_no_fact(
    read: Callable[[Headed], Fact | None], value: bytes | None
) -> None:
    assert read(Record("orders", 0, 0, 1_000, None, value)) is None
