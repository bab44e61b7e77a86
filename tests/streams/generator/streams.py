"""Generated streams for tests: small, with the program that they are for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from events.inputs import InputEvent
from schemas.codec import Decoder
from schemas.errors import DecodeError
from schemas.program_file import parse_toml
from schemas.programs import Programs
from streams.generator.breaches import Truth
from streams.generator.event import Generated
from streams.generator.program import Rules, program_text, read_rules
from streams.generator.stream import Parameters, stream

START = dt.date(2025, 11, 1)
MARKETS = ("FR", "DE", "ES", "GB", "US")


@dataclass
class Made:
    """A stream, decoded, and what was told of its breaches."""

    parameters: Parameters
    rules: Rules
    events: list[Generated]
    truths: list[Truth]
    dead: list[DecodeError] = field(default_factory=list)
    facts: list[InputEvent] = field(default_factory=list)


def parameters(**given: Any) -> Parameters:
    usual: dict[str, Any] = {
        "seed": 1, "events": 20_000, "start": START, "days": 35, "customers": 1_000, "partners": 40,
        "markets": MARKETS,
    }  # fmt: skip
    return Parameters(**(usual | given))


def made(**given: Any) -> Made:
    asked = parameters(**given)
    text = program_text(asked.markets, asked.partners, asked.start)
    program = parse_toml(text).program
    assert program is not None
    rules = read_rules(text)
    truths: list[Truth] = []
    found = Made(asked, rules, list(stream(asked, rules, truths.append)), truths)
    decoder = Decoder(Programs([program]))
    for event in found.events:
        decoded = decoder.decode(event.topic, event.key, event.value, ())
        if isinstance(decoded, DecodeError):
            found.dead.append(decoded)
        else:
            found.facts.append(decoded.event)
    return found
