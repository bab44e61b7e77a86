"""``statements``: the ledger entries of each account, in the order of their seq."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from msgspec import Struct

from projections import statements
from projections.keys import STATEMENT
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table
from projections.versions import Versions

_FROM = "rewards"


class StatementRow(Struct, frozen=True):
    """An entry of the ledger: the data of its event and its time. Columns that do not apply are left out."""

    account: Annotated[str, about("id", "The owner's account.", _FROM)]
    seq: Annotated[int, about("count", "Number of the entry within its account, from 1 without gaps.", _FROM)]
    entry_id: Annotated[str, about("id", "Id of the entry.", _FROM)]
    time: Annotated[str, about("time", "When it occurred.", _FROM)]
    kind: Annotated[
        str,
        about(
            "text",
            "accrued, tier, bonus, referral, released, reversed, held, unheld, expired, redeemed or adjusted.",
            _FROM,
        ),
    ]
    unit: Annotated[str, about("text", "The ledger's unit.", _FROM)]
    amount: Annotated[int, about("minor", "Sum of the postings; signed in adjusted.", _FROM)]
    postings: Annotated[list[dict[str, Any]], about("minor", "What moved: from, to, amount.", _FROM)]
    program: Annotated[str, about("id", "The program.", _FROM)]
    program_version: Annotated[int, about("count", "Its version that decided.", _FROM)]
    caused_by: Annotated[dict[str, str], about("id", "The event that led to it: source, id.", _FROM)]
    rule: Annotated[str | None, about("id", "The rule that granted.", _FROM)]
    order_id: Annotated[str | None, about("id", "The order.", _FROM)]
    key_day: Annotated[str | None, about("id", "The key day that the rule asked for.", _FROM)]
    available_on: Annotated[str | None, about("date", "Home day on which a grant becomes available.", _FROM)]
    expires_on: Annotated[str | None, about("date", "Home day on which it expires.", _FROM)]
    desired: Annotated[int | None, about("minor", "What it would have been without cap and budget.", _FROM)]
    reverses: Annotated[str | None, about("id", "The grant that is reversed.", _FROM)]
    explain: Annotated[list[str], about("text", "How it came about, step by step.", _FROM)]


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of one entry."""
    yield statements.as_row(statements.unpack(raw))


TABLE: Final = Table(
    name="statements",
    doc="Per account: its ledger entries in seq order.",
    columns=columns_of(StatementRow),
    key=("account", "seq"),
    prefix=STATEMENT,
    show=show,
    filters=("account", "kind", "unit", "program", "order_id", "rule"),
    ranges=("time",),
    narrow=("account",),
)
