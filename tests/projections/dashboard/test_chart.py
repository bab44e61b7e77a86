from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from projections.dashboard import chart


def shown(value: float) -> str:
    return f"{value:.0f} €"


SCALE = chart.Scale(shown, shown, 5)


@pytest.mark.parametrize("values", [[0, 0, 0], [0, 1, 0], [2, 1, 3]])
def test_marks_of_a_scale_are_never_written_alike(values: list[int]) -> None:
    labels, series = ["Mo", "Tu", "We"], [chart.Series("", values)]
    for svg in (chart.columns(labels, series, SCALE), chart.lines(labels, series, SCALE)):
        marks = re.findall(r"<text[^>]*>(\d+ €)<", str(svg))
        assert marks == [f"{one} €" for one in range(6)]


def test_a_chart_holds_neither_style_nor_script_and_each_bar_its_figure() -> None:
    series = [chart.Series("a", [1, 2, 7]), chart.Series("b", [3, 0, 5])]
    svg = str(chart.columns(["Mo", "<Tu>", "We"], series, SCALE))

    assert not re.search(r"<style|<script|style=|https?://(?!www\.w3\.org)", svg)
    root = ET.fromstring(svg)  # noqa: S314 -- ours
    titles = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert titles == ["Mo a: 1 €", "<Tu> a: 2 €", "We a: 7 €", "Mo b: 3 €", "<Tu> b: 0 €", "We b: 5 €"]
    assert root.get("aria-hidden") == "true"


def test_rows_lie_in_the_order_that_they_are_given_in() -> None:
    svg = str(chart.rows(["first", "second"], [9, 4], SCALE))

    labels = re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(first|second)<', svg)
    assert [name for _, name in sorted(labels, key=lambda one: float(one[0]))] == ["first", "second"]
    assert re.findall(r"<title>([^<]+)</title>", svg) == ["second: 4 €", "first: 9 €"]


def test_a_line_may_end_before_the_others_with_nothing_filled_below() -> None:
    spent, even = chart.Series("spent", [1, 4], filled=False), chart.Series("even", [1, 2, 3], filled=False)
    svg = str(chart.lines(["Mo", "Tu", "We"], [spent, even], SCALE))

    first, second = re.findall(r'<path d="([^"]+)" class="line reactive nofill"', svg)
    assert (len(re.findall(r"[\d.]+ [\d.]+", first)), len(re.findall(r"[\d.]+ [\d.]+", second))) == (2, 3)
