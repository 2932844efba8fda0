"""The numbers behind the chart of costs, and what netting did."""

from __future__ import annotations

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.table import Column, table
from quantrl.report.trading import TradingYears
from quantrl.report.values import Values, derived


def netting_words(folder: ReportFolder) -> Html:
    """What the funded agents' own orders would have cost, against the one netted book."""
    values = Values({"netting": folder.netting}, mark="data-metric")
    if not {"own_cost_bps_year", "netted_cost_bps_year", "saving_bps_year"} <= set(folder.netting):
        return Html("")
    own, paid = (values.show(f"/netting/{name}_cost_bps_year", "bps") for name in ("own", "netted"))
    end = (
        "netting saved the difference."
        if folder.netting["saving_bps_year"] >= 0
        else "netting cost the difference."
    )
    parts: list[object] = ["In accounts of their own the funded agents would have paid ", own, " a year; "]
    parts += ["the netted book paid ", paid, ": ", end]
    if folder.netting.get("break_even_bps", 0.0) > 0:
        limit = values.show("/netting/break_even_bps", "bps1")
        parts += [" With ", limit, " more for each unit traded it would earn no more than equal weight."]
    return tag("p", *parts, class_="note")


def costs_table(years: TradingYears) -> Html:
    """Fills, cost and turnover of each year, folded."""
    columns = [
        Column("Year", "text"),
        Column("Fills"),
        Column("Cost", unit="currency"),
        Column("Cost", unit="of mean equity"),
        Column("Turnover", unit="× mean equity"),
    ]
    rows = [
        [
            str(year),
            derived(f"trading/{year}/fills", int(years.fills[i]), "count"),
            derived(f"trading/{year}/cost", float(years.cost[i]), "money"),
            derived(f"trading/{year}/cost_bps", float(years.cost_bps[i]), "bps1"),
            derived(f"trading/{year}/turnover", float(years.turnover[i]), "times"),
        ]
        for i, year in enumerate(years.years)
    ]
    return tag(
        "details", tag("summary", "The numbers, year by year"), table(columns, rows, caption="Costs by year")
    )
