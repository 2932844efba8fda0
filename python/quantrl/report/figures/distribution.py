"""How the returns are spread, beside a normal curve of the same mean and deviation."""

from __future__ import annotations

import numpy as np

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout, small
from quantrl.typing import FloatArray, JsonObject

HEIGHT = 300
_BINS = 61
_DEVIATIONS = 5.0


def distribution_figure(returns: FloatArray, var: float | None) -> JsonObject | None:
    """Bars of counts within five deviations of the mean, what lies beyond in the last ones; None without a spread."""
    sd = float(np.std(returns, ddof=1)) if len(returns) > 2 else 0.0
    if not sd > 0.0:
        return None
    go = plotly_objects()
    mean = float(returns.mean())
    edges = mean + sd * np.linspace(-_DEVIATIONS, _DEVIATIONS, _BINS + 1)
    middle, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    counts = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)[0]
    normal = len(returns) * width * np.exp(-0.5 * ((middle - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
    bars = go.Bar(
        x=small(middle),
        y=counts.astype(np.int32),
        width=float(width) * 0.9,
        name="Bars",
        marker={"color": ["var(--ink-1)" if m < (var or -np.inf) else "var(--contest)" for m in middle]},
        hovertemplate="%{x:.2%}: %{y:,} bars<extra></extra>",
    )
    curve = go.Scatter(
        x=small(middle),
        y=small(normal),
        name="Normal",
        mode="lines",
        line={"color": "var(--market)", "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    shape = layout(
        HEIGHT,
        hovermode="closest",
        bargap=0,
        showlegend=False,
        xaxis=axis(tickformat=".1~%", showgrid=False, title={"text": "Return of a bar"}),
        yaxis=axis(rangemode="tozero", title={"text": "Bars"}),
    )
    return as_json(go.Figure([bars, curve], shape))
