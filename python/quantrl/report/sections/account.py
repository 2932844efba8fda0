"""Parts of a backtest's page about its one account: spread of returns, exposure, costs, trades, who earned what."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.report.account import AccountEntry, EarnedEntry
from quantrl.report.document import Document
from quantrl.report.figures.cost_curve import cost_curve_figure
from quantrl.report.figures.distribution import distribution_figure
from quantrl.report.figures.exposure import exposure_figure
from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, join, tag
from quantrl.report.sections import section
from quantrl.report.table import Cell, Column, table
from quantrl.report.values import Values

_SPREAD = [
    ("skew", "ratio", "Skew"),
    ("kurtosis", "ratio", "Kurtosis (normal: 3)"),
    ("var", "percent2", "VaR, 5% quantile"),
    ("cvar", "percent2", "CVaR, mean of the worst 5%"),
    ("tail_ratio", "ratio", "Tail ratio, 95% over 5%"),
    ("omega", "ratio", "Omega"),
    ("ulcer", "percent2", "Ulcer index"),
    ("max_duration", "count", "Longest under water, bars"),
]
_TRADES = [
    ("trades", "count", "Closed trades"),
    ("hit", "percent", "With a profit"),
    ("profit_factor", "ratio", "Profit factor"),
    ("sqn", "ratio", "SQN"),
    ("holding", "tenths", "Mean holding, bars"),
]
_NO_BREAKEVEN = {
    "gross_loss": "There is no multiple of the costs at which this breaks even: it loses without any.",
    "no_trades": "Nothing was traded, so no cost can be too high.",
    "beyond_100x": "It still gains at a hundred times these costs.",
}
_ENDS = 10


def distribution(folder: ReportFolder, values: Values, page: Document) -> Html:
    """Histogram of the returns and the measures of its shape."""
    account, curve = folder.report.account, folder.book(folder.primary)
    if account is None or curve is None:
        return Html("")
    before = np.concatenate([[folder.report.settings.initial_cash], curve[:-1]])
    returns = curve / np.where(before > 0, before, np.nan) - 1.0
    var = account.measures.get("var")
    figure = distribution_figure(returns[np.isfinite(returns)], None if var is None else var.value)
    label = "Counts of returns, with a normal curve of the same mean and deviation."
    chart = page.chart("distribution", figure, label)
    rows = _measures(values, "/account/measures", _SPREAD, set(account.measures))
    body = tag("div", tag("div", chart), tag("div", rows), class_="two wide-left")
    lead = (
        "Returns of single bars; the dotted line is a normal curve, orange bars lie beyond the 5% quantile."
    )
    return section("distribution", "What a bar can bring", body, lead=lead)


def exposure(folder: ReportFolder, page: Document) -> Html:
    """Gross and net over time."""
    frame = folder.account
    if frame is None:
        return Html("")
    equity, cash, gross = (frame[name].cast(pl.Float64).to_numpy() for name in ("equity", "cash", "gross"))
    net = (equity - cash) / np.where(equity > 0, equity, np.inf)
    chart = page.chart(
        "exposure", exposure_figure(folder.time, gross, net), "Share of equity invested, over time."
    )
    return section(
        "exposure", "How much was invested", chart, lead="Positions over equity; the rest is cash."
    )


def cost_curve(folder: ReportFolder, values: Values, page: Document) -> Html:
    """The same decisions at multiples of the costs, and what breaks even."""
    account = folder.report.account
    if account is None:
        return Html("")
    if not account.cost_curve:
        return section(
            "cost-curve", "If trading cost more", tag("p", "Trading is free in this run.", class_="note")
        )
    label = "Return a year and Sharpe ratio over the multiple of the costs."
    chart = page.chart("cost-curve", cost_curve_figure(account.cost_curve), label)
    columns = [
        Column("Costs", "text"),
        Column("Paid", unit="bp of value traded"),
        Column("Total", unit="%"),
        Column("Return", unit="% a year"),
        Column("Sharpe"),
        Column("Worst drawdown", unit="%"),
        Column("Cost", unit="bp a year"),
    ]
    cells = [
        ("bps", "tenths"),
        ("total", "points"),
        ("cagr", "points"),
        ("sharpe", "ratio"),
        ("max_drawdown", "points"),
        ("cost_bps_year", "tenths"),
    ]
    rows: list[list[object]] = [
        [
            values.show(f"/account/cost_curve/{i}/multiplier", "times"),
            *(values.show(f"/account/cost_curve/{i}/{name}", unit) for name, unit in cells),
        ]
        for i in range(len(account.cost_curve))
    ]
    classes = ["own" if row.multiplier == 1.0 else None for row in account.cost_curve]
    body = table(columns, rows, caption="Costs multiplied", class_="medium", row_classes=classes)
    lead = "The same decisions run again with every cost multiplied: exact, not extrapolated."
    return section("cost-curve", "If trading cost more", chart, body, _breakeven(account, values), lead=lead)


def trades(folder: ReportFolder, values: Values) -> Html:
    """Round trips, beside what each instrument earned."""
    account = folder.report.account
    if account is None:
        return Html("")
    tiles = [
        tag("div", tag("dt", label), tag("dd", values.measure(f"/account/trades/{name}", unit)))
        for name, unit, label in _TRADES
        if name in account.trades
    ]
    measures = tag("dl", *tiles, class_="tiles")
    still = (
        tag(
            "p", values.show("/account/open_trades", "count"), " open at the end, not counted.", class_="note"
        )
        if account.open_trades
        else ""
    )
    lead = "After fees and slippage; the instruments, interest and fees of shorts add up to what the account gained."
    return section("trades", "Where it came from", measures, still, _attribution(account, values), lead=lead)


def _measures(values: Values, path: str, wanted: list[tuple[str, str, str]], there: set[str]) -> Html:
    rows = [[label, values.measure(f"{path}/{name}", unit)] for name, unit, label in wanted if name in there]
    columns = [Column("Measure", "text"), Column("Value")]
    return table(columns, rows, caption="Measures of the returns", class_="narrow")


def _breakeven(account: AccountEntry, values: Values) -> Html:
    even = account.breakeven
    if even is None:
        return Html("")
    if even.multiplier is None:
        return tag("p", _NO_BREAKEVEN.get(even.reason, even.reason), class_="note")
    parts = ["Nothing is left at ", values.show("/account/breakeven/multiplier", "times"), " the costs"]
    if even.bps is not None:
        parts += [", ", values.show("/account/breakeven/bps", "bps1"), " of the value traded"]
    return tag("p", *parts, ".", class_="note")


def _attribution(account: AccountEntry, values: Values) -> Html:
    """The instruments that earned and lost most; all of them where they are few."""
    rows = list(enumerate(account.attribution))
    left_out = 0
    if len(rows) > 2 * _ENDS:
        left_out = len(rows) - 2 * _ENDS
        rows = rows[:_ENDS] + rows[-_ENDS:]
    largest = max((abs(entry.net) for _, entry in rows), default=0.0)
    columns = [
        Column("Instrument", "text"),
        Column("Net", unit="currency"),
        Column(tag("span", "Net, drawn", class_="hidden"), "draw"),
        Column("Costs", unit="currency"),
        Column("Held", unit="bars"),
    ]
    cells: list[list[object]] = [_earned(i, entry, values, largest) for i, entry in rows]
    totals: list[list[object]] = []
    if account.carry:
        totals.append(["Interest and fees of shorts", values.show("/account/carry", "money"), "", "", ""])
    totals.append([tag("b", "The account"), values.show("/account/earned", "money"), "", "", ""])
    classes = [None] * len(cells) + ["sum"] * len(totals)
    note = (
        tag(
            "p",
            f"The {_ENDS} that earned most and least; {left_out} between them are in report.json.",
            class_="note",
        )
        if left_out
        else ""
    )
    body = table(
        columns, cells + totals, caption="Earned by instrument", row_classes=classes, class_="money medium"
    )
    return join([body, note])


def _earned(i: int, entry: EarnedEntry, values: Values, largest: float) -> list[object]:
    path = f"/account/attribution/{i}"
    share = abs(entry.net) / largest if largest > 0 else 0.0
    bar = tag("span", class_="bar loss" if entry.net < 0 else "bar", style=f"--share:{share:.3f}")
    return [
        entry.instrument,
        values.show(f"{path}/net", "money"),
        Cell(bar),
        values.show(f"{path}/costs", "money"),
        values.show(f"{path}/bars", "count"),
    ]
