"""The page that says why: an entry, or all entries of an order, explained in the reader's language."""

from __future__ import annotations

from msgspec import Struct

from projections.dashboard.view import Context, View
from projections.explanations import Explained
from streams.explain.page import Page
from streams.explain.words import MARKS, Words


class Fact(Struct, frozen=True):
    """A label with its values, lines that read from left to right, and where a value leads."""

    label: str
    values: list[str]
    lines: list[str]
    href: str | None = None


def why_page(view: View, explained: Explained) -> Context:
    """What was found, section by section."""
    words = Words(view.reader.language)
    page = Page(words, explained.versions)
    entries = explained.what.entries
    accounts = sorted({one.data.account for one in entries})
    heading = view.reader.say("why-title") if len(entries) == 1 else view.reader.say("why-order")
    return {
        "heading": heading,
        "title": f"{heading} · {view.asked('entry')}",
        "sections": [
            (one.title, [_fact(view, words.label(name), name, values) for name, values in one.rows])
            for one in page.sections(explained.what)
        ],
        "remarks": list(page.remarks(explained.what)),
        "accounts": [(one, view.to_account(one)) for one in accounts],
    }


def _fact(view: View, label: str, name: str, values: list[str]) -> Fact:
    if name == "rule":
        return Fact(label, values[:1], values[1:])
    return Fact(label, values, [], _way(view, name, values[0]))


def _way(view: View, name: str, value: str) -> str | None:
    """The page of the order or of the case that a value names."""
    id_ = value.strip(MARKS)
    if name == "order" and id_ != view.asked("entry") and " " not in id_:
        return view.link("/why", entry=id_)
    if name == "case":
        return view.link("/case", id=id_, partner=id_.partition("~")[2].rpartition("~")[0])
    return None
