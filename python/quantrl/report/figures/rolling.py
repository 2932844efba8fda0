"""Sharpe ratio and volatility of the last year, day after day: did it hold, or was it one good spell?"""

from __future__ import annotations

from typing import Any

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, ink, layout, milliseconds, plain, small
from quantrl.report.folder import ReportFolder
from quantrl.report.periods import finest, period_ends
from quantrl.report.rolling import rolling_sharpe, rolling_vol
from quantrl.typing import FloatArray, JsonObject

HEIGHT = 320
TWO = 460
_POINTS = 900
_NAMES = ("equal_weight", "buy_and_hold")


def rolling_figure(folder: ReportFolder) -> JsonObject | None:
    """Lines of contest or account, equal weight and market; None where the run is under two years or has no clock.

    A backtest's page has the volatility below; a contest's has a target for it.
    """
    periods = folder.report.data.periods_per_year
    if periods is None or periods < 4 or len(folder.time) < 2 * periods:
        return None
    go = plotly_objects()
    window, both = round(periods), folder.report.kind == "backtest"
    traces: list[Any] = []
    for i, name, label, curve in _curves(folder):
        traces.append(_line(go, folder, i, name, label, rolling_sharpe(curve, window, periods)))
        if both:
            traces.append(_line(go, folder, i, name, label, rolling_vol(curve, window, periods), below=True))
    sharpe = {"title": {"text": "Sharpe, last year"}, "zeroline": True, "zerolinecolor": "var(--rule)"}
    if not both:
        return as_json(go.Figure(traces, _shape(HEIGHT, xaxis=date_axis(), yaxis=axis(**sharpe))))
    volatility = {"title": {"text": "Volatility"}, "tickformat": ".0%", "rangemode": "tozero"}
    shape = _shape(
        TWO,
        xaxis=date_axis(anchor="y2"),
        yaxis=axis(domain=[0.42, 1.0], **sharpe),
        yaxis2=axis(domain=[0.0, 0.34], **volatility),
    )
    return as_json(go.Figure(traces, shape))


def _curves(folder: ReportFolder) -> list[tuple[int, str, str, FloatArray]]:
    """Place, name, label and equity of the books drawn, the one the page is about last and so on top."""
    found = []
    for i, book in reversed(list(enumerate(folder.report.books))):
        curve = folder.book(book.name)
        if curve is not None and (book.name == folder.primary or book.name in _NAMES):
            found.append((i, book.name, book.label, curve))
    return found


def _line(
    go: Any, folder: ReportFolder, i: int, name: str, label: str, values: FloatArray, *, below: bool = False
) -> Any:
    rows = period_ends(folder.time, finest(folder.time, _POINTS))
    rows = rows[rows >= round(folder.report.data.periods_per_year or 0)]
    return go.Scatter(
        x=milliseconds(folder.time[rows]),
        y=small(values[rows]),
        name=plain(label),
        legendgroup=f"book-{i}",
        legendrank=i + 1,
        showlegend=not below,
        mode="lines",
        line=ink(name, i),
        **({"yaxis": "y2", "hovertemplate": "%{y:.1%}"} if below else {"hovertemplate": "%{y:.2f}"}),
    )


def _shape(height: int, **axes: Any) -> JsonObject:
    return layout(height, hovermode="x unified", **axes)
