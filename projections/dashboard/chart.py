"""Charts as SVG, drawn on the server and coloured by the style sheet; each has its figures as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup
from msgspec import Struct
from pygal.style import Style

#: Pixels of the drawing, which is scaled to the page.
_WIDTH: Final = 960
_NARROW: Final = 720
_HEIGHT: Final = 250
#: Room for labels is reckoned by these sizes, which are those of a narrow screen; the style sheet sets them.
_LABEL: Final = 18
_ROW_LABEL: Final = 15
#: Labels: the most that stand under a chart.
_MOST_LABELS: Final = 8
_ROW: Final = 34

Format = Callable[[Any], str]

# pygal looks for maps of its own in a way that Python warns of at every later import.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]


class Chart(Struct, frozen=True):
    """A drawing, a sentence that stands for it, and its figures."""

    title: str
    summary: str
    svg: Markup
    columns: list[str]
    rows: list[list[str]]
    legend: list[str] = []


class Series(Struct, frozen=True):
    """One kind of bars, or a line; a line may end before the labels do, and have nothing filled below it."""

    name: str
    values: Sequence[int]
    filled: bool = True


class Scale(Struct, frozen=True):
    """How figures are written: short at the marks of the scale, which reaches ``least``, and whole."""

    axis: Format
    exact: Format
    least: int


def columns(labels: Sequence[str], series: Sequence[Series], scale: Scale) -> Markup:
    """Bars that stand on each other."""
    most = max(map(sum, zip(*(one.values for one in series), strict=True)), default=0)
    options = {"rounded_bars": 2, "spacing": 6, "order_min": 0, **_range(0, most, scale)}
    return _drawn(pygal.StackedBar, labels, series, scale, **options)


def lines(labels: Sequence[str], series: Sequence[Series], scale: Scale) -> Markup:
    """Lines over time."""
    most = max((max(one.values, default=0) for one in series), default=0)
    options = {"show_dots": False, "fill": True, "include_x_axis": True, **_range(0, most, scale)}
    return _drawn(pygal.Line, labels, series, scale, **options)


def rows(labels: Sequence[str], values: Sequence[int], scale: Scale) -> Markup:
    """Bars that lie under each other, the first on top."""
    series = [Series("", list(reversed(values)))]
    height = 40 + _ROW * len(labels)
    options = {"rounded_bars": 3, "spacing": 14, "order_min": 0}
    options |= _range(min(values, default=0), max(values, default=0), scale)
    kind = pygal.HorizontalBar
    return _drawn(kind, list(reversed(labels)), series, scale, height=height, every=True, **options)


def _range(fewest: int, most: int, scale: Scale) -> dict[str, Any]:
    """The scale of figures so small that its marks would be written alike."""
    return {"range": (min(0, fewest), scale.least)} if max(most, -fewest) < scale.least else {}


def _drawn(
    kind: Any,
    labels: Sequence[str],
    series: Sequence[Series],
    scale: Scale,
    *,
    height: int = _HEIGHT,
    every: bool = False,
    **options: Any,
) -> Markup:
    size = _ROW_LABEL if every else _LABEL
    step = 1 if every else max(1, -(-len(labels) // _MOST_LABELS))
    chart = kind(
        width=_NARROW if every else _WIDTH,
        height=height,
        js=[],
        css=[],
        show_legend=False,
        margin=4,
        truncate_label=-1,
        x_labels_major_every=step,
        show_minor_x_labels=every,
        show_x_guides=False,
        min_scale=3,
        max_scale=6,
        style=Style(label_font_size=size, major_label_font_size=size),
        # pygal writes a scale only with its own digits; a bar's text is replaced below.
        value_formatter=scale.axis,
        **options,
    )
    chart.x_labels = list(labels)
    for one in series:
        chart.add(one.name, list(one.values), **({} if one.filled else {"fill": False}))
    root = chart.render_tree()
    texts = [
        f"{label} {one.name}".strip() + f": {scale.exact(value)}"
        for one in series
        for label, value in zip(labels, one.values, strict=False)
    ]
    _strip(root, texts)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  pygal escapes what it is given


def _strip(root: Any, texts: list[str]) -> None:
    """Take out styles and scripts, which the page's policy refuses, and give each bar its figure."""
    left = iter(texts)
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in {"defs", "style", "script", "title", "desc"}:
                parent.remove(child)
        parent.attrib.pop("style", None)
        parent.attrib.pop("id", None)
        if parent.get("class") == "bar":
            ET.SubElement(parent, "title").text = next(left, "")
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
