from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from projections.dashboard import chart


def shown(value: float) -> str:
    return f"{value:.0f} €"


def test_a_chart_holds_neither_style_nor_script_and_each_bar_its_figure() -> None:
    series = [chart.Series("a", [1, 2, 7]), chart.Series("b", [3, 0, 5])]
    svg = str(chart.columns(["Mo", "<Tu>", "We"], series, shown, shown))

    assert not re.search(r"<style|<script|style=|https?://(?!www\.w3\.org)", svg)
    root = ET.fromstring(svg)  # noqa: S314 -- ours
    titles = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert titles == ["Mo a: 1 €", "<Tu> a: 2 €", "We a: 7 €", "Mo b: 3 €", "<Tu> b: 0 €", "We b: 5 €"]
    assert root.get("aria-hidden") == "true"


def test_rows_lie_in_the_order_that_they_are_given_in() -> None:
    svg = str(chart.rows(["first", "second"], [9, 4], shown, shown))

    labels = re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(first|second)<', svg)
    assert [name for _, name in sorted(labels, key=lambda one: float(one[0]))] == ["first", "second"]
    assert re.findall(r"<title>([^<]+)</title>", svg) == ["second: 4 €", "first: 9 €"]


def test_a_line_may_end_before_the_others_with_nothing_filled_below() -> None:
    spent, even = chart.Series("spent", [1, 4], filled=False), chart.Series("even", [1, 2, 3], filled=False)
    svg = str(chart.lines(["Mo", "Tu", "We"], [spent, even], shown, shown))

    first, second = re.findall(r'<path d="([^"]+)" class="line reactive nofill"', svg)
    assert (len(re.findall(r"[\d.]+ [\d.]+", first)), len(re.findall(r"[\d.]+ [\d.]+", second))) == (2, 3)
