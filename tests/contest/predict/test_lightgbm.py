"""The paper's trees: equal bits however they are run, and never a stand-in."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contest.gates.kept import keep
from quantrl.contest.predict.lightgbm import LightGBM
from quantrl.errors import ConfigError, DataError


def scores(days: int = 120, agents: int = 6) -> np.ndarray:
    random = np.random.default_rng(11)
    skill = np.repeat(random.normal(size=(days // 20, agents)), 20, axis=0)
    return skill + random.normal(size=(days, agents))


def judged(days: int = 120, agents: int = 6) -> np.ndarray:
    return 50 + 10 * np.random.default_rng(12).normal(size=(days + 2, agents, 5))


def run(threads: int) -> str:
    digest = hashlib.sha256()
    for predictor in (
        LightGBM(threads=threads),
        LightGBM("research", target="sharpe", n=5, threads=threads),
    ):
        digest.update(predictor.predict(scores(40), judged(40)).u.tobytes())
        digest.update("".join(trees_of(text) for text in predictor.model_text()).encode())
    return digest.hexdigest()


def trees_of(text: str) -> str:
    """A model without the parameters it prints, among which is the number of threads."""
    return text.partition("\nparameters:")[0]


class TestInstalled:
    @pytest.fixture(autouse=True)
    def _package(self) -> None:
        pytest.importorskip("lightgbm")

    def test_threads_and_processes_give_equal_bits(self) -> None:
        # On a busy machine threads that wait actively wait for most of a minute.
        calm = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
        roots = [*sys.path, str(Path(__file__).parents[2])]
        code = "from contest.predict import test_lightgbm as t; print(t.run(1), t.run(2))"
        found = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:] = {roots!r}; {code}"],
            capture_output=True,
            text=True,
            check=True,
            env=calm,
        )
        digests = [run(1), *found.stdout.split()]
        keep(
            "lightgbm_bits",
            "LightGBM, both contests: 1 and 2 threads, two processes",
            {"runs": len(digests), "different digests": len(set(digests))},
        )
        assert len(set(digests)) == 1

    def test_it_learns_what_lasts(self) -> None:
        level = np.linspace(-1.0, 1.0, 6)
        u = LightGBM().predict(level + 0.3 * np.random.default_rng(0).normal(size=(120, 6))).u
        assert np.corrcoef(u, level)[0, 1] > 0.8

    def test_until_enough_has_matured_nothing_is_said(self) -> None:
        assert np.isnan(LightGBM().predict(scores()[:17]).u).all()
        assert np.isfinite(LightGBM().predict(scores()[:18]).u).all(), (
            "(18 - 3 - 6 + 1) days of 6 agents are 60 rows"
        )
        assert not LightGBM().predict(scores()[:17]).warm.any()

    def test_a_calibration_is_fitted_once(self) -> None:
        predictor = LightGBM(fit="calibration", calibration=60)
        assert np.isnan(predictor.predict(scores()[:59]).u).all()
        first = predictor.predict(scores()[:60])
        text = predictor.model_text()
        changed = scores()
        changed[60:] += 100
        predictor.predict(changed)
        assert predictor.model_text() == text
        assert np.array_equal(LightGBM().predict(scores()[:60]).u, first.u)

    def test_judges_are_features(self) -> None:
        with_judges = LightGBM().predict(scores(), judged())
        assert not np.array_equal(with_judges.u, LightGBM().predict(scores()).u)
        silent = np.full_like(judged(), np.nan)
        assert np.isfinite(LightGBM().predict(scores(), silent).u).all()
        with pytest.raises(DataError, match=r"expected shape \(120, 6"):
            LightGBM().predict(scores()[:118], judged())

    def test_the_released_floor(self) -> None:
        small = 1e-4 * scores()
        found = LightGBM(sd_floor=0.01).predict(small)
        assert (found.sd == 0.01).all()
        assert (LightGBM().predict(small).sd < 0.01).all()

    @pytest.mark.parametrize(
        "params",
        [
            {"contest": "both"},
            {"target": "mean"},
            {"n": 1},
            {"fit": "calibration"},
            {"calibration": 20},
            {"fit": "calibration", "calibration": 0},
            {"sd_floor": 0.0},
            {"threads": 0},
        ],
    )
    def test_refused(self, params: dict[str, object]) -> None:
        with pytest.raises(ConfigError):
            LightGBM(**params)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("libgomp.so.1: cannot open")])
def test_absent_it_is_refused_before_any_day(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def absent(name: str, package: str | None = None) -> object:
        if name == "lightgbm":
            raise error
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ConfigError, match=r"quantrl\[baselines\]"):
        LightGBM()
