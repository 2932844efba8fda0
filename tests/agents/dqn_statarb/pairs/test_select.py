"""Pair selection: a planted pair, walks without one, known numbers, and what is refused."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import full_or

pytest.importorskip("statsmodels")

from quantrl.agents.dqn_statarb import select_pairs
from quantrl.agents.dqn_statarb.pairs import PairSelection, read_candidates
from quantrl.agents.dqn_statarb.pairs.cointegration import benjamini_hochberg, fit
from quantrl.agents.dqn_statarb.pairs.reversion import resample, revert
from quantrl.agents.dqn_statarb.pairs.worth import worth
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.data.events import convert
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.typing import FloatArray

SYMBOLS = ("A", "B", "C", "D")


def walks(seed: int, rows: int, columns: int) -> FloatArray:
    return 1e-4 * np.cumsum(np.random.default_rng(seed).normal(size=(rows, columns)), axis=0)


def spread(seed: int, rows: int, phi: float, s: float) -> FloatArray:
    e = np.random.default_rng(seed).normal(size=rows) * s * math.sqrt(1 - phi * phi)
    x = np.empty(rows)
    x[0] = 0.0
    for t in range(1, rows):
        x[t] = phi * x[t - 1] + e[t]
    return x


def planted(seed: int = 1, rows: int = 1_200, phi: float = 0.92, s: float = 4e-4) -> FloatArray:
    """Four walks; C = 0.7 + 1.4 B plus a spread that reverts."""
    mids = walks(seed, rows, 4)
    mids[:, 2] = 0.7 + 1.4 * mids[:, 1] + spread(seed + 1, rows, phi, s)
    return mids


@pytest.fixture(scope="module")
def found() -> PairSelection:
    with np.errstate(divide="raise", invalid="raise"):
        return select_pairs(planted(), SYMBOLS, half_spread_bps=0.5, fee_bps=0.25, draws=100)


def test_a_planted_pair_is_found_with_its_numbers(found: PairSelection) -> None:
    assert len(found.tested) == 6
    assert [{test.first, test.second} for test in found.survivors] == [{"B", "C"}]
    best = found.survivors[0]
    ratio = best.beta if best.first == "C" else 1 / best.beta
    assert abs(ratio - 1.4) < 0.1
    assert abs(best.phi - 0.92) < 0.03
    assert best.kappa == pytest.approx(-math.log(best.phi) / 10)
    assert best.half_life_s == pytest.approx(math.log(2) / best.kappa)
    assert best.k == pytest.approx((1 + best.beta) * 0.75e-4)
    exact = best.kappa * best.s * ou_optimum(0.02, best.k / best.s).value * 3600
    assert best.j == pytest.approx(exact, rel=2e-3)
    assert 0 < best.j_low < best.j
    assert all(test.reason in ("cointegration", "beta") for test in found.tested[1:])
    assert found.table().height == 6


def test_costs_above_what_the_spread_pays_are_a_reason() -> None:
    mids = planted()[:, 1:3]
    (test,) = select_pairs(mids, ("B", "C"), half_spread_bps=25.0, fee_bps=0.0, draws=20).tested
    assert (test.reason, test.j_low) == ("cost", 0.0)


def test_walks_hold_a_false_pair_in_a_twentieth_of_sets() -> None:
    """All four of a set are independent; at 5 % of sets a pair passes Benjamini-Hochberg, fewer survive."""
    sets = full_or(200, 4)
    passed = survived = 0
    for seed in range(sets):
        found = select_pairs(walks(1_000 + seed, 500, 4), SYMBOLS, draws=20)
        passed += any(_passed(found.tested))
        survived += bool(found.survivors)
    bound = 0.05 + 2 * math.sqrt(0.05 * 0.95 / sets)
    assert passed / sets <= bound
    assert survived <= passed


def _passed(tested: Any) -> list[bool]:
    return benjamini_hochberg(np.array([test.p for test in tested]), 0.05).tolist()


def test_benjamini_hochberg_by_hand() -> None:
    p = np.array([0.04, 0.011, 0.9, 0.02, 0.03])
    assert benjamini_hochberg(p, 0.05).tolist() == [True, True, False, True, True]
    assert not benjamini_hochberg(np.array([0.03, 0.9]), 0.05).any()


def test_the_bias_of_the_autoregression_is_taken_off() -> None:
    raw, fixed = [], []
    for seed in range(40):
        fit = revert(spread(seed, 400, 0.95, 1.0), 1.0)
        raw.append(fit.phi_ols)
        fixed.append(fit.phi)
    error = np.std(fixed, ddof=1) / math.sqrt(len(fixed))
    assert abs(np.mean(fixed) - 0.95) < 3 * error
    assert np.mean(raw) < 0.95 - 2 * error


def test_the_bootstrap_is_the_spread_of_the_estimate() -> None:
    """Its deviation of kappa is that of estimates of fresh spreads, within a third."""
    fresh = [revert(spread(seed, 1_000, 0.9, 1.0), 1.0).kappa for seed in range(60)]
    fit = revert(spread(5, 1_000, 0.9, 1.0), 1.0)
    kappa, s = resample(fit, 1.0, draws=300, seed=3, stream=0)
    assert np.std(kappa) == pytest.approx(np.std(fresh), rel=0.34)
    assert np.mean(s) == pytest.approx(fit.s, rel=0.1)
    again = resample(fit, 1.0, draws=300, seed=3, stream=0)
    assert np.array_equal(kappa, again[0])


@pytest.mark.parametrize(("dear", "error"), [(0.03, 2e-3), (0.28, 1e-4), (1.2, 1e-3), (3.5, 1e-2)])
def test_worth_is_the_exact_optimum(dear: float, error: float) -> None:
    one = np.ones(1)
    assert worth(one, one, dear)[0] == pytest.approx(ou_optimum(0.02, dear).value, rel=error)


def test_what_earns_nothing() -> None:
    assert worth(np.array([0.0, np.nan, 1.0]), np.array([1.0, 1.0, 0.1]), 0.5).tolist() == [0.0, 0.0, 0.0]


def test_the_file_holds_the_pair_and_every_test(found: PairSelection, tmp_path: Path) -> None:
    kept = json.loads(found.write(tmp_path / "pair.json").read_text())
    assert kept["pair"]["symbols"] == [found.survivors[0].first, found.survivors[0].second]
    assert kept["tests"] == len(kept["tested"]) == 6
    assert len(kept["data_sha256"]) == 64
    assert kept["window"] == {"from": "row 0", "to": "row 1199", "rows": 1200}
    with pytest.raises(DataError, match="survived"):
        select_pairs(walks(0, 600, 2), ("A", "B"), draws=20).write(tmp_path / "none.json")
    assert [file.name for file in tmp_path.iterdir()] == ["pair.json"]


def test_a_pair_that_is_one_instrument_is_collinear() -> None:
    mids = walks(0, 600, 2)
    mids[:, 1] = 2.0 * mids[:, 0]
    assert [test.reason for test in select_pairs(mids, ("A", "B"), draws=20).tested] == ["collinear"]


def test_half_a_window_without_a_price_change_is_refused_not_raised() -> None:
    mids = walks(0, 600, 2)
    mids[:300] = 0.0
    assert select_pairs(mids, ("A", "B"), draws=20).tested[0].reason


def test_known_numbers_of_a_morning(shared_data: Path, tmp_path: Path) -> None:
    for name, symbol in (
        ("LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", "AMZN"),
        ("GOOG_2012-06-21_34200000_45000000_5.zip", "GOOG"),
    ):
        source = shared_data / "lobster" / name
        if not source.is_file():
            pytest.skip(f"the reference file lobster/{name} is absent")
        convert(source, tmp_path / f"{symbol}.qev", format="lobster")
    seconds = read_candidates(tmp_path, sample="1s")
    assert seconds.symbols == ("AMZN", "GOOG")
    assert seconds.log_mids.shape == (10_799, 2)
    spread = fit(*seconds.log_mids.T)
    assert spread.beta == pytest.approx(0.297482, abs=1e-6)
    assert spread.x.std() * 1e4 == pytest.approx(24.3949, abs=1e-4)
    # What is published is the correlation of neighbours; least squares, which the selection uses, gives another figure.
    assert np.corrcoef(spread.x[1:], spread.x[:-1])[0, 1] == pytest.approx(0.999098, abs=1e-6)
    phi_ols = revert(spread.x, seconds.step_s).phi_ols
    assert phi_ols == pytest.approx(np.polyfit(spread.x[:-1], spread.x[1:], 1)[0], abs=1e-9)
    (test,) = select_pairs(read_candidates(tmp_path), draws=20, fee_bps=0.0).tested
    assert test.reason == "cointegration"
    half = read_candidates(tmp_path).half_spreads
    assert test.k == pytest.approx(
        half[1] + test.beta * half[0] if test.first == "GOOG" else half @ [1, test.beta]
    )


def _with(row: int, value: float) -> FloatArray:
    mids = walks(0, 600, 2)
    mids[row, 1] = value
    return mids


@pytest.mark.parametrize(
    ("mids", "options", "error", "said"),
    [
        (walks(0, 499, 2), {}, DataError, "at least 500 rows in the window, got 499"),
        (_with(7, np.nan), {}, DataError, "row 7, B: expected a finite number, got nan"),
        (walks(0, 600, 2) * [1.0, 0.0], {}, DataError, "B: the price is constant"),
        (walks(0, 600, 3), {}, DataError, r"expected \(T, 2\), got \(600, 3\)"),
        (walks(0, 600, 2), {"symbols": ("A", "A")}, ConfigError, "different names"),
        (walks(0, 600, 2), {"symbols": None}, ConfigError, "a name for every column"),
        (walks(0, 600, 2), {"sample": "soon"}, ConfigError, "sample: expected a time such as 10s"),
        (walks(0, 600, 2), {"fee_bps": -1.0}, ConfigError, "fee_bps: expected numbers of at least 0"),
        (walks(0, 600, 2), {"half_spread_bps": [1.0] * 3}, ConfigError, "half_spread_bps: expected one"),
        (walks(0, 600, 2), {"draws": 5}, ConfigError, "draws: expected at least 20"),
        (walks(0, 600, 2), {"time_ns": np.zeros(600, int)}, DataError, "600 rising times"),
        (walks(0, 600, 2), {"test_from_ns": 5}, ConfigError, "the rows have no times"),
        (
            walks(0, 600, 2),
            {"time_ns": np.arange(600) * 10**10, "test_from_ns": 599 * 10**10},
            LookAheadError,
            "in the test segment from",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused(
    mids: FloatArray, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        select_pairs(mids, **{"symbols": ("A", "B"), **options})


def test_without_statsmodels_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import quantrl.agents.dqn_statarb.pairs as pairs

    monkeypatch.delitem(sys.modules, "quantrl.agents.dqn_statarb.pairs._statsmodels", raising=False)
    monkeypatch.delattr(pairs, "_statsmodels", raising=False)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.api", None)
    with pytest.raises(ConfigError, match=r"quantrl\[baselines\]"):
        select_pairs(walks(0, 600, 2), ("A", "B"))
