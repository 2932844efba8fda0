from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest

from quantrl import _core, metrics
from quantrl.errors import ConfigError, DataError
from reference.block_length import optimal_block

YEAR = 252.0


def market(rng: np.random.Generator, n: int = 504, k: int = 4) -> np.ndarray:
    return rng.standard_t(4, size=(n, k)) * 0.01 + np.linspace(0, 0.001, k)


def gathered(n: int, block: float, seed: int, stream: int, replicate: int) -> np.ndarray:
    starts, lengths = _core.bootstrap_blocks(n, block, seed, stream, replicate)
    return np.concatenate([np.arange(s, s + m) % n for s, m in zip(starts, lengths, strict=True)])


def draws(r: np.ndarray, threads: int = 1, seed: int = 5, block: float = 10.0) -> dict[str, np.ndarray]:
    return _core.bootstrap_measures(
        r, periods_per_year=YEAR, draws=200, block=block, seed=seed, stream=3, threads=threads
    )


@pytest.mark.parametrize("block", [1.0, 10.0, 1e6])
def test_block_sums_equal_gathered_rows(block: float, rng: np.random.Generator) -> None:
    r = market(rng)
    made = draws(r, block=block)
    for replicate in range(200):
        rows = r[gathered(len(r), block, 5, 3, replicate)]
        assert len(rows) == len(r)
        sd = rows.std(axis=0, ddof=1)
        growth = np.expm1(np.log1p(rows).sum(axis=0) * YEAR / len(r))
        np.testing.assert_allclose(made["sharpe"][replicate], rows.mean(axis=0) / sd * YEAR**0.5, atol=1e-12)
        np.testing.assert_allclose(made["vol"][replicate], sd * YEAR**0.5, rtol=1e-12)
        np.testing.assert_allclose(made["cagr"][replicate], growth, atol=1e-12)


def test_equal_bits_for_any_threads_and_process(rng: np.random.Generator) -> None:
    r = market(rng)
    hashes = {
        sha256(b"".join(v.tobytes() for v in draws(r, threads).values())).hexdigest()
        for threads in (1, 2, 8, 0)
    }
    assert len(hashes) == 1
    script = (
        "import numpy as np; from hashlib import sha256; from quantrl import _core;"
        "r = np.random.default_rng(20).standard_t(4, size=(504, 4)) * 0.01 + np.linspace(0, 0.001, 4);"
        "d = _core.bootstrap_measures(r, periods_per_year=252.0, draws=200, block=10.0, seed=5, stream=3, threads=2);"
        "print(sha256(b''.join(v.tobytes() for v in d.values())).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() in hashes


def test_seed_and_stream_change_the_draws(rng: np.random.Generator) -> None:
    r = market(rng)
    assert not np.array_equal(draws(r, seed=5)["sharpe"], draws(r, seed=6)["sharpe"])
    first = metrics.intervals(r, periods_per_year=YEAR, draws=50, stream=0)
    assert not np.array_equal(
        first["vol"], metrics.intervals(r, periods_per_year=YEAR, draws=50, stream=1)["vol"]
    )


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.3, 0.9])
@pytest.mark.parametrize("n", [9, 30, 250, 1500])
def test_optimal_block_against_the_paper(rho: float, n: int, rng: np.random.Generator) -> None:
    noise = rng.normal(size=n)
    x = noise.copy()
    for t in range(1, n):
        x[t] = rho * x[t - 1] + noise[t]
    if n > 9:
        assert metrics.optimal_block(x) == pytest.approx(optimal_block(x), rel=1e-9)
    assert 1.0 <= metrics.optimal_block(x) <= np.ceil(min(3 * n**0.5, n / 3))


def test_optimal_block_of_what_does_not_vary() -> None:
    assert metrics.optimal_block([0.1] * 300) == 1.0
    assert metrics.optimal_block([]) == 1.0


def test_intervals_hold_the_value_and_widen_with_the_level(rng: np.random.Generator) -> None:
    r = market(rng, k=6)
    narrow, wide = (metrics.intervals(r, periods_per_year=YEAR, level=level) for level in (0.8, 0.99))
    table = metrics.table(r, periods_per_year=YEAR)
    for measure in ("sharpe", "vol", "cagr"):
        assert (wide[measure][0] < narrow[measure][0]).all()
        assert (narrow[measure][1] < wide[measure][1]).all()
        assert ((wide[measure][0] < table[measure]) & (table[measure] < wide[measure][1])).all()


def test_intervals_cover_as_promised() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        r = rng.normal(0.0005, 0.01, size=250)
        low, high = metrics.intervals(r, periods_per_year=YEAR, draws=300, block=1.0, level=0.9)["sharpe"]
        hits += low[0] < 0.05 * YEAR**0.5 < high[0]
    assert 0.84 <= hits / 200 <= 0.96


