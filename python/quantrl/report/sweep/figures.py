"""A measure over two parameters: one good cell among bad ones is luck, a wide hill may be more."""

from __future__ import annotations

import numpy as np

from quantrl.report.figures import plotly_objects
from quantrl.report.figures.theme import as_json, axis, layout, plain, small
from quantrl.typing import FloatArray, JsonObject

HEIGHT = 520
_HEAT = [[0.0, "var(--heat-0)"], [0.5, "var(--heat-1)"], [1.0, "var(--heat-2)"]]


def heatmap_figure(heatmap: JsonObject | None, measure: str, best: JsonObject | None) -> JsonObject | None:
    """Cells of two parameters, the best one marked; None where there are not two."""
    if heatmap is None:
        return None
    go = plotly_objects()
    cells: FloatArray = np.array(heatmap["cells"], dtype=np.float64)
    shown = f"%{{x}}, %{{y}}: {plain(measure)} %{{z:.3f}}<extra></extra>"
    traces = [
        go.Heatmap(
            x=heatmap["xs"],
            y=heatmap["ys"],
            z=small(cells),
            colorscale=_HEAT,
            colorbar={"title": {"text": plain(measure), "side": "top"}, "thickness": 12, "outlinewidth": 0},
            hovertemplate=shown,
        )
    ]
    if best is not None:
        params = best["params"]
        mark = {"symbol": "circle-open", "size": 14, "color": "var(--pick)", "line": {"width": 2.5}}
        at = {"x": [params[heatmap["x"]]], "y": [params[heatmap["y"]]]}
        traces.append(
            go.Scatter(**at, mode="markers", marker=mark, name="best", hoverinfo="skip", showlegend=False)
        )
    shape = layout(
        HEIGHT,
        hovermode="closest",
        xaxis=axis(title={"text": plain(heatmap["x"])}, showgrid=False),
        yaxis=axis(title={"text": plain(heatmap["y"])}, showgrid=False),
    )
    return as_json(go.Figure(traces, shape))
