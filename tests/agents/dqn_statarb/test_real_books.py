"""Trained on real recorded books, where the reference data are present. ``QUANTRL_GATES=1`` writes the section of the page.

What is fixed beforehand: pairs, clocks, windows, fees, latency, seeds and steps below; the constants of a pair come from its
training part alone. Nothing is chosen by the test part.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import FULL

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from envs.pair import books
from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain
from quantrl.agents.dqn_statarb.page import keep
from quantrl.data.events import EventFile
from quantrl.envs import PairConfig
from quantrl.envs.pair.recorded import tape_of

ROOT = Path(__file__).parents[3]
TRAINED = StatArbTrain(steps=200_000, seeds=2, eval_points=8, n_envs=128, jobs=1)
#: Who converts the files, and the settings; fees in basis points a side, about what a large taker pays.
PAIRS: dict[str, tuple[Any, dict[str, Any]]] = {
    "amzn-goog": (
        books.amzn_goog,
        {"dt": 1.0, "window": 240, "feed_ms": 0.0, "fee_bps": (0.15, 0.06), "episode_len": 1024},
    ),
    "aig-bac": (
        books.aig_bac,
        {
            "dt": 1.0,
            "window": 240,
            "feed_ms": 1.0,
            "fee_bps": (0.6, 2.2),
            "episode_len": 1024,
            "notional": 50_000.0,
        },
    ),
    "btc-eth": (
        lambda shared, folder: books.btc_eth(shared, folder, "usdm"),
        {"dt": 0.1, "window": 80, "fee_bps": (1.7, 1.7), "episode_len": 512},
    ),
}


def formed(files: Any, settings: dict[str, Any]) -> dict[str, float]:
    """alpha, beta, kappa a second and s from the mids of the training part, by regression and AR(1).

    beta is held within 0.25 to 4 and kappa above 0.002 a decision, where an environment can work with them.
    """
    guess = {"alpha": 0.0, "beta": 1.0, "kappa": 0.02 / settings["dt"], "s": 1e-3}
    blank = PairConfig.replay(files, guess, **{**settings, "window": 4, "hedge": "fixed"})
    tape, lots = tape_of(blank), [float(EventFile(path).instruments[0].lot_size) for path in files]
    mids = tape.rows()["quotes"][: int(blank.split[0] * len(tape))].mean(axis=2)
    y, u = np.log(mids * tape.money[0] / lots).T
    beta = min(max(float(np.cov(u, y)[0, 1] / np.var(u, ddof=1)), 0.25), 4.0)
    rest = y - y.mean() - beta * (u - u.mean())
    raw = float((rest[:-1] @ rest[1:]) / (rest[:-1] @ rest[:-1]))
    phi = min(raw + (1 + 3 * raw) / len(rest), 1 - 1e-6)
    s = float((rest[1:] - raw * rest[:-1]).std() / np.sqrt(1 - phi**2))
    kappa = max(-np.log(phi) / settings["dt"], 0.002 / settings["dt"])
    return {"alpha": float(y.mean() - beta * u.mean()), "beta": beta, "kappa": float(kappa), "s": s}


@pytest.mark.skipif(not FULL, reason="in full by make gates ONLY=statarb")
def test_the_section_on_real_books(shared_data: Path, tmp_path: Path) -> None:
    results = []
    for make, settings in PAIRS.values():
        files = make(shared_data, tmp_path)
        pair = PairConfig.replay(files, formed(files, settings), **settings)
        run = DqnStatArb.train(
            pair, TRAINED, root=tmp_path / "runs", command="make gates ONLY=statarb", quiet=True
        )
        assert {row["status"] for row in run.manifest["runs"]} == {"done"}
        results.append(run.evaluate(command="make gates ONLY=statarb").results)
    for found in results:
        for row in [*found["seeds"], found["deployed"], *found["baselines"]]:
            assert np.isfinite([row["net"], row["gross"], row["cost"]]).all()
            assert row["cost"] >= 0
    keep(results, ROOT / "docs" / "results")
