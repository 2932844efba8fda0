"""The report in one paragraph of plain words, for people who read nothing else.

Words that claim skill are not used: an interval that includes zero is said to include zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from quantrl.report.folder import ReportFolder
from quantrl.report.numbers import lead_unit
from quantrl.report.parts import Gap, MeasureEntry
from quantrl.report.schema import BookEntry, LeaderEntry, PaperEntry, ReportEntry


@dataclass(frozen=True)
class Ref:
    """A number, by address in ``report.json`` and unit."""

    pointer: str
    unit: str


@dataclass(frozen=True)
class Name:
    """A word to set apart: the name of an agent, a count."""

    word: str


@dataclass(frozen=True)
class Day:
    """A date, kept on one line."""

    date: str


Part: TypeAlias = str | Ref | Name | Day
Sentence: TypeAlias = list[Part]


def verdict(folder: ReportFolder) -> list[Sentence]:
    """Sentences in the order they are read."""
    report = folder.report
    out: list[Sentence] = []
    if report.status != "done":
        end = Day(report.data.end)
        out.append(
            [f"This run is {report.status}: its data go on to ", end, ", everything below ends earlier."]
        )
    if report.kind in ("contest", "paper"):
        out += _trust(report, Day(folder.last_day))
    out += _earned(folder)
    for role in ("equal_weight", "buy_and_hold"):
        out += _against(report, role)
    out += _among_random(report)
    if report.paper is not None:
        out.append(_standing(report.paper))
    return out


def _standing(paper: PaperEntry) -> Sentence:
    """What the book may do now, and whether its accounts add up."""
    newest = paper.states[-1]
    state: Sentence = ["The book is ", Name(newest.state)]
    if len(paper.states) > 1:
        state += [" since ", Day(newest.time[:10]), f" ({newest.reason})"]
    even = (
        "every unit of its equity is explained"
        if paper.money.residual_1e8 == 0
        else "its accounts do not add up"
    )
    return [*state, f"; {even}."]


def _trust(report: ReportEntry, end: Day) -> list[Sentence]:
    rows = list(enumerate(report.leaderboard))
    funded = sorted(
        (item for item in rows if (item[1].capital or 0) > 0), key=lambda item: -(item[1].capital or 0)
    )
    if not funded:
        return [["On ", end, " the contest trusts ", Name("no agent"), ": all capital is in cash."]]
    count = Name(f"{len(funded)} of {len(rows)} agents")
    first: Sentence = ["On ", end, " the contest trusts ", count, " with capital: "]
    for place, (index, row) in enumerate(funded):
        between = "" if place == 0 else " and " if place == len(funded) - 1 else ", "
        first += [between, Name(row.agent), " (", Ref(f"/leaderboard/{index}/capital", "share"), ")"]
    rest = 1.0 - sum(row.capital or 0.0 for _, row in funded)
    first.append(f"; {rest:.0%} is not assigned." if rest >= 0.005 else ".")
    return [first, *_how_sure(funded)]


def _how_sure(funded: list[tuple[int, LeaderEntry]]) -> list[Sentence]:
    chances = sorted((row.p_top_k, index) for index, row in funded if row.p_top_k is not None)
    out: list[Sentence] = []
    if chances:
        low, high = (Ref(f"/leaderboard/{index}/p_top_k", "share") for _, index in (chances[0], chances[-1]))
        span: Sentence = [low] if len(chances) == 1 else [low, " to ", high]
        out.append(["The chance that each is truly among the best is put at ", *span, "."])
    above = sum(row.sharpe.low is not None and row.sharpe.low > 0 for _, row in funded)
    if above < len(funded):
        some = "None of them has" if above == 0 else f"Only {above} of them {'has' if above == 1 else 'have'}"
        out.append([f"{some} a Sharpe ratio whose 95% interval lies above zero."])
    return out


def _earned(folder: ReportFolder) -> list[Sentence]:
    report = folder.report
    index, book = next((i, book) for i, book in enumerate(report.books) if book.name == folder.primary)
    path = f"/books/{index}/measures"
    subject: Sentence = ["the contest book" if book.role == "contest" else Name(book.label)]
    span: Sentence = [Day(report.data.start), " to ", Day(folder.last_day)]
    out: Sentence = ["From ", *span, ", after costs, ", *subject, " returned "]
    if _value(book, "cagr") is None or _value(book, "sharpe") is None:
        return [[*out, "too little to measure: the run is too short, or nothing was traded."]]
    sharpe = book.measures["sharpe"]
    out += [
        Ref(f"{path}/cagr/value", "percent"),
        " a year with a Sharpe ratio of ",
        Ref(f"{path}/sharpe/value", "ratio"),
    ]
    if sharpe.low is not None and sharpe.high is not None:
        out += [
            " (95% interval ",
            Ref(f"{path}/sharpe/low", "ratio"),
            " to ",
            Ref(f"{path}/sharpe/high", "ratio"),
            ")",
        ]
    if _value(book, "max_drawdown") is not None:
        out += ["; its worst drawdown was ", Ref(f"{path}/max_drawdown/value", "percent")]
    return [[*out, "."], *_reading(sharpe)]


def _reading(sharpe: MeasureEntry) -> list[Sentence]:
    if sharpe.low is None or sharpe.high is None:
        return []
    if sharpe.low <= 0 <= sharpe.high:
        return [["That interval includes zero: this history does not show that it earns anything."]]
    return []


def _against(report: ReportEntry, name: str) -> list[Sentence]:
    found = [(i, book) for i, book in enumerate(report.books) if book.name == name]
    if not found or found[0][1].sharpe_minus_contest is None:
        return []
    index, book = found[0]
    gap = book.sharpe_minus_contest
    if gap is None or gap.value is None or gap.low is None or gap.high is None:
        return []
    path = f"/books/{index}/sharpe_minus_contest"
    unit = lead_unit(gap.low, gap.high)
    shown: Sentence = [
        Ref(f"{path}/value", unit),
        " (",
        Ref(f"{path}/high", unit),
        " to ",
        Ref(f"{path}/low", unit),
        ")",
    ]
    if report.kind == "backtest":
        over = "an equal weight of all names" if name == "equal_weight" else "buying and holding them"
        return [[f"Its lead in Sharpe ratio over {over} is ", *shown, ": ", _market(gap)]]
    if name == "equal_weight":
        return [
            ["Its lead in Sharpe ratio over trusting all agents equally is ", *shown, ": ", _ranking(gap)]
        ]
    return [["Its lead over buying and holding the market is ", *shown, ": ", _market(gap)]]


def _among_random(report: ReportEntry) -> list[Sentence]:
    """Where a backtest stands among random schedules that hold and trade as much."""
    random = report.random
    if random is None or random.beaten is None or random.p_value is None:
        return []
    said: Sentence = ["By Sharpe ratio it does better than ", Ref("/random/beaten", "percent"), " of "]
    said += [f"{random.count} random schedules that hold and trade as much"]
    if random.beaten < 0.5:
        return [[*said, ": most of them do better."]]
    if random.p_value > 0.05:
        return [[*said, ": that can be luck."]]
    return [[*said, "."]]


def _ranking(gap: Gap) -> str:
    """In words what the interval of book minus contest says about the ranking."""
    if _includes_zero(gap):
        return "the interval includes zero, so this run does not show that the ranking helps."
    if (gap.value or 0) < 0:
        return "the interval lies above zero, so in this run the ranking helped."
    return "the interval lies below zero; in this run trusting all of them equally did better."


def _market(gap: Gap) -> str:
    if _includes_zero(gap):
        return "not distinguishable on these data."
    return "above zero." if (gap.value or 0) < 0 else "below zero."


def _includes_zero(gap: Gap) -> bool:
    return gap.low is None or gap.high is None or gap.low <= 0 <= gap.high


def _value(book: BookEntry, measure: str) -> float | None:
    entry = book.measures.get(measure)
    return None if entry is None else entry.value
