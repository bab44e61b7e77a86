"""The front door: ``keyday`` and its commands. Exit status 0 done, 1 the work failed, 2 wrong use."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from streams.commands.calendar import calendar
from streams.commands.check import check
from streams.commands.demo import demo
from streams.commands.dlq import dlq
from streams.commands.explain import explain
from streams.commands.front import DONE, FAILED, WRONG_USE, WorkFailedError, note
from streams.commands.generate import generate
from streams.commands.imports import import_
from streams.commands.publish import publish
from streams.commands.replay import replay
from streams.commands.serving import run as run_
from streams.commands.serving import serve, worker
from streams.commands.tables import export, rebuild
from streams.commands.token import token
from streams.commands.topics import topics
from streams.commands.webhooks import webhooks

_COMMANDS = (
    demo,
    run_,
    serve,
    worker,
    webhooks,
    replay,
    explain,
    import_,
    generate,
    topics,
    export,
    rebuild,
    token,
    dlq,
    check,
    publish,
    calendar,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="keyday")
def cli() -> None:
    """Event-sourced rewards for partner loyalty programs and key shopping days."""


for _command in _COMMANDS:
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with a status that tells the truth; errors are one line on stderr."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    try:
        status = cli.main(list(arguments), prog_name="keyday", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        note(error.format_message())
        return WRONG_USE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "keyday"
        note(f"{where}: {_one_line(error.format_message())} (see {where} --help)")
        return WRONG_USE
    except (WorkFailedError, click.ClickException) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        note(f"keyday: {_one_line(text)}")
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        note("keyday: interrupted")
        return FAILED
    return status if isinstance(status, int) else DONE


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
