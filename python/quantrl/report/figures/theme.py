"""What all charts share: layout, inks of the books, dates as numbers, labels as plain text."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.report.markup import Html, tag
from quantrl.typing import FloatArray, IntArray, JsonObject

_INKS: dict[str, tuple[str, str, float]] = {
    "contest": ("var(--contest)", "solid", 2.6),
    "equal_weight": ("var(--ink-1)", "solid", 1.6),
    "follow_the_leader": ("var(--ink-2)", "solid", 1.3),
    "follow_the_leader_5": ("var(--ink-3)", "dash", 1.3),
    "random_k": ("var(--ink-4)", "dot", 1.5),
    "buy_and_hold": ("var(--market)", "solid", 1.6),
    "equal_weight_1": ("var(--ink-3)", "dash", 1.3),
    "cash": ("var(--muted)", "dot", 1.3),
    "equal": ("var(--ink-1)", "solid", 1.6),
    "paper": ("var(--ink-5)", "dash", 1.6),
    "selection": ("var(--ink-2)", "solid", 1.6),
    "best_past": ("var(--ink-3)", "dash", 1.3),
    "buy_hold": ("var(--market)", "solid", 1.6),
    "delay_1": ("var(--ink-5)", "dot", 1.3),
}
_SPARE = [
    ("var(--ink-2)", "solid"),
    ("var(--ink-4)", "solid"),
    ("var(--ink-5)", "dash"),
    ("var(--ink-1)", "dot"),
]


_TICK_DIGITS: tuple[tuple[float, ...], ...] = (
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.5, 2, 3, 4, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)


def ink(name: str, index: int) -> dict[str, Any]:
    """Line style of a book; books without a style of their own take the spare ones in turn."""
    if index == 0:
        color, dash, width = _INKS["contest"]
    elif name in _INKS:
        color, dash, width = _INKS[name]
    else:
        (color, dash), width = _SPARE[(index - 1) % len(_SPARE)], 1.5
    return {"color": color, "dash": dash, "width": width}


def milliseconds(time_ns: IntArray) -> FloatArray:
    """Times as plotly takes them on a date axis."""
    return (time_ns // 1_000_000).astype(np.float64)


def small(values: FloatArray) -> NDArray[np.float32]:
    """Seven digits are enough for a line on a screen, and half the size."""
    return values.astype(np.float32)


def plain(label: str) -> str:
    """A label in which no markup is read: plotly takes a few tags in text."""
    return escape(label, quote=False)


def layout(height: int, **more: Any) -> JsonObject:
    """Layout shared by all charts; `more` adds to it."""
    return {
        "template": {},
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {
            "color": "var(--muted)",
            "size": 12,
            "family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif",
        },
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 4},
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--rule)",
            "font": {"color": "var(--text)", "size": 12},
            "namelength": -1,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemwidth": 30},
        "dragmode": "zoom",
        **more,
    }


def axis(**more: Any) -> JsonObject:
    """An axis with a light grid and labels inside the automatic margin."""
    return {
        "gridcolor": "var(--grid)",
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": True,
        "fixedrange": False,
        **more,
    }


def date_axis(**more: Any) -> JsonObject:
    """A horizontal date axis."""
    return axis(
        type="date",
        showgrid=False,
        ticks="outside",
        tickcolor="var(--rule)",
        ticklen=4,
        hoverformat="%d %b %Y",
        **more,
    )


def log_axis(low: float, high: float, **more: Any) -> JsonObject:
    """A vertical log axis labelled in multiples, with four to nine round ticks between two positive numbers."""
    for digits in _TICK_DIGITS:
        values = [digit * 10.0**e for e in range(-4, 9) for digit in digits]
        inside = [value for value in values if low * 0.9 <= value <= high * 1.1]
        if 4 <= len(inside) <= 9:
            ticks = {"tickvals": inside, "ticktext": [f"{value:,.6g}×" for value in inside]}
            return axis(type="log", **ticks, **more)
    return axis(type="log", ticksuffix="×", **more)


def holder(name: str, height: int, label: str, caption: str = "") -> Html:
    """The element a chart is drawn in; it keeps its height, so the page does not jump."""
    box = tag(
        "div",
        id=f"chart-{name}",
        class_="chart",
        role="img",
        aria_label=label,
        style=f"min-height:{height}px",
    )
    return tag("figure", box, tag("figcaption", caption) if caption else "")


def as_json(figure: Any) -> JsonObject:
    """Data and layout of a plotly figure, ready for `json_script`."""
    made: JsonObject = figure.to_dict()
    return {"data": made["data"], "layout": {**made["layout"], "template": {}}}
