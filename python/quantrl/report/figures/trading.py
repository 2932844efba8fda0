"""Cost and turnover by year, side by side."""

from __future__ import annotations

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout
from quantrl.report.trading import TradingYears
from quantrl.typing import JsonObject

HEIGHT = 260


def trading_figure(years: TradingYears) -> JsonObject:
    """Two bar charts over the same years."""
    go = plotly_objects()
    shared = {"x": years.years, "showlegend": False}
    cost = go.Bar(
        **shared,
        y=years.cost_bps,
        marker={"color": "var(--contest)"},
        hovertemplate="%{x}: %{y:.1f} bp<extra></extra>",
    )
    turnover = go.Bar(
        **shared,
        y=years.turnover,
        xaxis="x2",
        yaxis="y2",
        marker={"color": "var(--ink-1)"},
        hovertemplate="%{x}: %{y:.1f}×<extra></extra>",
    )
    years_axis = {"showgrid": False, "tickformat": "d", "nticks": 8}
    shape = layout(
        HEIGHT,
        hovermode="closest",
        bargap=0.25,
        margin={"l": 8, "r": 8, "t": 30, "b": 8, "pad": 4},
        xaxis=axis(domain=[0.0, 0.46], anchor="y", **years_axis),
        xaxis2=axis(domain=[0.54, 1.0], anchor="y2", **years_axis),
        yaxis=axis(rangemode="tozero"),
        yaxis2=axis(rangemode="tozero", anchor="x2"),
        annotations=[_title("Cost, bp of equity", 0.0), _title("Turnover, × equity", 0.54)],
    )
    return as_json(go.Figure([cost, turnover], shape))


def _title(text: str, x: float) -> JsonObject:
    place = {"xref": "paper", "yref": "paper", "x": x, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
    return {"text": text, "showarrow": False, **place}
