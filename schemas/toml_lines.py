"""Where the keys of a TOML file stand, so that an error can name its line."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-.\"']+)\s*=")


def key_lines(text: str) -> dict[str, int]:
    """Line numbers (from 1) by path, such as ``accrual[0].rate``.

    Keys of inline tables are not found; they are on the line of their table.
    """
    lines: dict[str, int] = {}
    tables: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = _plain(header[2])
            table = name
            if header[1] == "[[":
                lines.setdefault(name, number)
                table = f"{name}[{tables[name]}]"
                tables[name] += 1
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = f"{table}.{_plain(key[1])}" if table else _plain(key[1])
            lines.setdefault(path, number)
    return lines


def line_of(lines: dict[str, int], path: str) -> int:
    """The line of the path, or of the nearest table around it; 0 when there is none."""
    while path:
        if path in lines:
            return lines[path]
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return 0


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
