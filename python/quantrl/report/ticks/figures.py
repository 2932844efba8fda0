"""Charts of a replay: depth over time, fills on the book, equity and position."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, date_axis, layout, small
from quantrl.report.ticks.folder import ReplayFolder
from quantrl.typing import FloatArray, IntArray, JsonObject

MARKS = 3_000
"""Fills drawn; of more of them every k-th."""
_CLOCK = {"hoverformat": "%H:%M:%S.%L"}
_HEAT = [[0.0, "var(--heat-0)"], [0.55, "var(--heat-1)"], [1.0, "var(--heat-2)"]]
_SIDES = {"buy": ("var(--ink-2)", "triangle-up"), "sell": ("var(--ink-1)", "triangle-down")}


def depth_figure(folder: ReplayFolder) -> JsonObject | None:
    """Lots displayed by time and price, the touch over them."""
    cells, unit = folder.frame("depth"), folder.file["unit"]
    if cells.is_empty():
        return None
    go = plotly_objects()
    width = int(cells["width"][0])
    times, columns = np.unique(cells["ts_ns"].to_numpy(), return_inverse=True)
    low, high = int(cells["tick"].min()), int(cells["tick"].max())  # type: ignore[arg-type]
    ticks = np.arange(low, high + width, width)
    lots = np.full((len(ticks), len(times)), np.nan)
    lots[(cells["tick"].to_numpy() - low) // width, columns] = np.log10(cells["lots"].to_numpy())
    powers = np.arange(0, int(np.nanmax(lots)) + 1)
    heat = go.Heatmap(
        x=_ms(times),
        y=small((ticks + (width - 1) / 2) * unit),
        z=small(lots),
        colorscale=_HEAT,
        colorbar={
            "title": {"text": "lots", "side": "top"},
            "tickvals": powers.tolist(),
            "ticktext": [f"{10**power:,}" for power in powers.tolist()],
            "thickness": 12,
            "outlinewidth": 0,
        },
        hovertemplate="%{x}, %{y}: 10^%{z:.2f} lots<extra></extra>",
    )
    shape = layout(420, hovermode="closest", xaxis=date_axis() | _CLOCK, yaxis=axis(showgrid=False))
    return as_json(go.Figure([heat, *_touch(folder, go, ("var(--text)", "var(--text)"))], shape))


def fills_figure(folder: ReplayFolder) -> JsonObject | None:
    """Own executions over the best bid and ask, at the exchange's times."""
    fills, unit = folder.frame("fills"), folder.file["unit"]
    if fills.is_empty():
        return None
    go = plotly_objects()
    drawn = fills.gather_every(every(fills.height))
    marks = []
    for side, (color, symbol) in _SIDES.items():
        rows = drawn.filter(pl.col("side") == side)
        marks.append(
            go.Scatter(
                x=_ms(rows["ts_exch"].to_numpy()),
                y=small(rows["tick"].to_numpy() * unit),
                customdata=small(rows["qty"].to_numpy()),
                mode="markers",
                name=f"own {side}",
                marker={"color": color, "symbol": symbol, "size": 7},
                hovertemplate=f"{side} %{{customdata:,}} @ %{{y}}, %{{x}}<extra></extra>",
            )
        )
    shape = layout(420, hovermode="closest", xaxis=date_axis() | _CLOCK, yaxis=axis())
    return as_json(go.Figure([*_touch(folder, go, ("var(--contest)", "var(--ink-4)")), *marks], shape))


def equity_figure(folder: ReplayFolder) -> JsonObject | None:
    """Equity in currency, and lots held, as the strategy knew them."""
    samples = folder.frame("equity")
    if samples.is_empty():
        return None
    go = plotly_objects()
    x = _ms(samples["ts"].to_numpy())
    worth = samples["equity"].fill_null(np.nan).to_numpy()
    line = {"shape": "hv", "color": "var(--contest)", "width": 1.6}
    lines = [
        go.Scatter(
            x=x,
            y=small(worth),
            mode="lines",
            name="equity",
            line=line,
            hovertemplate="%{y:,.2f}<extra></extra>",
        ),
        go.Scatter(
            x=x,
            y=small(samples["position"].to_numpy()),
            mode="lines",
            name="position, lots",
            line={"shape": "hv", "color": "var(--ink-1)", "width": 1.3},
            yaxis="y2",
            hovertemplate="%{y:,} lots<extra></extra>",
        ),
    ]
    shape = layout(
        420,
        hovermode="x unified",
        xaxis=date_axis(anchor="y2") | _CLOCK,
        yaxis=axis(domain=[0.42, 1.0], title={"text": "equity"}),
        yaxis2=axis(domain=[0.0, 0.36], title={"text": "lots"}),
    )
    return as_json(go.Figure(lines, shape))


def every(fills: int) -> int:
    """Each which fill is drawn."""
    return -(-fills // MARKS) or 1


def _touch(folder: ReplayFolder, go: Any, colors: tuple[str, str]) -> list[Any]:
    touch, unit = folder.frame("touch"), folder.file["unit"]
    x = _ms(touch["ts_ns"].to_numpy())
    return [
        go.Scatter(
            x=x,
            y=small(touch[f"{side}_ticks"].cast(pl.Float64).fill_null(np.nan).to_numpy() * unit),
            mode="lines",
            name=f"best {side}",
            line={"color": color, "width": 1.0, "shape": "hv"},
            hoverinfo="skip",
        )
        for side, color in zip(("bid", "ask"), colors, strict=True)
    ]


def _ms(ts_ns: IntArray) -> FloatArray:
    return ts_ns.astype(np.float64) / 1e6
