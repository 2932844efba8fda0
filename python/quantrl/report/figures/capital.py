"""Who held capital when: agents down, months across, the stronger, the more."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, milliseconds, plain, small
from quantrl.report.folder import ReportFolder
from quantrl.report.periods import Period, finest, means, period_starts
from quantrl.typing import FloatArray, IntArray, JsonObject

_POINTS = 420
_LABEL = 30


def capital_height(folder: ReportFolder) -> int:
    """Pixels: a line of text for each row, and the axis."""
    return 18 * (len(capital_labels(folder)) + 1) + 70


def capital_labels(folder: ReportFolder) -> list[str]:
    """Agents with a capital column, best place first."""
    frame = folder.decisions
    if frame is None:
        return []
    stored = [name.removeprefix("c:") for name in frame.columns if name.startswith("c:")]
    places = {row.agent: row.pos for row in folder.report.leaderboard}
    return sorted(stored, key=lambda label: places.get(label, len(places) + 1))


def capital_period(folder: ReportFolder) -> Period:
    """The period a column of the map stands for."""
    frame = folder.decisions
    return "bar" if frame is None else finest(frame["decided"].cast(pl.Int64).to_numpy(), _POINTS)


def capital_means(folder: ReportFolder, frame: pl.DataFrame) -> tuple[IntArray, FloatArray]:
    """First decision time of each period (P,), and the mean capital (P, A + 1) of the agents and of cash."""
    time = frame["decided"].cast(pl.Int64).to_numpy()
    columns = [
        frame[f"c:{name}"].cast(pl.Float64).fill_null(0.0).fill_nan(0.0) for name in capital_labels(folder)
    ]
    shares = np.column_stack([column.to_numpy() for column in columns])
    with_cash = np.column_stack([shares, np.maximum(1.0 - shares.sum(axis=1), 0.0)])
    starts = period_starts(time, capital_period(folder))
    return time[starts], means(with_cash, starts)


def capital_figure(folder: ReportFolder) -> JsonObject | None:
    """A heat map, or None where the run recorded no capital."""
    labels = capital_labels(folder)
    if folder.decisions is None or folder.decisions.height == 0 or not labels:
        return None
    go = plotly_objects()
    time, shares = capital_means(folder, folder.decisions)
    rows = [*labels, "Unassigned"]
    heat = go.Heatmap(
        x=milliseconds(time),
        y=[plain(name) for name in rows],
        z=small(shares.T),
        zmin=0.0,
        zmax=max(float(shares[:, :-1].max()), 1e-6),
        colorscale=[[0.0, "var(--heat-0)"], [0.5, "var(--heat-1)"], [1.0, "var(--heat-2)"]],
        ygap=1,
        colorbar=_scale(),
        hovertemplate="%{y}<br>%{x|%b %Y}: %{z:.0%} of capital<extra></extra>",
    )
    shape = layout(
        capital_height(folder),
        hovermode="closest",
        xaxis=date_axis(),
        yaxis=axis(
            autorange="reversed",
            type="category",
            tickvals=[plain(name) for name in rows],
            ticktext=[plain(name) for name in _short(rows)],
            showgrid=False,
            fixedrange=True,
            tickfont={"size": 11},
        ),
    )
    return as_json(go.Figure(heat, shape))


def _scale() -> JsonObject:
    return {
        "orientation": "h",
        "thickness": 8,
        "len": 0.3,
        "x": 1.0,
        "xanchor": "right",
        "y": 1.0,
        "yanchor": "bottom",
        "tickformat": ".0%",
        "nticks": 4,
        "outlinewidth": 0,
        "title": {"text": "Capital", "side": "top"},
    }


def _short(labels: list[str]) -> list[str]:
    """Labels for the axis: without their folder where that leaves them distinct, and not too long."""
    names = [label.rpartition("/")[2] for label in labels]
    if len(set(names)) < len(names):
        names = labels
    return [name if len(name) <= _LABEL else name[: _LABEL - 1] + "…" for name in names]
