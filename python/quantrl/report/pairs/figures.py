"""The chart of a pair's account: equity, and the position asked for."""

from __future__ import annotations

import numpy as np

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, milliseconds, small
from quantrl.report.pairs.folder import PairFolder
from quantrl.typing import JsonObject

POINTS = 4_000
"""Decisions drawn; of more of them each k-th, and the last."""


def equity_figure(folder: PairFolder) -> JsonObject:
    """Equity in quote currency over the position from -1 to 1."""
    go = plotly_objects()
    frame = folder.decisions()
    n = frame.height
    rows = np.unique(np.append(np.arange(0, n, every(n)), n - 1))
    shown = frame[rows]
    x = milliseconds(shown["time"].to_numpy())
    lines = [
        go.Scatter(
            x=x,
            y=small(shown["equity"].to_numpy()),
            mode="lines",
            name="equity",
            line={"color": "var(--contest)", "width": 1.6},
            hovertemplate="%{y:,.2f}<extra></extra>",
        ),
        go.Scatter(
            x=x,
            y=small(shown["target"].to_numpy()),
            mode="lines",
            name="position",
            line={"shape": "hv", "color": "var(--ink-1)", "width": 1.1},
            yaxis="y2",
            hovertemplate="%{y:+.1f}<extra></extra>",
        ),
    ]
    shape = layout(
        420,
        hovermode="x unified",
        xaxis=date_axis(anchor="y2"),
        yaxis=axis(domain=[0.34, 1.0], title={"text": "equity"}),
        yaxis2=axis(domain=[0.0, 0.28], title={"text": "position"}),
    )
    return as_json(go.Figure(lines, shape))


def every(decisions: int) -> int:
    """Each which decision is drawn."""
    return -(-decisions // POINTS) or 1
