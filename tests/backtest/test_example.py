"""The first example a reader meets, run as it is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("plotly", reason="the page needs quantrl[report]")

EXAMPLE = """
import numpy as np, quantrl as q
from quantrl.backtest import Costs, lookahead_check, run_weights, sweep
def top5(p):                                            # Panel -> (T, N) target weights; NaN row = no decision
    c = p["close"]; w = np.full(c.shape, np.nan)
    for t in range(252, len(c), 21):
        score = c[t - 21] / c[t - 252]; w[t] = np.where(score >= np.sort(score)[-5], 0.2, 0.0)
    return w
panel = q.data.load_sample("us20"); w = top5(panel)     # closes only, so the fill is named
res = run_weights(panel, w, fill="next_close", costs=Costs(bps=10)); res.audit(); print(res.measures, res.cost_curve(), res.breakeven())
lookahead_check(top5, panel).raise_if_leaking()
many = run_weights(panel, [w, w * 0.5, np.full_like(w, 0.05)], fill="next_close", keep="metrics")   # K schedules, one call
grid = sweep("sma_cross", {"fast": range(2, 143), "slow": range(3, 144)}, panel.only("KO"), fill="next_close")
print(grid.best("sharpe")); res.report("runs/demo/report.html")
"""  # noqa: E501


def test_the_example_runs_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(EXAMPLE, names)
    said = capsys.readouterr().out
    assert "deflated Sharpe" in said
    assert "best of 10,011 trials" in said
    assert (tmp_path / "runs" / "demo" / "report.html").stat().st_size > 1_000_000
    assert names["many"]["turnover"].shape == (3,)
    assert names["many"]["total"][0] == names["res"].measures["total"].value
