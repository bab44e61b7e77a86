"""``POST /v1/events``: CloudEvents, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta, Raw

from projections.api.answers import json_answer
from projections.api.bodies import read_body
from projections.api.intake import Intake, SinkError, Taken
from projections.api.routes import CALLER, Answer, Asked, Body, Route
from projections.api.scopes import WRITERS
from projections.problems import RETRY, ProblemCode, problem
from schemas import wire

#: Events of one request, and bytes of its body.
MAX_EVENTS: Final = 5_000
MAX_EVENTS_BYTES: Final = 8 * 1024 * 1024

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
LINES: Final = "application/x-ndjson"

#: What may go wrong wherever a body becomes events.
SENDING_PROBLEMS: Final = (
    ProblemCode.BODY_INVALID,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.MEDIA_TYPE_UNKNOWN,
    ProblemCode.EVENTS_REFUSED,
    ProblemCode.NOT_READY,
)

_UNION: Any = wire.OrderPlaced
for _envelope in wire.ENVELOPES.values():
    _UNION |= _envelope

_BODY: Final = Body(
    content={
        ONE: _UNION,
        BATCH: Annotated[list[_UNION], Meta(min_length=1, max_length=MAX_EVENTS)],
        LINES: str,
    },
    max_bytes=MAX_EVENTS_BYTES,
)

_batch = msgspec.json.Decoder(list[Raw]).decode


class Events:
    """Takes events for the agents."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                path="/v1/events",
                name="send_events",
                summary="Send events; those that are accepted are durable.",
                method="POST",
                tag="changes",
                handler=self.send,
                body=_BODY,
                answer=Answer(
                    type=Taken,
                    status=202,
                    doc="How many were accepted, and why others were not. An event that is sent again has no "
                    "second effect.",
                ),
                problems=SENDING_PROBLEMS,
                roles=WRITERS,
            ),
        )

    async def send(self, request: web.Request, _: Asked) -> web.StreamResponse:
        """Take what can be read."""
        body = await read_body(request, _BODY)
        if isinstance(body, web.Response):
            return body
        events = _split(request.content_type, body)
        if events is None or not 0 < len(events) <= MAX_EVENTS:
            return problem(ProblemCode.BODY_INVALID, f"the body holds 1 to {MAX_EVENTS} events as JSON")
        return await taken(self._intake, events, request)


async def taken(intake: Intake, events: Sequence[Raw | bytes], request: web.Request) -> web.Response:
    """The answer to a request that these events were made of."""
    try:
        found = await intake.take(events, request[CALLER].scope)
    except SinkError as error:
        return problem(ProblemCode.NOT_READY, str(error), headers=RETRY)
    built: dict[str, Any] = msgspec.to_builtins(found)
    if found.accepted:
        return json_answer(built, status=202)
    return problem(ProblemCode.EVENTS_REFUSED, "no event was accepted", **built)


def _split(content_type: str, body: bytes) -> Sequence[Raw | bytes] | None:
    """The events as they were written; ``None`` for what is no list of JSON values."""
    if content_type == LINES:
        return [line for line in body.split(b"\n") if line.strip()]
    if content_type == ONE:
        return [body]
    try:
        return _batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
