"""An evaluation in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.agents.sharpe_portfolio.evaluation.findings import beaten, moving
from quantrl.agents.sharpe_portfolio.evaluation.wording import MEANINGS, between, p_value, percent, ratio
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from rich.console import RenderableType

_COLUMNS = (
    "Sharpe",
    "95 %",
    "Return",
    "Volatility",
    "Drawdown",
    "Turnover",
    "Agent less it",
    "95 %",
    "p, Holm",
)


def tables(found: JsonObject) -> RenderableType:
    """One table of agent, controls and baselines, then what may be said of them."""
    from rich.console import Group
    from rich.table import Table

    test = found["test"]
    shown = Table("", title=f"{test['first']} to {test['last']}, {test['bars']:,} bars, after costs")
    for column in _COLUMNS:
        shown.add_column(column, justify="right")
    shown.add_row("Agent", *_measures(found["agent"]), "", "", "", style="bold", end_section=True)
    for name in ("static_val", "static_test", "frozen"):
        row = found["controls"][name]
        shown.add_row(MEANINGS[name], *_measures(row), *_pair(row["versus"]), end_section=name == "frozen")
    for row in found["baselines"]:
        shown.add_row(row["label"], *_measures(row), *_pair(row["versus"]))
    return Group(shown, *_sentences(found))


def _sentences(found: JsonObject) -> list[str]:
    own, tried = found["agent"], found["trials"]
    return [
        beaten(found),
        moving(found),
        f"Deflated Sharpe ratio {p_value(own['dsr'])} after {tried['n']:,} trials; interquartile mean of "
        f"{found['iqm']['n']} seeds and folds {ratio(found['iqm']['value'])} "
        f"{between(found['iqm']['low'], found['iqm']['high'])}.",
    ]


def _measures(row: JsonObject) -> list[str]:
    own = row["summary"]
    return [
        ratio(own["sharpe"]),
        between(*row["interval"]),
        percent(own["cagr"]),
        percent(own["vol"]),
        percent(own["max_drawdown"]),
        ratio(own["turnover"]),
    ]


def _pair(pair: JsonObject) -> list[str]:
    return [ratio(pair["value"]), between(pair["low"], pair["high"]), p_value(pair["p_holm"])]
