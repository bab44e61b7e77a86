"""Every code has its line in docs/errors.md, and every code of the codec its tests."""

from __future__ import annotations

import re
from pathlib import Path

from events import limits
from schemas.errors import Code

DOCS = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")

#: Found by the agents, who know the program, the clock and what came before.
BY_AGENTS = {
    Code.TOO_LATE,
    Code.IN_FUTURE,
    Code.ID_CONFLICT,
    Code.MARKET_UNKNOWN,
    Code.FX_RATE_MISSING,
    Code.CURRENCY_MISMATCH,
    Code.ORDER_UNKNOWN,
}


def test_the_docs_list_every_code_in_order_of_precedence() -> None:
    assert re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE) == [code.value for code in Code]


def test_every_code_of_the_codec_has_tests_by_its_name() -> None:
    tests = (Path(__file__).parent / "test_codec.py").read_text(encoding="utf-8")

    for code in set(Code) - BY_AGENTS:
        assert f"def test_{code}_is_" in tests, code


def test_the_docs_state_the_limits_of_the_code() -> None:
    for limit in (
        limits.MESSAGE_MAX_BYTES,
        limits.NESTING_MAX_LEVELS,
        limits.ID_MAX_CHARS,
        limits.TEXT_MAX_CHARS,
        limits.TIME_MAX_CHARS,
        limits.ORDER_MAX_LINES,
        limits.ORDER_MAX_COUPONS,
        limits.PARTNER_MAX_CUSTOMERS,
        limits.PARTNER_MAX_MARKETS,
    ):
        assert re.search(rf"^\| .* \| {limit:,} ", DOCS, re.MULTILINE), limit
    assert limits.AMOUNT_MAX_MINOR == limits.COUNT_MAX == 10**12
