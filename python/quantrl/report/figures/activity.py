"""Turnover above, its cost below, on one time axis."""

from __future__ import annotations

from quantrl.report.activity import Activity
from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, milliseconds, small
from quantrl.typing import JsonObject

HEIGHT = 380


def activity_figure(activity: Activity) -> JsonObject:
    """Bars of turnover; stacked bars of fees and slippage."""
    go = plotly_objects()
    x = milliseconds(activity.time)
    turnover = go.Bar(
        x=x,
        y=small(activity.turnover),
        name="Turnover",
        showlegend=False,
        marker={"color": "var(--contest)"},
        hovertemplate="%{y:.2f}× equity",
    )
    costs = [
        go.Bar(
            x=x,
            y=small(values),
            name=name,
            yaxis="y2",
            showlegend=True,
            marker={"color": color},
            hovertemplate="%{y:.2f} bp",
        )
        for name, values, color in (
            ("Fees", activity.fees_bps, "var(--ink-1)"),
            ("Slippage", activity.slippage_bps, "var(--ink-3)"),
        )
        if values.any()
    ]
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        barmode="stack",
        bargap=0.15,
        xaxis=date_axis(anchor="y2"),
        yaxis=axis(domain=[0.46, 1.0], rangemode="tozero", title={"text": "Turnover, × equity"}),
        yaxis2=axis(domain=[0.0, 0.38], rangemode="tozero", title={"text": "Cost, bp"}),
    )
    return as_json(go.Figure([turnover, *costs], shape))
