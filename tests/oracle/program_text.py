"""The tables of a program as TOML, for worlds that are written to files."""

from __future__ import annotations

import json
import re
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TIMES = ("effective_from", "from", "terms_due")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T.*Z)?")


def to_toml(content: dict[str, Any]) -> str:
    """A program file; times are TOML times, everything else is written as it is."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list):
            parts += [f"[[{key}]]\n{_body(one)}" for one in value]
        else:
            parts.append(f"[{key}]\n{_body(value)}")
    return "\n".join(parts)


def _body(table: dict[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(key, value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _value(key: str, value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(name, one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value("", one) for one in value) + "]"
    if isinstance(value, str) and key in _TIMES and _TIME.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
