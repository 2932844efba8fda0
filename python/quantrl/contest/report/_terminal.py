"""A finished contest in a terminal: banner, verdict, net table, contests, engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from quantrl.report.markup import printable
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject

_NET = (
    "Net return\n%",
    "Sharpe\n95% interval",
    "Worst\ndrawdown %",
    "Above equal\nby Sharpe",
    "p",
    "Visible\nat 80%",
    "PSR",
    "DSR",
)


def terminal(report: JsonObject) -> Iterator[RenderableType]:
    """What to print, the banner first."""
    yield Text(printable(report["banner"]), style="bold reverse")
    for flag in report["flags"]:
        yield Text(printable(f"! {flag}"), style="yellow")
    yield Text(printable(" ".join(report["verdict"])))
    yield net_table(report)
    if report["contests"]:
        yield contests_table(report)
    if report["engines"]:
        yield engines_table(report)
    yield Text(printable(_fates(report["rejections"])))


def net_table(report: JsonObject) -> Table:
    """One row for each account of more than one agent."""
    table = _table("Results after costs", ("Account",), _NET)
    for book in report["books"]:
        gap = book["versus_equal"]
        table.add_row(
            Text(book["label"]),
            show_number(book["measures"]["total"]["value"], "points"),
            _interval(book["measures"]["sharpe"]),
            show_number(book["measures"]["max_drawdown"]["value"], "points"),
            _interval(gap) if gap else "",
            show_number(gap["p"], "p") if gap else "",
            show_number(gap["visible"], "ratio") if gap else "",
            show_number(book["psr"], "ratio"),
            show_number(book["dsr"], "ratio"),
            style="bold" if book["role"] == "contest" else None,
        )
    return table


def contests_table(report: JsonObject) -> Table:
    """RankIC of each contest and span."""
    table = _table(
        "Do the contests predict?",
        ("Contest", "Days"),
        ("Dates", "RankIC", "ICIR", "t\nNewey-West", "t\nnaive"),
    )
    for one in report["contests"]:
        for part in one["rank_ic"]:
            table.add_row(
                one["contest"],
                part["span"],
                str(part["dates"]),
                show_number(part["mean"], "ratio3"),
                *(show_number(part[name], "ratio") for name in ("icir", "t", "naive_t")),
            )
    return table


def engines_table(report: JsonObject) -> Table:
    """What each agent's part earned under each engine, per cent of equity."""
    shown = report["engines"]
    table = _table("Who earned what, % of equity", ("Agent",), tuple(one["label"] for one in shown))
    for j, agent in enumerate(shown[0]["agents"]):
        table.add_row(
            Text(printable(agent["agent"])),
            *(show_number(one["agents"][j]["earned"], "points2") for one in shown),
        )
    table.add_row(Text("in all"), *(show_number(one["earned"], "points2") for one in shown), style="bold")
    return table


def _table(title: str, words: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for head in words:
        table.add_column(head)
    for head in numbers:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _interval(entry: JsonObject) -> str:
    shown = show_number(entry["value"], "ratio")
    if entry["low"] is None or entry["high"] is None:
        return shown
    return f"{shown} ({show_number(entry['low'], 'ratio')} to {show_number(entry['high'], 'ratio')})"


def _fates(found: JsonObject) -> str:
    aside = ", ".join(f"{one['count']} {one['reason']}" for one in found["abstentions"]) or "none"
    reasons = ", ".join(f"{one['count']} {one['reason']}" for one in found["reasons"])
    rejected = f"{found['rejected']} rejected" + (f" ({reasons})" if reasons else "")
    return f"{found['signals']} signals: {found['accepted']} accepted, {rejected}. Abstentions: {aside}."
