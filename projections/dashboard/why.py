"""The page that says why: an entry, or all entries of an order, explained in the reader's language."""

from __future__ import annotations

from msgspec import Struct

from projections.dashboard.view import Context, View
from projections.explanations import Explained
from streams.explain.page import Page
from streams.explain.words import Words


class Fact(Struct, frozen=True):
    """A label with its values, and lines that read from left to right in every language."""

    label: str
    values: list[str]
    lines: list[str]


def why_page(view: View, explained: Explained) -> Context:
    """What was found, section by section."""
    words = Words(view.reader.language)
    page = Page(words, explained.versions)
    entries = explained.what.entries
    accounts = sorted({one.data.account for one in entries})
    return {
        "sections": [
            (one.title, [_fact(words.label(name), name, values) for name, values in one.rows])
            for one in page.sections(explained.what)
        ],
        "remarks": list(page.remarks(explained.what)),
        "accounts": [(one, view.to_account(one)) for one in accounts],
    }


def _fact(label: str, name: str, values: list[str]) -> Fact:
    if name == "rule":
        return Fact(label, values[:1], values[1:])
    return Fact(label, values, [])
