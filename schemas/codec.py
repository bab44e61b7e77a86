"""Bytes to facts and facts to bytes: the border of Keyday.

Nearly all records are plain and read by ``schemas.plain``. Others are read once into a JSON tree; one typed
conversion checks their shape. Only a record that fails is looked at again, by ``schemas.diagnosis``, to name
the first check that fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import ValidationError, convert

from events.time import parse_time
from schemas import facts, wire
from schemas.cloudevents import read_event
from schemas.dead_letters import dead_letter_headers, dead_letter_line
from schemas.diagnosis import check_attributes, diagnose
from schemas.errors import Code, DecodeError, Refused
from schemas.facts import Decoded
from schemas.json_tree import digest, read_object
from schemas.plain import read_plain
from schemas.rewards import decode_output, encode_output
from schemas.upcast import UPCASTERS, Upcasters, upcast

__all__ = [
    "Decoded",
    "Decoder",
    "ProgramLookup",
    "dead_letter_headers",
    "dead_letter_line",
    "decode_output",
    "encode_output",
]


class ProgramLookup(Protocol):
    """What the decoder asks of the loaded programs."""

    def resolve(self, program_id: str | None, time: int) -> str | None:
        """Id of the program in force at ``time``; ``program_id`` None asks for the only one loaded.

        ``None`` when there is none, or when it is not clear which.
        """

    def money_unit(self, program_id: str) -> str | None:
        """The unit of a program's money, the same in all versions; ``None`` when it is not loaded."""


#: The topic whose amounts are in a program's units.
_REQUESTS = "account-requests"

_ENVELOPES: dict[str, dict[str, type[wire.Envelope]]] = {}
for (_topic, _type), _envelope in wire.ENVELOPES.items():
    _ENVELOPES.setdefault(_topic, {})[_type] = _envelope


class Decoder:
    """Reads records of input topics; the same for Kafka, the embedded log and files."""

    def __init__(self, programs: ProgramLookup, upcasters: Upcasters = UPCASTERS) -> None:
        self._resolve = programs.resolve
        self._money_unit = programs.money_unit
        self._upcasters = upcasters

    def decode(
        self,
        topic: str,
        key: bytes | None,  # noqa: ARG002 - what a record carries, whether or not it is looked at
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> Decoded | DecodeError:
        """The event of a record in structured or binary mode, or the first check that it fails."""
        if value is not None and not headers:
            plain = read_plain(topic, value, self._resolve)
            if plain is not None:
                return plain
        try:
            tree = read_event(value, headers) if headers or value is None else read_object(value)
            content = digest(tree)
            try:
                current = tree
                if "dataschema" in tree:
                    check_attributes(topic, tree)
                    current = upcast(tree, self._upcasters)
                event: Any = convert(current, _ENVELOPES[topic][tree["type"]])
                time = parse_time(event.time)
            except (KeyError, TypeError, ValueError, ValidationError):
                refused = diagnose(topic, tree, self._resolve, self._upcasters)
                raise refused or Refused(Code.FIELD_INVALID, "data") from None
            if type(event) is wire.ProgramPublished:
                return Decoded(facts.program_published(event, current["data"], time), content)
            program = self._resolve(event.data.program, time)
            if program is None:
                return DecodeError(Code.PROGRAM_UNKNOWN, "data.program")
            money = self._money_unit(program) if topic == _REQUESTS else None
            return Decoded(facts.to_fact(event, current["data"], time, program, money), content)
        except Refused as refused:
            return refused.error
