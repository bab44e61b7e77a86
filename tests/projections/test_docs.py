from __future__ import annotations

import re
from pathlib import Path

from projections.api.accounts import MAX_PAGE_ENTRIES
from projections.api.model import MAX_ACCOUNT_CHARS
from projections.faults import FaultCode
from projections.problems import STATUS, ProblemCode
from projections.progress import BlockerCode

DOCS = Path(__file__).parents[2] / "docs"


def test_every_problem_code_is_documented_with_its_status_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (DOCS / "http.md").read_text(), re.MULTILINE)

    assert [code for code, _ in rows] == [code.value for code in ProblemCode]
    expected = {code.value: str(STATUS[code].value) for code in ProblemCode}
    assert dict(rows) == {**expected, "request_refused": "4xx"}


def test_reasons_limits_and_fault_codes_are_documented() -> None:
    http, metrics = (DOCS / "http.md").read_text(), (DOCS / "metrics.md").read_text()

    assert all(f"`{code}`" in http for code in BlockerCode)
    assert all(f"`{code}`" in metrics for code in FaultCode)
    assert f"up to {MAX_PAGE_ENTRIES}" in http
    assert f"up to {MAX_ACCOUNT_CHARS} characters" in http
