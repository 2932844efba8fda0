"""The report in one paragraph, for people who read nothing else. Every number in it is an address in ``report.json``."""

from __future__ import annotations

from collections.abc import Iterator

from quantrl.contest.evaluate.gap import VISIBLE
from quantrl.report.numbers import show_number
from quantrl.report.values import Values
from quantrl.report.verdict import Day, Name, Part, Ref, Sentence
from quantrl.typing import JsonObject

_SURE = 2.0


def sentences(report: JsonObject) -> list[Sentence]:
    """In the order they are read: first what was earned and whether that means anything."""
    return [_earned(report), *_against_equal(report), _names(report)]


def reasons(report: JsonObject) -> list[Sentence]:
    """What stands behind it: random choice, costs, predictions."""
    found = [*_against_random(report), _costs(report)]
    return [*found, *(_foresight(report, i) for i in range(len(report["contests"])))]


def spoken(said: list[Sentence], report: JsonObject) -> list[str]:
    """Plain sentences."""
    values = Values(report)
    return ["".join(_word(part, values) for part in sentence) for sentence in said]


def _word(part: Part, values: Values) -> str:
    if isinstance(part, Ref):
        return show_number(values.at(part.pointer), part.unit)
    return part.date if isinstance(part, Day) else part.word if isinstance(part, Name) else part


def _earned(report: JsonObject) -> Sentence:
    data, days = report["data"], Name(f"{report['days']} days")
    out: Sentence = [
        "From ",
        Day(data["start"]),
        " to ",
        Day(data["end"]),
        ", over ",
        days,
        " with those in cash, ",
    ]
    if not report["books"] or report["books"][0]["measures"]["sharpe"]["value"] is None:
        return [
            *out,
            "the contest book returned too little to measure: the run is too short, or nothing was traded.",
        ]
    path = "/books/0/measures"
    return [
        *out,
        "the contest book returned ",
        Ref(f"{path}/total/value", "percent"),
        *_ends(f"{path}/total", "percent"),
        " net of trading costs, with a Sharpe ratio of ",
        Ref(f"{path}/sharpe/value", "ratio"),
        *_ends(f"{path}/sharpe", "ratio"),
        " and a worst drawdown of ",
        Ref(f"{path}/max_drawdown/value", "percent"),
        ".",
    ]


def _ends(pointer: str, unit: str) -> list[Part]:
    return [" (95% interval ", Ref(f"{pointer}/low", unit), " to ", Ref(f"{pointer}/high", unit), ")"]


def _against_equal(report: JsonObject) -> Iterator[Sentence]:
    book = report["books"][0] if report["books"] else None
    if book is None or not book["versus_equal"] or book["versus_equal"]["value"] is None:
        return
    path = "/books/0/versus_equal"
    yield [
        "Its Sharpe ratio less that of equal weight is ",
        Ref(f"{path}/value", "ratio"),
        *_ends(path, "ratio"),
        ", p ",
        Ref(f"{path}/p", "p"),
        ": ",
        Name(book["verdict"]),
        ".",
    ]
    yield [
        "Days as few and as noisy as these show only a difference of ",
        Ref(f"{path}/visible", "ratio"),
        f" or more in 80 of 100 repeats ({VISIBLE:g} standard errors).",
    ]


def _against_random(report: JsonObject) -> Iterator[Sentence]:
    if report["random"]["below"] is None:
        return
    seeds = Ref("/random/seeds", "count")
    yield [
        "The book's Sharpe ratio lies above that of ",
        Ref("/random/below", "share"),
        " of ",
        seeds,
        " random choices.",
    ]


def _costs(report: JsonObject) -> Sentence:
    out: Sentence = []
    for i, step in enumerate(report["waterfall"]["steps"]):
        if step["name"] == "gross":
            out += ["Of a gross sum of daily returns of ", Ref(f"/waterfall/steps/{i}/change", "percent2")]
        elif step["name"] != "net":
            out += [", ", step["name"], " took ", Ref(f"/waterfall/steps/{i}/change", "taken")]
        else:
            out += ["; ", Ref(f"/waterfall/steps/{i}/change", "percent2"), " is left."]
    return out


def _foresight(report: JsonObject, i: int) -> Sentence:
    contest = report["contests"][i]
    whole = contest["rank_ic"][0]
    name = f"The {contest['contest']} contest"
    if whole["mean"] is None or whole["t"] is None:
        return [f"{name} made too few predictions to judge ({whole['reason']})."]
    path = f"/contests/{i}/rank_ic/0"
    sure = abs(whole["t"]) >= _SURE
    end = (
        ""
        if sure and whole["t"] > 0
        else ", in the wrong order"
        if sure
        else ", no more than chance would give"
    )
    return [
        f"{name} predicted what its agents did next with a rank correlation of ",
        Ref(f"{path}/mean", "ratio3"),
        " (t ",
        Ref(f"{path}/t", "ratio"),
        " with overlap allowed for, ",
        Ref(f"{path}/naive_t", "ratio"),
        f" without){end}.",
    ]


def _names(report: JsonObject) -> Sentence:
    rule = report["claim_rule"]
    if rule["names"]:
        names = ", ".join(rule["names"])
        return ["Claims hold, after correction for all accounts compared, for ", Name(names), "."]
    if report["days"] < rule["days_needed"]:
        return [f"No claim is made of any account: that takes {rule['days_needed']} days or more."]
    return ["After correction for all accounts compared, no claim is made of any of them."]
