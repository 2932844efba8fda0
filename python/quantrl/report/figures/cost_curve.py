"""Return and Sharpe ratio of the same decisions at other costs, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from quantrl.report.account import CostRow
from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout
from quantrl.typing import JsonObject

HEIGHT = 260


def cost_curve_figure(rows: Sequence[CostRow]) -> JsonObject | None:
    """Two lines over the multiplier, the run itself marked; None without a curve."""
    if not rows:
        return None
    go = plotly_objects()
    x = [row.multiplier for row in rows]
    sizes = [11 if multiplier == 1.0 else 6 for multiplier in x]
    shared = {"x": x, "mode": "lines+markers", "showlegend": False}
    cagr = go.Scatter(
        **shared,
        y=[row.cagr for row in rows],
        line={"color": "var(--contest)", "width": 2},
        marker={"size": sizes},
        hovertemplate="%{x}× costs: %{y:.1%} a year<extra></extra>",
    )
    sharpe = go.Scatter(
        **shared,
        y=[row.sharpe for row in rows],
        xaxis="x2",
        yaxis="y2",
        line={"color": "var(--ink-1)", "width": 2},
        marker={"size": sizes},
        hovertemplate="%{x}× costs: %{y:.2f}<extra></extra>",
    )
    zero = {"zeroline": True, "zerolinecolor": "var(--muted)"}
    costs = {"ticksuffix": "×", "showgrid": False, "title": {"text": "Multiple of the costs"}}
    shape = layout(
        HEIGHT,
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 30, "b": 8, "pad": 4},
        xaxis=axis(domain=[0.0, 0.46], anchor="y", **costs),
        xaxis2=axis(domain=[0.54, 1.0], anchor="y2", **costs),
        yaxis=axis(tickformat=".1~%", **zero),
        yaxis2=axis(anchor="x2", **zero),
        annotations=[_title("Return a year", 0.0), _title("Sharpe ratio", 0.54)],
    )
    return as_json(go.Figure([cagr, sharpe], shape))


def _title(text: str, x: float) -> JsonObject:
    place = {"xref": "paper", "yref": "paper", "x": x, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
    return {"text": text, "showarrow": False, **place}
