"""The selection: test every pair, correct for their number, rank what is left by what it would earn."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from quantrl.agents.dqn_statarb.pairs import cointegration
from quantrl.agents.dqn_statarb.pairs.candidates import Candidates, sample_ns
from quantrl.agents.dqn_statarb.pairs.reversion import Reversion, lost, resample, revert
from quantrl.agents.dqn_statarb.pairs.selection import PairSelection, PairTest
from quantrl.agents.dqn_statarb.pairs.worth import worth
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray
from quantrl.units import BP, iso_time

LEVEL = 0.05
HALF_LEVEL = 0.10
FEWEST_STEPS, LONGEST_SHARE = 5.0, 0.1
QUANTILE = 0.05
_HOUR_S = 3600.0
UNKNOWN = (math.nan, math.nan)


def select_pairs(
    log_mids: ArrayLike | Candidates,
    symbols: Sequence[str] | None = None,
    *,
    sample: str | int = "10s",
    half_spread_bps: float | Sequence[float] = 1.0,
    fee_bps: float | Sequence[float] = 1.0,
    time_ns: ArrayLike | None = None,
    test_from_ns: int | None = None,
    draws: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> PairSelection:
    """Test every unordered pair of instruments on one window for a spread that reverts and pays.

    Parameters
    ----------
    log_mids : (T, N) float64, or Candidates
        Natural logs of mids on one grid, formation window only, at least 500 rows. `Candidates` bring symbols, times,
        sample and half-spreads along; `symbols`, `sample`, `half_spread_bps` and `time_ns` are then not read, but for
        half-spreads that the candidates do not know.
    symbols : sequence of N str
    sample : str or int
        Time between rows: nanoseconds, or text such as ``10s`` or ``500ms``.
    half_spread_bps, fee_bps : float or (N,)
        Half the quoted spread and the fee of each instrument, basis points of price.
    time_ns : (T,) int64, optional
        Times of the rows, UTC.
    test_from_ns : int, optional
        First time of the segment that is kept for tests; every row must lie before it.
    draws, seed : int
        Of the bootstrap.
    progress : callable
        Called with the pairs done and all of them.

    Returns
    -------
    PairSelection

    Raises
    ------
    DataError
        Fewer than 500 rows, a value that is not finite, a constant column, shapes or symbols that do not fit.
    LookAheadError
        A row at or after `test_from_ns`.
    ConfigError
        Fewer than two instruments, a setting out of range, or statsmodels is missing (``quantrl[baselines]``).

    Notes
    -----
    Steps and order of reasons: beta > 0; not collinear; Engle-Granger both ways with Benjamini-Hochberg at 5 % over all
    pairs; Johansen's trace at 95 %; the second half's ADF below 0.10 with the first half's beta; half-life within 5 rows
    and a tenth of the window; and the 5 % quantile of J*(k) above 0, by which survivors are ranked. k = h1 + beta h2 + f1
    + beta f2. O(pairs T lags^2) for the tests, O(draws T) for each survivor of them.
    """
    data = log_mids if isinstance(log_mids, Candidates) else _handed(log_mids, symbols, sample, time_ns)
    data.check(test_from_ns)
    if draws < 20:
        raise ConfigError(f"draws: expected at least 20, got {draws}")
    n = len(data.symbols)
    known = np.isfinite(data.half_spreads)
    half = np.where(known, data.half_spreads, _each(half_spread_bps, "half_spread_bps", n))
    cost = half + _each(fee_bps, "fee_bps", n)
    pairs = list(combinations(range(n), 2))
    tested, fits = [], []
    for done, (i, j) in enumerate(pairs):
        if progress is not None:
            progress(done, len(pairs))
        test, fit = _test(data, i, j, cost)
        tested.append(test)
        fits.append(fit)
    kept = cointegration.benjamini_hochberg(np.array([test.p for test in tested]), LEVEL)
    for at, (test, fit) in enumerate(zip(tested, fits, strict=True)):
        reason = _refused(test, bool(kept[at]), data)
        tested[at] = replace(test, reason=reason)
        if not reason:
            tested[at] = _valued(test, fit, data.step_s, draws, seed, at)
    if progress is not None:
        progress(len(pairs), len(pairs))
    tested.sort(key=lambda test: (bool(test.reason), -test.j_low if not test.reason else 0.0))
    settings = {
        "level": LEVEL,
        "half_level": HALF_LEVEL,
        "draws": draws,
        "seed": seed,
        "half_spread_bps": dict(zip(data.symbols, (half / BP).tolist(), strict=True)),
        "half_spreads_measured": [name for name, here in zip(data.symbols, known, strict=True) if here],
        "fee_bps": dict(zip(data.symbols, ((cost - half) / BP).tolist(), strict=True)),
    }
    return PairSelection(
        tuple(tested), _window(data), len(data.log_mids), data.sample_ns, data.sha256, settings
    )


def _test(data: Candidates, i: int, j: int, cost: FloatArray) -> tuple[PairTest, Reversion]:
    columns = data.log_mids[:, i], data.log_mids[:, j]
    forward, backward = (cointegration.fit(*pair) for pair in (columns, columns[::-1]))
    if forward.collinear:
        p, other = 1.0, 1.0
    else:
        p, other = (cointegration.engle_granger(*pair) for pair in (columns, columns[::-1]))
    ahead = p <= other
    if not ahead:
        i, j, columns, p, other = j, i, columns[::-1], other, p
    fit = forward if ahead else backward
    johansen = None if fit.collinear else cointegration.johansen(*columns)
    half_p = math.nan if fit.collinear else cointegration.halves(*columns)
    fitted = lost() if fit.collinear else revert(fit.x, data.step_s)
    trace, critical = (UNKNOWN, UNKNOWN) if johansen is None else (johansen.trace, johansen.critical)
    return PairTest(
        data.symbols[i],
        data.symbols[j],
        fit.alpha,
        fit.beta,
        fit.se,
        p,
        other,
        min(1.0, 2.0 * p),
        *trace,
        *critical,
        math.nan if johansen is None else johansen.beta,
        half_p,
        fitted.phi_ols,
        fitted.phi,
        fitted.kappa,
        fitted.s,
        fitted.half_life_s,
        float(cost[i] + fit.beta * cost[j]),
        math.nan,
        math.nan,
        "collinear" if fit.collinear else "",
    ), fitted


def _refused(test: PairTest, cointegrated: bool, data: Candidates) -> str:
    step, window = data.step_s, data.step_s * len(data.log_mids)
    checks = {
        "beta": test.beta > 0,
        "collinear": not test.reason,
        "cointegration": cointegrated,
        "johansen": test.trace_0 > test.critical_0 and test.trace_1 < test.critical_1,
        "halves": test.half_p < HALF_LEVEL,
        "half_life": FEWEST_STEPS * step <= test.half_life_s <= LONGEST_SHARE * window,
    }
    return next((reason for reason, passed in checks.items() if not passed), "")


def _valued(test: PairTest, fit: Reversion, step_s: float, draws: int, seed: int, stream: int) -> PairTest:
    at = worth(np.array([fit.kappa]), np.array([fit.s]), test.k)[0]
    drawn = worth(*resample(fit, step_s, draws=draws, seed=seed, stream=stream), test.k)
    low = float(np.quantile(drawn, QUANTILE)) * _HOUR_S
    return replace(test, j=float(at) * _HOUR_S, j_low=low, reason="" if low > 0 else "cost")


def _handed(
    log_mids: ArrayLike, symbols: Sequence[str] | None, sample: str | int, time_ns: ArrayLike | None
) -> Candidates:
    if symbols is None:
        raise ConfigError("symbols: expected a name for every column, got none")
    mids = np.ascontiguousarray(log_mids, dtype=np.float64)
    times = None if time_ns is None else np.ascontiguousarray(time_ns, dtype=np.int64)
    digest = hashlib.sha256("\0".join(symbols).encode())
    digest.update(mids.astype("<f8").tobytes())
    return Candidates(
        mids, tuple(symbols), sample_ns(sample), times, np.full(len(symbols), np.nan), digest.hexdigest()
    )


def _each(given: float | Sequence[float], name: str, n: int) -> FloatArray:
    """(n,) in log units from basis points."""
    found = np.asarray(given, dtype=np.float64)
    if found.shape not in ((), (n,)):
        raise ConfigError(f"{name}: expected one number or {n}, got shape {found.shape}")
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise ConfigError(f"{name}: expected numbers of at least 0, got {given}")
    return np.broadcast_to(found * BP, (n,)).copy()


def _window(data: Candidates) -> tuple[str, str]:
    if data.time_ns is None:
        return "row 0", f"row {len(data.log_mids) - 1}"
    return iso_time(int(data.time_ns[0])), iso_time(int(data.time_ns[-1]))
