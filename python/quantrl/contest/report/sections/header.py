"""Top of the page: the verdict in words, what must be known first, five numbers."""

from __future__ import annotations

from quantrl.contest.report.verdict import reasons, sentences
from quantrl.report.markup import Html, join, tag
from quantrl.report.values import Values
from quantrl.report.verdict import Day, Name, Part, Ref, Sentence
from quantrl.typing import JsonObject

_TILES = [
    ("total", "percent", "Net return"),
    ("sharpe", "ratio", "Sharpe ratio"),
    ("max_drawdown", "percent", "Worst drawdown"),
]


def header(report: JsonObject, values: Values) -> Html:
    """Title, verdict, flags, headline numbers."""
    state = "" if report["status"] == "done" else tag("span", report["status"], class_="badge cut")
    return tag(
        "header",
        tag("p", "Contest report ", tag("code", report["run"]), " ", state, class_="eyebrow"),
        tag("h1", report["name"]),
        tag("p", *_said(sentences(report), values), class_="verdict"),
        tag("p", *_said(reasons(report), values), class_="lead"),
        _flags(report["flags"]),
        _tiles(report, values),
    )


def _said(spoken: list[Sentence], values: Values) -> list[Html]:
    return [Html(join(_shown(part, values) for part in sentence) + " ") for sentence in spoken]


def _shown(part: Part, values: Values) -> object:
    if isinstance(part, Ref):
        return values.show(part.pointer, part.unit)
    if isinstance(part, Day):
        return tag("span", part.date, class_="nobr")
    return tag("strong", part.word) if isinstance(part, Name) else part


def _flags(flags: list[str]) -> Html:
    return tag("ul", *(tag("li", flag) for flag in flags), class_="flags") if flags else Html("")


def _tiles(report: JsonObject, values: Values) -> Html:
    if not report["books"]:
        return Html("")
    shown: list[tuple[str, Html]] = [
        (label, values.measure(f"/books/0/measures/{name}", unit)) for name, unit, label in _TILES
    ]
    if report["books"][0]["versus_equal"]:
        shown.append(("Sharpe above equal weight", values.measure("/books/0/versus_equal", "ratio")))
    shown.append(("Cost a year", values.measure("/books/0/measures/cost_bps_year", "bps")))
    return tag("dl", *(tag("div", tag("dt", key), tag("dd", value)) for key, value in shown), class_="tiles")
