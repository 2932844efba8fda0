"""Rank correlations of predictions day by day: their running sum shows whether a mean is steady or one good spell."""

from __future__ import annotations

from itertools import accumulate

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout
from quantrl.typing import JsonObject

HEIGHT = 320
_INKS = {"data": ("var(--ink-1)", "solid"), "research": ("var(--contest)", "solid")}


def rank_ic_figure(contests: list[JsonObject]) -> JsonObject | None:
    """One line for each contest; None where no day has a correlation."""
    traces = [trace for trace in map(_line, contests) if trace is not None]
    if not traces:
        return None
    go = plotly_objects()
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        xaxis=date_axis(),
        yaxis=axis(title={"text": "Running sum of RankIC"}, zeroline=True, zerolinecolor="var(--rule)"),
    )
    return as_json(go.Figure(traces, shape))


def _line(contest: JsonObject) -> JsonObject | None:
    series = contest["series"]
    known = [
        (date, ic) for date, ic in zip(series["date"], series["ic"], strict=True) if date and ic is not None
    ]
    if not known:
        return None
    ink, dash = _INKS[contest["contest"]]
    return {
        "type": "scatter",
        "x": [date for date, _ in known],
        "y": list(accumulate(ic for _, ic in known)),
        "name": f"{contest['contest'].capitalize()} contest",
        "mode": "lines",
        "showlegend": True,
        "line": {"color": ink, "dash": dash, "width": 1.8},
        "hovertemplate": "%{y:.2f}",
    }
