"""``keyday token``: make, list and revoke the bearer tokens of the HTTP API."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import click

from events.time import format_time
from streams.commands.front import (
    DONE,
    WorkFailedError,
    as_json,
    note,
    say,
    settings_from,
    settings_options,
    table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from projections.api.scopes import Scope
    from projections.api.tokens import Token

_UNITS: Final = {"m": 60, "h": 3_600, "d": 86_400}
_LIFETIME: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
#: Days that a token opens something when nothing is said.
LIFETIME_DAYS: Final = 90


class _Lifetime(click.ParamType):
    name = "TIME"

    def convert(self, value: Any, param: Any, ctx: Any) -> int | None:
        """Seconds; ``None`` for ever."""
        if value == "never":
            return None
        found = _LIFETIME.fullmatch(str(value))
        if found is None:
            self.fail(f"{value} is no time to live: 90d, 12h, 30m or never", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class _Scope(click.ParamType):
    name = "SCOPE"

    def convert(self, value: Any, param: Any, ctx: Any) -> Scope:
        """The scope."""
        from projections.api.scopes import parse_scope

        try:
            return parse_scope(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


_place = settings_options("tokens_file", "data", "state_dir")


@click.group()
def token() -> None:
    """Make, list and revoke bearer tokens of the HTTP API.

    A running server sees what changes at once. They are in KEYDAY_TOKENS_FILE, else in tokens.json of the
    data directory (--data), or of the state directory (--state-dir) for servers that read Kafka.
    """


@token.command()
@click.option("--scope", required=True, type=_Scope(), help="operator, program:ID, partner:ID, events:write.")
@click.option(
    "--expires",
    "lifetime_s",
    type=_Lifetime(),
    default=f"{LIFETIME_DAYS}d",
    show_default=True,
    help="How long it opens something: 90d, 12h, 30m or never.",
)
@click.option("--note", "text", default="", help="What it is for, as a reminder.")
@_place
@click.option("--json", "json_", is_flag=True, help="Print the token and its record as JSON.")
def create(*, scope: Scope, lifetime_s: int | None, text: str, json_: bool, **flags: Any) -> int:
    """Make a token and print it, this once: only its hash is kept."""
    from projections.api.tokens import TokenFile, TokensError

    path = _path(flags)
    try:
        bearer, record = TokenFile(path).create(scope, now=_now(), lifetime_s=lifetime_s, note=text)
    except TokensError as error:
        raise WorkFailedError(str(error)) from None
    if json_:
        as_json({"token": bearer, **_row(record)})
    else:
        say(bearer)
        until = "for good" if record.expires is None else f"until {_time(record.expires)}"
        note(f"token {record.id} of {path}: {record.scope}, {until}; it cannot be shown again")
    return DONE


@token.command("list")
@_place
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def list_(*, json_: bool, **flags: Any) -> int:
    """Show the records: ids, scopes and states, never a token."""
    from projections.api.tokens import TokensError, read_tokens

    try:
        rows = [_row(record) for record in read_tokens(_path(flags))]
    except TokensError as error:
        raise WorkFailedError(str(error)) from None
    table(rows, json=json_)
    if not rows and not json_:
        note("no tokens; keyday token create makes one")
    return DONE


@token.command()
@click.argument("name", metavar="ID")
@_place
def revoke(name: str, **flags: Any) -> int:
    """Revoke a token for good, by its id."""
    from projections.api.tokens import TokenFile, TokensError

    path = _path(flags)
    try:
        record = TokenFile(path).revoke(name, now=_now())
    except TokensError as error:
        raise WorkFailedError(str(error)) from None
    if record is None:
        raise WorkFailedError(f"{path} has no token {name}; keyday token list shows them")
    say(f"token {record.id} is revoked")
    return DONE


def _path(flags: dict[str, Any]) -> Path:
    from projections.api.tokens import tokens_path

    settings = settings_from(flags)
    if flags["data"] is not None and flags["state_dir"] is not None:
        raise click.UsageError("give one of --data and --state-dir")
    of_kafka = flags["state_dir"] is not None or (flags["data"] is None and bool(settings.brokers))
    return tokens_path(settings, of_kafka=of_kafka)


def _row(record: Token) -> dict[str, Any]:
    return {
        "id": record.id,
        "scope": record.scope,
        "state": str(record.state(time.time())),
        "created": _time(record.created),
        "expires": "" if record.expires is None else _time(record.expires),
        "note": record.note,
    }


def _time(seconds: int) -> str:
    return format_time(seconds * 1_000)


def _now() -> int:
    return int(time.time())
