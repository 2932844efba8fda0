"""How much of the equity was invested, and how much of it in cash, over time."""

from __future__ import annotations

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, milliseconds, small
from quantrl.report.periods import finest, means, period_starts
from quantrl.typing import FloatArray, IntArray, JsonObject

HEIGHT = 220
_POINTS = 420


def exposure_figure(time_ns: IntArray, gross: FloatArray, net: FloatArray) -> JsonObject:
    """An area of the mean gross, and a line of the net where it differs."""
    go = plotly_objects()
    starts = period_starts(time_ns, finest(time_ns, _POINTS))
    x = milliseconds(time_ns[starts])
    traces = [
        go.Scatter(
            x=x,
            y=small(means(gross, starts)),
            name="Gross",
            mode="lines",
            line={"color": "var(--contest)", "width": 1.2, "shape": "hv"},
            fill="tozeroy",
            fillcolor="var(--contest-fill)",
            hovertemplate="%{y:.1%}",
        )
    ]
    if abs(gross - net).max() > 1e-9:
        traces.append(
            go.Scatter(
                x=x,
                y=small(means(net, starts)),
                name="Net",
                mode="lines",
                line={"color": "var(--ink-1)", "width": 1.2, "shape": "hv"},
                hovertemplate="%{y:.1%}",
            )
        )
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        showlegend=len(traces) > 1,
        xaxis=date_axis(),
        yaxis=axis(rangemode="tozero", tickformat=".0%", title={"text": "Of equity"}),
    )
    return as_json(go.Figure(traces, shape))