def test_undefined_columns_have_no_interval(rng: np.random.Generator) -> None:
    r = np.column_stack([np.full(60, 0.001), rng.normal(0, 0.01, 60)])
    r[30, 1] = -1.0
    found = metrics.intervals(r, periods_per_year=YEAR, draws=100)
    assert np.isnan(found["sharpe"][0][0])
    assert np.isnan(found["cagr"][1][1])
    assert found["vol"][1][0] == 0.0
    assert np.isfinite(found["sharpe"][0][1])


def test_paired_difference_uses_the_same_rows(rng: np.random.Generator) -> None:
    base = rng.normal(0.0005, 0.01, 750)
    twin = metrics.sharpe_difference(base * 3, base, periods_per_year=YEAR)
    assert (twin.value, twin.low, twin.high) == pytest.approx((0, 0, 0), abs=1e-12)
    close = base + rng.normal(0, 1e-3, 750)
    near = metrics.sharpe_difference(close, base, periods_per_year=YEAR, seed=4)
    far = metrics.sharpe_difference(rng.normal(0.0005, 0.01, 750), base, periods_per_year=YEAR)
    assert near.reason == "ok"
    assert near.low < near.value < near.high
    assert near.high - near.low < 0.3 * (far.high - far.low)
    assert near == metrics.sharpe_difference(close, base, periods_per_year=YEAR, seed=4)
    assert near != metrics.sharpe_difference(close, base, periods_per_year=YEAR, seed=5)


def test_p_value_counts_centred_replicates(rng: np.random.Generator) -> None:
    pair = market(rng, k=2)
    made = _core.bootstrap_measures(pair, periods_per_year=YEAR, draws=400, block=8.0, seed=3, stream=2)
    gaps = made["sharpe"][:, 1] - made["sharpe"][:, 0]
    ask = {"periods_per_year": YEAR, "draws": 400, "block": 8.0, "seed": 3, "stream": 2}
    found = metrics.sharpe_difference(pair[:, 1], pair[:, 0], **ask)
    both = metrics.sharpe_difference(pair[:, 1], pair[:, 0], **ask, alternative="two_sided")
    assert found.p_value == (1 + (gaps - found.value >= found.value).sum()) / 401
    assert both.p_value == (1 + (abs(gaps - found.value) >= abs(found.value)).sum()) / 401
    assert (both.value, both.low, both.high) == (found.value, found.low, found.high)


def test_p_value_of_equals_of_a_winner_and_of_a_loser(rng: np.random.Generator) -> None:
    base = rng.normal(0.0, 0.01, 500)
    for other, low, high in ((base * 3, 1.0, 1.0), (base + 2e-3, 0.0, 0.01), (base - 2e-3, 0.99, 1.0)):
        assert low <= metrics.sharpe_difference(other, base, periods_per_year=YEAR).p_value <= high


def test_p_value_rejects_equals_as_seldom_as_promised() -> None:
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(300):
        pair = rng.normal(size=(2, 250)) * 0.01 + rng.normal(size=250) * 0.01
        found = metrics.sharpe_difference(*pair, periods_per_year=YEAR, draws=300, block=1.0)
        rejected += found.p_value <= 0.1
    assert 0.05 <= rejected / 300 <= 0.16


def test_difference_with_cash_is_undefined(rng: np.random.Generator) -> None:
    found = metrics.sharpe_difference(rng.normal(0, 0.01, 100), np.zeros(100), periods_per_year=YEAR)
    assert found.reason == "zero_variance"
    assert np.isnan([found.value, found.low, found.high, found.p_value]).all()


def test_bad_input(rng: np.random.Generator) -> None:
    r = market(rng, n=30)
    spoiled = r.copy()
    spoiled[7, 2] = np.nan
    with pytest.raises(DataError, match="row 7, column 2 is nan"):
        metrics.intervals(spoiled, periods_per_year=YEAR)
    with pytest.raises(DataError, match="other: expected finite numbers, row 7"):
        metrics.sharpe_difference(r[:, 0], spoiled[:, 2], periods_per_year=YEAR)
    with pytest.raises(DataError, match="other: expected 30 periods"):
        metrics.sharpe_difference(r[:, 0], r[:9, 0], periods_per_year=YEAR)
    with pytest.raises(ConfigError, match="alternative: expected one of greater, two_sided, got 'less'"):
        metrics.sharpe_difference(r[:, 0], r[:, 1], periods_per_year=YEAR, alternative="less")
    with pytest.raises(DataError, match="at least 2"):
        metrics.intervals(r[:1], periods_per_year=YEAR)
    for wrong in ({"level": 1.0}, {"draws": 0}, {"block": 0.5}, {"threads": 10**6}, {"draws": 10**9}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            metrics.intervals(r, periods_per_year=YEAR, **wrong)
    with pytest.raises(DataError, match="C-contiguous"):
        draws(np.asfortranarray(r))
