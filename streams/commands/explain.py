"""``keyday explain``: where an amount comes from, for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.commands.front import DONE, WorkFailedError, as_json, note, say, settings_from, settings_options
from streams.explain.languages import LANGUAGES

if TYPE_CHECKING:
    from streams.engine.settings import Settings
    from streams.explain.sources import Source


@click.command()
@click.argument("wanted", metavar="ENTRY_ID|ORDER_ID")
@click.option(
    "--ledger",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The out folder of a replay.",
)
@click.option(
    "--input",
    "input_dir",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With --ledger: the folder that the replay read, for why other rules did not fit the order.",
)
@settings_options("data", "programs")
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="The language of the reader.",
)
@click.option("--json", "json_", is_flag=True, help="Print the explanation as JSON.")
def explain(
    wanted: str, ledger: Path | None, input_dir: Path | None, lang: str, *, json_: bool, **flags: Any
) -> int:
    """Explain an entry of the ledger, or all entries of an order.

    Says what caused it, the rule as it stood in the version that decided, the steps with their numbers, where
    the amount went, and why other rules granted nothing. Program versions come from --programs, and from what
    was published.
    """
    from streams.explain.found import find
    from streams.explain.page import Page, tree
    from streams.explain.rule_text import Versions
    from streams.explain.words import Words

    settings = settings_from(flags)
    if ledger is not None and flags["data"] is not None:
        raise click.UsageError("give one of --ledger and --data")
    if ledger is None and input_dir is not None:
        raise click.UsageError("--input belongs to --ledger; an embedded log has the orders itself")
    versions = Versions()
    if settings.programs is not None:
        from streams.commands.loading import load_programs

        versions.load(settings.programs, load_programs(settings.programs))
    with _source(settings, ledger, input_dir) as source:
        for error in versions.take(source.records("programs")):
            note(f"warning: of what was published, {error.message}; the explanation takes that of --programs")
        found = find(source, versions, wanted)
        if found is None:
            raise WorkFailedError(
                f"there is no entry and no order {wanted} in {source.place}; "
                "look for the id in rewards.ndjson, or in the account's statement"
            )
    if json_:
        as_json(tree(found, versions))
        return DONE
    for line in Page(Words(lang), versions).lines(found):
        say(line)
    return DONE


@contextmanager
def _source(settings: Settings, ledger: Path | None, input_dir: Path | None) -> Iterator[Source]:
    """What was named, while it can be read; what is wrong with it is one line."""
    import msgspec

    from streams.engine.input_files import ReplayFailedError
    from streams.engine.log import Log, LogDamagedError, LogError
    from streams.explain.sources import EmbeddedLog, Folder

    place = str(settings.data if ledger is None else ledger)
    log = None
    try:
        if ledger is not None:
            if not (ledger / "rewards.ndjson").is_file():
                raise WorkFailedError(
                    f"{ledger} has no rewards.ndjson; give the --out folder of keyday replay"
                )
            yield Folder(ledger, input_dir)
            return
        if not (settings.data / "log").is_dir():
            raise click.UsageError(
                f"{settings.data} has no log; say where the entry is: --ledger DIR or --data DIR"
            )
        log = Log.open(settings.data)
        if isinstance(log, LogError):
            raise WorkFailedError(f"{log.path}: {log.detail}")
        yield EmbeddedLog(log, f"the embedded log in {place}")
    except ReplayFailedError as failed:
        raise WorkFailedError(f"{failed.error.path}: {failed.error.detail}") from None
    except OSError as error:
        raise WorkFailedError(f"{error.filename or place} cannot be read: {error.strerror}") from None
    except (LogDamagedError, msgspec.MsgspecError) as error:
        raise WorkFailedError(f"{place} holds what Keyday did not write there: {error}") from None
    finally:
        if isinstance(log, Log):
            log.close()
