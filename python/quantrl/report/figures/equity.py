"""Growth on a log scale with the drawdown below it, on one time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.report.drawdowns import drawdown_path
from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import (
    as_json,
    axis,
    date_axis,
    ink,
    layout,
    log_axis,
    milliseconds,
    plain,
    small,
)
from quantrl.report.folder import ReportFolder
from quantrl.report.periods import Period, finest, lows, period_ends, period_starts
from quantrl.typing import FloatArray, JsonObject

HEIGHT = 620
_BOOK_POINTS = 1_800
_AGENT_POINTS = 420


@dataclass(frozen=True)
class _Line:
    """A book with a stored curve; `place` 0 is the one the page is about."""

    place: int
    name: str
    label: str
    role: str
    growth: FloatArray

    @property
    def under_water(self) -> bool:
        """Whether its drawdown is drawn too: all of them would hide each other."""
        return self.place == 0 or self.role == "market" or self.name == "equal_weight"


def equity_figure(folder: ReportFolder) -> JsonObject:
    """Books as lines, agents as thin grey ones; drawdowns of contest, equal weight and market."""
    go = plotly_objects()
    lines = _lines(folder)
    last_on_top = lines[::-1]
    traces = _band(go, folder) + _agents(go, folder)
    traces += [_growth(go, folder, line) for line in last_on_top]
    traces += [_under(go, folder, line) for line in last_on_top if line.under_water]
    growth_axis = log_axis(
        *_range(folder, lines), domain=[0.34, 1.0], title={"text": "Growth of 1, log scale"}
    )
    shape = layout(
        HEIGHT,
        hovermode="x unified",
        xaxis=date_axis(anchor="y2"),
        yaxis=growth_axis,
        yaxis2=axis(domain=[0.0, 0.28], tickformat=".1~%", title={"text": "Drawdown"}, rangemode="tozero"),
    )
    return as_json(go.Figure(traces, shape))


def sampled(folder: ReportFolder) -> tuple[Period, Period]:
    """Periods of which one point is drawn: of the books and of the agents."""
    return finest(folder.time, _BOOK_POINTS), finest(folder.time, _AGENT_POINTS)


def missing_curves(folder: ReportFolder) -> list[str]:
    """Labels of the books that have measures but no stored curve."""
    return [book.label for book in folder.report.books if folder.book(book.name) is None]


def _range(folder: ReportFolder, lines: list[_Line]) -> tuple[float, float]:
    """Lowest and highest growth drawn."""
    start = folder.report.settings.initial_cash
    agents = [curve / start for curve in map(folder.agent, folder.agents) if curve is not None]
    edges = [curve / start for curve in map(folder.random, ("low", "high")) if curve is not None]
    known = np.concatenate([line.growth for line in lines] + agents + edges)
    known = known[np.isfinite(known) & (known > 0)]
    return float(known.min(initial=1.0)), float(known.max(initial=1.0))


def _lines(folder: ReportFolder) -> list[_Line]:
    start = folder.report.settings.initial_cash
    lines: list[_Line] = []
    for book in folder.report.books:
        curve = folder.book(book.name)
        if curve is not None:
            lines.append(_Line(len(lines), book.name, book.label, book.role, curve / start))
    return lines


def _growth(go: Any, folder: ReportFolder, line: _Line) -> Any:
    rows = period_ends(folder.time, finest(folder.time, _BOOK_POINTS))
    return go.Scatter(
        x=milliseconds(folder.time[rows]),
        y=small(_positive(line.growth[rows])),
        name=plain(line.label),
        legendgroup=f"book-{line.place}",
        legendrank=line.place + 1,
        mode="lines",
        line=ink(line.name, line.place),
        visible="legendonly" if line.name.startswith("delay_") or line.name == "cash" else True,
        hovertemplate="%{y:.2f}×",
    )


def _under(go: Any, folder: ReportFolder, line: _Line) -> Any:
    period = finest(folder.time, _BOOK_POINTS)
    starts, ends = period_starts(folder.time, period), period_ends(folder.time, period)
    return go.Scatter(
        x=milliseconds(folder.time[ends]),
        y=small(lows(drawdown_path(line.growth), starts)),
        name=plain(line.label),
        legendgroup=f"book-{line.place}",
        showlegend=False,
        yaxis="y2",
        mode="lines",
        line={**ink(line.name, line.place), "width": 1.2},
        fill="tozeroy" if line.place == 0 else "none",
        fillcolor="var(--contest-fill)",
        hovertemplate="%{y:.1%}",
    )


def _band(go: Any, folder: ReportFolder) -> list[Any]:
    """The range of random schedules, behind everything else."""
    low, high, told = folder.random("low"), folder.random("high"), folder.report.random
    if low is None or high is None or told is None:
        return []
    rows = period_ends(folder.time, finest(folder.time, _AGENT_POINTS))
    start = folder.report.settings.initial_cash
    shared = {
        "x": milliseconds(folder.time[rows]),
        "mode": "lines",
        "legendgroup": "random",
        "legendrank": 800,
    }
    edge = {"color": "var(--thread)", "width": 1}
    return [
        go.Scatter(
            **shared, y=small(_positive(high[rows] / start)), line=edge, showlegend=False, hoverinfo="skip"
        ),
        go.Scatter(
            **shared,
            y=small(_positive(low[rows] / start)),
            line=edge,
            fill="tonexty",
            fillcolor="var(--band)",
            name=f"{told.count} random schedules, 5 to 95%",
            hoverinfo="skip",
        ),
    ]


def _agents(go: Any, folder: ReportFolder) -> list[Any]:
    rows = period_ends(folder.time, finest(folder.time, _AGENT_POINTS))
    days = milliseconds(folder.time[rows])
    start = folder.report.settings.initial_cash
    traces: list[Any] = []
    for i, label in enumerate(folder.agents):
        curve = folder.agent(label)
        if curve is None:
            continue
        trace = go.Scatter(
            x=days,
            y=small(_positive(curve[rows] / start)),
            name=f"{len(folder.agents)} agents" if i == 0 else plain(label),
            meta={"agent": i, "label": plain(label)},
            legendgroup="agents",
            legendrank=900,
            showlegend=i == 0,
            mode="lines",
            line={"color": "var(--thread)", "width": 1},
            hoverinfo="skip",
        )
        traces.append(trace)
    return traces


def _positive(values: FloatArray) -> FloatArray:
    """A log scale has no place for ruin: shown as a gap."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
