"""Names in the data are text, never markup."""

from __future__ import annotations

import json
from pathlib import Path

from quantrl.report import text
from quantrl.report.markup import html, json_script, tag
from report.reading import Page


def test_no_script_and_no_element_comes_from_a_name(hostile_page: Page, contest_page: Page) -> None:
    assert [e.attributes for e in hostile_page.all("script")] == [
        e.attributes for e in contest_page.all("script")
    ]
    assert not hostile_page.all("img")
    assert {e.name for e in hostile_page.elements} <= {e.name for e in contest_page.elements}
    assert not [name for e in hostile_page.elements for name in e.attributes if name.startswith("on")]


def test_the_names_are_shown_as_they_are(hostile_page: Page) -> None:
    assert "<script>alert(1)</script>" in hostile_page.by_id("targets").text
    board = hostile_page.by_id("leaderboard").text
    assert "<script>alert(1)</script>" in board
    assert "\x1b" not in hostile_page.source
    assert "\ufffd[31mred" in board


def test_chart_data_cannot_end_its_script_and_holds_no_markup_for_plotly(hostile_page: Page) -> None:
    figures = hostile_page.by_id("figures").text
    assert "<" not in figures
    data = json.loads(figures)["figures"]
    names = [trace["name"] for trace in data["equity"]["data"]] + data["capital"]["data"][0]["y"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in names
    assert not [name for name in names if "<" in name]


def test_text_has_no_control_characters_and_reads_no_markup(hostile_run: Path) -> None:
    report = text(hostile_run)
    assert "\x1b" not in report
    assert "[bold red]x[/]" in report.replace("\n", "")


def test_html_escapes_once() -> None:
    assert html("<b>&") == "&lt;b&gt;&amp;"
    assert html("a\u00a0b\u2028\x07") == "a\u00a0b\ufffd\ufffd"
    assert html(html("<b>")) == "&lt;b&gt;"
    assert tag("p", "<", tag("b", '"'), title='"<') == '<p title="&quot;&lt;">&lt;<b>&quot;</b></p>'
    assert tag("i", hidden=True, title=None) == "<i hidden></i>"


def test_json_script_round_trips() -> None:
    value = {"a": "</script><!--&\u2028", "b": [1.5, None]}
    shown = json_script(value)
    assert not set("<>&\u2028") & set(shown)
    assert json.loads(shown) == value
