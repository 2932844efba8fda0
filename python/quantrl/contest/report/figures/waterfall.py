"""From gross to net, a bar for each thing that took its part."""

from __future__ import annotations

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout
from quantrl.typing import JsonObject

HEIGHT = 320


def waterfall_figure(steps: list[JsonObject]) -> JsonObject | None:
    """Floating bars in per cent of equity; None where nothing was measured."""
    if not steps or any(step["change"] is None for step in steps):
        return None
    go = plotly_objects()
    bar = go.Waterfall(
        x=[step["name"].capitalize() for step in steps],
        y=[100.0 * step["change"] for step in steps],
        measure=[
            "absolute" if step["name"] == "gross" else "total" if step["name"] == "net" else "relative"
            for step in steps
        ],
        text=[_sign(100.0 * step["change"]) for step in steps],
        textposition="outside",
        textfont={"color": "var(--text)"},
        connector={"line": {"color": "var(--rule)", "width": 1}},
        increasing={"marker": {"color": "var(--ink-2)"}},
        decreasing={"marker": {"color": "var(--ink-1)"}},
        totals={"marker": {"color": "var(--contest)"}},
        hovertemplate="%{x}: %{text}<extra></extra>",
        cliponaxis=False,
    )
    shape = layout(
        HEIGHT,
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 28, "b": 8, "pad": 4},
        xaxis=axis(showgrid=False, fixedrange=True),
        yaxis=axis(
            title={"text": "Sum of daily returns, %"},
            zeroline=True,
            zerolinecolor="var(--rule)",
            fixedrange=True,
        ),
    )
    return as_json(go.Figure([bar], shape))


def _sign(value: float) -> str:
    shown = f"{value:+.2f}%"
    return "0.00%" if shown[1:] == "0.00%" else shown.replace("-", "−")
