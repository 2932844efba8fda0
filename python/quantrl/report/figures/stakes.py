"""Whose capital it is: layers that add up to the equity."""

from __future__ import annotations

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, milliseconds, plain, small
from quantrl.report.stakes import UNASSIGNED, Stakes
from quantrl.typing import JsonObject

HEIGHT = 420
_INKS = ("contest", "ink-1", "ink-2", "ink-3", "ink-4", "ink-5", "pick", "muted")


def stakes_figure(stakes: Stakes, currency: str) -> JsonObject:
    """A stacked area; the treasury on top, as light as a rule."""
    go = plotly_objects()
    x = milliseconds(stakes.time)
    traces = []
    for place, name in enumerate(stakes.names):
        ink = "var(--rule)" if name == UNASSIGNED else f"var(--{_INKS[place % len(_INKS)]})"
        trace = go.Scatter(
            x=x,
            y=small(stakes.money[:, place]),
            name=plain(name),
            stackgroup="equity",
            mode="lines",
            line={"color": ink, "width": 0, "shape": "hv"},
            hovertemplate="%{y:,.0f}",
        )
        traces.append(trace)
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        xaxis=date_axis(),
        yaxis=axis(title={"text": currency}, rangemode="tozero", tickformat="~s"),
    )
    return as_json(go.Figure(traces, shape))
