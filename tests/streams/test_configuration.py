from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from streams.engine.settings import Settings, default, variable

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def reference() -> list[str]:
    """The rows of the page's table, one for each setting in the order of the code."""
    rows = []
    for each in fields(Settings):
        about = each.metadata
        doc = about["doc"]
        if about["choices"]:
            doc += " One of " + ", ".join(f"`{choice}`" for choice in about["choices"]) + "."
        if about["least"] is not None:
            doc += f" {about['least']} to {about['most']}."
        name = f"`{variable(each.name)}`" + (f", `{variable(each.name)}_FILE`" if about["secret"] else "")
        preset = default(each.name)
        rows.append(f"| {name} | {'' if preset in {None, ''} else f'`{preset}`'} | {doc} |")
    return rows


def test_the_page_lists_every_setting_as_the_code_has_it() -> None:
    shown = [line for line in PAGE.read_text().splitlines() if line.startswith("| `KEYDAY_")]

    assert shown == reference()
