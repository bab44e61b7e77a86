"""What all commands share: options from the settings, failures, tables and progress on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click
import orjson

from streams.engine.settings import Settings, SettingsError, about, default, load, variable

F = TypeVar("F", bound=Callable[..., Any])

#: The exit statuses of every command.
DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2


#: Settings of Kafka's security that are no secrets.
SECURITY: Final = (
    "security_protocol",
    "sasl_mechanism",
    "sasl_username",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_key_file",
)


class WorkFailedError(Exception):
    """The work of a command failed: one line on stderr and exit status 1."""


def settings_options(*names: str) -> Callable[[F], F]:
    """Options for these settings; secrets are never flags, since every user of a machine can see those."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            option = click.option(
                "--" + name.replace("_", "-"), name, default=None, metavar=_metavar(name), help=_help(name)
            )
            function = option(function)
        return function

    return decorate


def settings_from(flags: Mapping[str, Any]) -> Settings:
    """The settings of this process; a wrong one is wrong use."""
    try:
        return load(os.environ, flags)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def say(text: str = "") -> None:
    """A line for people, on stdout."""
    click.echo(text)


def note(text: str) -> None:
    """A line beside the result, on stderr."""
    click.echo(text, err=True)


def as_json(value: Any) -> None:
    """The result for machines, on stdout."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def table(rows: Sequence[Mapping[str, Any]], *, json: bool) -> None:
    """Rows with the same keys as aligned columns, or as a JSON list."""
    if json:
        as_json(list(rows))
        return
    if not rows:
        return
    names = list(rows[0])
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def progress(length: int, label: str) -> Any:
    """A progress bar on stderr; where stderr is no terminal it is the label alone."""
    return click.progressbar(
        length=max(length, 1), label=label, file=sys.stderr, update_min_steps=max(length // 200, 1)
    )


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _metavar(name: str) -> str:
    choices = about(name)["choices"]
    return "|".join(choices) if choices else name.rsplit("_", maxsplit=1)[-1].upper()


def _help(name: str) -> str:
    preset = default(name)
    shown = "" if preset in {None, ""} else f", default {preset}"
    return f"{about(name)['doc']} [{variable(name)}{shown}]"
