"""Older versions of event data, brought to the current one before they are read.

An event names the version of its data in the CloudEvents attribute ``dataschema``:
``urn:keyday:schema:<type>/v<N>``. Without it, or with a schema of somebody else, the current one is meant.
A version is left behind only when a field changes its meaning; new fields are optional instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from schemas.errors import Code, Refused

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters = Mapping[tuple[str, int], Upcaster]

#: From (type, version) to the data of the next version. No version was left behind so far: all are at 1.
UPCASTERS: Upcasters = {}

SCHEMA_PREFIX = "urn:keyday:schema:"
_VERSION = re.compile(r"/v([1-9]\d{0,3})", re.ASCII)


def current_version(type_: str, upcasters: Upcasters = UPCASTERS) -> int:
    """The version of a type's data that this code reads."""
    version = 1
    while (type_, version) in upcasters:
        version += 1
    return version


def schema_uri(type_: str, version: int) -> str:
    """The ``dataschema`` of a version of a type."""
    return f"{SCHEMA_PREFIX}{type_}/v{version}"


def upcast(tree: dict[str, Any], upcasters: Upcasters = UPCASTERS) -> dict[str, Any]:
    """The event with its data in the current version; ``field_invalid`` when the version is not known."""
    schema, type_, data = tree["dataschema"], tree["type"], tree.get("data")
    if type(schema) is not str or not schema.startswith(SCHEMA_PREFIX):
        return tree
    match = _VERSION.fullmatch(schema.removeprefix(SCHEMA_PREFIX).removeprefix(type_))
    version = int(match[1]) if match else 0
    current = current_version(type_, upcasters)
    if not 1 <= version <= current:
        raise Refused(Code.FIELD_INVALID, "dataschema")
    if type(data) is not dict:
        return tree
    try:
        for older in range(version, current):
            data = upcasters[type_, older](data)
    except (KeyError, TypeError, ValueError):
        raise Refused(Code.FIELD_INVALID, "data") from None
    return {**tree, "data": data}
