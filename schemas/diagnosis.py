"""Why an event cannot be read: the slow path, which finds the first check that fails.

The order is that of DOMAIN section 14: specversion, id, source, type, time, known type, data, program,
fields in the order of their wire struct, net. JSON itself was checked before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, get_type_hints

import msgspec

from events.time import parse_time
from schemas import values, wire
from schemas.errors import Code, Refused
from schemas.upcast import Upcasters, upcast

Resolve = Callable[[str | None, int], str | None]

_READERS: tuple[tuple[Any, Callable[[Any, str], Any]], ...] = (
    (wire.Account, values.read_account),
    (wire.Unit, values.read_unit),
    (wire.Redeemed, values.read_redeemed),
    (wire.Adjusted, values.read_adjusted),
)


class _Field(NamedTuple):
    name: str
    required: bool
    type: Any


def check_attributes(topic: str, tree: dict[str, Any]) -> int:
    """Check the attributes and the type; the event's time."""
    specversion = _required(tree, "specversion", "", str)
    if specversion != "1.0":
        raise Refused(Code.SPECVERSION_UNKNOWN, "specversion")
    hints = _fields(wire.Envelope)
    for name in ("id", "source"):
        _required(tree, name, "", hints[name].type)
    type_ = _required(tree, "type", "", str)
    if not type_:
        raise Refused(Code.FIELD_INVALID, "type")
    try:
        time = parse_time(_required(tree, "time", "", wire.Time))
    except ValueError:
        raise Refused(Code.FIELD_INVALID, "time") from None
    if (topic, type_) not in wire.ENVELOPES:
        raise Refused(Code.TYPE_UNKNOWN, "type")
    return time


def diagnose(topic: str, tree: dict[str, Any], resolve: Resolve, upcasters: Upcasters) -> Refused | None:
    """The first check that an event fails, ``None`` when it fails none but perhaps that of its net."""
    try:
        time = check_attributes(topic, tree)
        if "dataschema" in tree:
            tree = upcast(tree, upcasters)
        data: Any = tree.get("data")
        _check_object(data, "data")
        envelope = wire.ENVELOPES[topic, tree["type"]]
        if envelope is not wire.ProgramPublished:
            _check_program(data.get("program"), time, resolve)
        _check_fields(_fields(envelope)["data"].type, data, "data.")
    except Refused as refused:
        return refused
    return None


def _check_program(program: Any, time: int, resolve: Resolve) -> None:
    if program is not None:
        _convert(program, wire.Id, "data.program")
    if resolve(program, time) is None:
        raise Refused(Code.PROGRAM_UNKNOWN, "data.program")


def _check_fields(struct: type[msgspec.Struct], tree: dict[str, Any], path: str, scale: int = 0) -> None:
    for name, required, type_ in _fields(struct).values():
        value = tree.get(name)
        at = path + name
        if value is None:
            if required:
                raise Refused(Code.FIELD_MISSING, at)
        elif type_ is wire.Currency:
            scale = values.read_currency(value, at)
        elif type_ is wire.Amount or type_ is wire.OptionalAmount:
            values.read_amount(value, scale, at)
        elif type_ is wire.ProgramHead:
            _check_object(value, at)
            _check_fields(wire.ProgramHead, value, f"{at}.")
        elif name == "lines":
            _check_lines(value, at, scale)
        else:
            _check_value(value, type_, at)


def _check_lines(value: Any, path: str, scale: int = 0) -> None:
    _convert(value, wire.LineList, path)
    for position, line in enumerate(value):
        at = f"{path}[{position}]"
        _check_object(line, at, missing=Code.FIELD_INVALID)
        _check_fields(wire.LineData, line, f"{at}.", scale)


def _check_value(value: Any, type_: Any, path: str) -> None:
    for custom, read in _READERS:
        if type_ is custom:
            read(value, path)
            return
    _convert(value, type_, path)


def _check_object(value: Any, path: str, missing: Code = Code.FIELD_MISSING) -> None:
    if value is None:
        raise Refused(missing, path)
    if type(value) is not dict:
        raise Refused(Code.FIELD_INVALID, path)


def _required(tree: dict[str, Any], name: str, path: str, type_: Any) -> Any:
    value = tree.get(name)
    if value is None:
        raise Refused(Code.FIELD_MISSING, path + name)
    return _convert(value, type_, path + name)


def _convert(value: Any, type_: Any, path: str) -> Any:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        raise Refused(Code.FIELD_INVALID, path) from None


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, _Field]:
    hints = get_type_hints(struct, include_extras=True)
    return {
        field.name: _Field(field.name, field.required, hints[field.name])
        for field in msgspec.structs.fields(struct)
    }
