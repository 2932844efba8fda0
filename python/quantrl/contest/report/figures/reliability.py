"""Stated probability against how often it came true, with intervals, on the line where both are equal."""

from __future__ import annotations

import math

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout
from quantrl.typing import JsonObject

HEIGHT = 380


def reliability_figure(bins: JsonObject) -> JsonObject | None:
    """A dot for each bin that holds something; None where none does."""
    filled = [i for i, count in enumerate(bins["count"]) if count]
    if not filled:
        return None
    go = plotly_objects()
    stated, share = ([100.0 * bins[name][i] for i in filled] for name in ("stated", "share"))
    ends = [*stated, *(100.0 * bins[end][i] for end in ("low", "high") for i in filled)]
    low, high = 10.0 * math.floor(min(ends) / 10.0), 10.0 * math.ceil(max(ends) / 10.0)
    line = go.Scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        name="As stated",
        line={"color": "var(--rule)", "dash": "dash", "width": 1.5},
        hoverinfo="skip",
    )
    dots = go.Scatter(
        x=stated,
        y=share,
        mode="markers",
        name="Came true, 95% interval",
        customdata=[bins["count"][i] for i in filled],
        marker={"color": "var(--contest)", "size": 9},
        error_y={
            "type": "data",
            "visible": True,
            "symmetric": False,
            "array": [100.0 * bins["high"][i] - y for i, y in zip(filled, share, strict=True)],
            "arrayminus": [y - 100.0 * bins["low"][i] for i, y in zip(filled, share, strict=True)],
            "color": "var(--contest)",
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate="stated %{x:.0f}%, came true %{y:.0f}% of %{customdata} signals<extra></extra>",
    )
    shape = layout(
        HEIGHT,
        hovermode="closest",
        xaxis=axis(title={"text": "Stated, %"}, range=[low, high], dtick=10, fixedrange=True),
        yaxis=axis(title={"text": "Came true, %"}, range=[low, high], dtick=10, fixedrange=True),
    )
    return as_json(go.Figure([line, dots], shape))
