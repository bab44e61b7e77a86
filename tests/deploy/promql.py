"""Just enough of PromQL to see which metrics and labels an expression uses."""

from __future__ import annotations

import re

from msgspec import Struct

_NAME = re.compile(r"\b(?:[a-z_]+:)?(?:keyday|process|python|up)[a-z0-9_]*(?::[a-z0-9_]+)?")
_WORD = re.compile(r"[A-Za-z_]\w*")


class Uses(Struct, frozen=True):
    """``matched`` are (metric, labels in its braces); ``grouped`` the labels of by, without, on, ignoring."""

    matched: list[tuple[str, tuple[str, ...]]]
    grouped: tuple[str, ...]


def uses(expression: str) -> Uses:
    """What an expression uses; text in quotes is left out of it."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    groups = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", bare)
    grouped = tuple(sorted({word for group in groups for word in _WORD.findall(group)}))
    # What is grouped by is no metric, though it may be called like one.
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    matched = []
    for name in _NAME.finditer(re.sub(r"\{[^}]*\}", lambda found: "\x00" * len(found[0]), bare)):
        rest = re.sub(r'"[^"]*"', '""', bare)[name.end() :]
        braces = re.match(r"\{([^}]*)\}", rest)
        labels = re.findall(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)", braces[1]) if braces else []
        matched.append((name[0], tuple(labels)))
    return Uses(matched, grouped)
