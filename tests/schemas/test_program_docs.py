from __future__ import annotations

import re
from pathlib import Path

from schemas.program_file import parse_toml


def test_the_documented_program_is_valid_and_has_full_effect() -> None:
    text = (Path(__file__).parents[2] / "docs" / "program-file.md").read_text()
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    parsed = parse_toml(block)

    assert (parsed.errors, parsed.warnings) == ((), ())
