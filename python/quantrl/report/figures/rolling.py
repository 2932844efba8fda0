"""Sharpe ratio of the last year, day after day: did it hold, or was it one good spell?"""

from __future__ import annotations

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, ink, layout, milliseconds, plain, small
from quantrl.report.folder import ReportFolder
from quantrl.report.periods import finest, period_ends
from quantrl.report.rolling import rolling_sharpe
from quantrl.typing import JsonObject

HEIGHT = 320
_POINTS = 900
_NAMES = ("equal_weight", "buy_and_hold")


def rolling_figure(folder: ReportFolder) -> JsonObject | None:
    """Lines of contest, equal weight and market; None where the run is under two years or has no clock."""
    periods = folder.report.data.periods_per_year
    if periods is None or periods < 4 or len(folder.time) < 2 * periods:
        return None
    go = plotly_objects()
    window = round(periods)
    rows = period_ends(folder.time, finest(folder.time, _POINTS))
    rows = rows[rows >= window]
    traces = []
    for i, book in reversed(list(enumerate(folder.report.books))):
        curve = folder.book(book.name)
        if curve is None or (book.name != folder.primary and book.name not in _NAMES):
            continue
        trace = go.Scatter(
            x=milliseconds(folder.time[rows]),
            y=small(rolling_sharpe(curve, window, periods)[rows]),
            name=plain(book.label),
            legendrank=i + 1,
            mode="lines",
            line=ink(book.name, i),
            hovertemplate="%{y:.2f}",
        )
        traces.append(trace)
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        xaxis=date_axis(),
        yaxis=axis(title={"text": "Sharpe, last year"}, zeroline=True, zerolinecolor="var(--rule)"),
    )
    return as_json(go.Figure(traces, shape))
