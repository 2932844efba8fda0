"""A made-up but realistic run folder: agents whose styles come and go, a contest, baselines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

FLAGS = ("survivors: the instruments were picked because they still exist", "closes only")
NS_DAY = 86_400 * 10**9
PERIODS = 252.0
STATES = ("active", "active", "rookie", "probation", "candidate", "cut")
BASELINES = {
    "equal_weight": ("Equal weight of all agents", "baseline"),
    "follow_the_leader": ("Follow the leader", "baseline"),
    "follow_the_leader_5": ("Follow the five leaders", "baseline"),
    "random_k": ("Random K agents", "baseline"),
    "buy_and_hold": ("Buy and hold the market", "market"),
    "delay_1": ("Contest, feedback one day later", "control"),
}
RULES = {
    "momentum": ["21", "63", "126", "252"],
    "ts_momentum": ["63", "126", "252"],
    "ma_cross": ["5_20", "20_100", "50_200"],
    "mean_reversion": ["5", "21"],
    "breakout": ["20", "55", "120"],
    "low_vol": ["63", "252"],
    "inverse_vol": ["63", "252"],
    "min_variance": ["126", "252"],
    "equal_weight": [""],
    "buy_and_hold": [""],
    "rsi": ["14"],
    "seasonal": [""],
    "random_entry": ["a", "b"],
    "value_drawdown": [""],
}
TICKERS = tuple(
    "AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM".split()  # noqa: SIM905
)


def labels(n_agents: int) -> list[str]:
    """The first `n_agents` names of the made-up entrants."""
    names = [f"{rule}_{tail}" if tail else f"rules/{rule}" for rule, tails in RULES.items() for tail in tails]
    return names[:n_agents]


def business_days(n: int, start: str = "1990-01-02") -> np.ndarray:
    """(n,) int64 ns, 21:00 UTC of consecutive week days."""
    days = np.busday_offset(np.datetime64(start), np.arange(n), roll="forward")
    return days.astype("datetime64[ns]").astype(np.int64) + 21 * 3600 * 10**9


def _regimes(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """(n, k) daily drifts that switch about every two years."""
    drift = np.empty((n, k))
    for j in range(k):
        t = 0
        while t < n:
            span = int(rng.integers(250, 900))
            drift[t : t + span, j] = rng.normal(0.0001, 0.00035)
            t += span
    return drift


def _agent_returns(rng: np.random.Generator, n: int, n_agents: int) -> tuple[np.ndarray, np.ndarray]:
    vol = np.where(rng.random(n) < 0.02, 0.03, 0.009) * (1 + 0.5 * np.sin(np.arange(n) / 400.0) ** 2)
    market = 0.00045 + vol * rng.standard_normal(n)
    style = _regimes(rng, n, 6) + 0.004 * rng.standard_normal((n, 6))
    loading = rng.dirichlet(np.ones(6) * 0.4, size=n_agents)
    beta = rng.uniform(0.4, 1.0, n_agents)
    noise = 0.002 * rng.standard_normal((n, n_agents))
    returns = market[:, None] * beta + style @ loading.T + noise - 0.0001
    returns[0] = 0.0
    market[0] = 0.0
    return np.maximum(returns, -0.2), np.maximum(market, -0.2)


def _capital(returns: np.ndarray, k: int, hold: int = 21) -> np.ndarray:
    """(T, A) capital shares: the k best Sharpe ratios of the last 126 bars, chosen every `hold` bars."""
    n, agents = returns.shape
    shares = np.zeros((n, agents))
    for t in range(126, n, hold):
        past = returns[t - 126 : t]
        best = np.argsort(-past.mean(0) / past.std(0), kind="stable")[:k]
        shares[t : t + hold, best] = (0.25 + 0.75 * min(1.0, t / 500)) / k
    return shares


def _wealth(returns: np.ndarray, cash: float) -> np.ndarray:
    return cash * np.cumprod(1.0 + returns, axis=0)


def _sharpe(returns: np.ndarray) -> float:
    return float(returns.mean() / returns.std(ddof=1) * np.sqrt(PERIODS))


def _measure(value: float | None, half: float | None = None, reason: str | None = "ok") -> dict[str, Any]:
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    return {"value": value, "reason": reason, "low": low, "high": high}


def _measures(equity: np.ndarray, turnover: float) -> dict[str, Any]:
    r = np.diff(equity, prepend=equity[0]) / np.concatenate([equity[:1], equity[:-1]])
    years = len(r) / PERIODS
    total = float(equity[-1] / equity[0] - 1)
    cagr = (1 + total) ** (1 / years) - 1
    mdd = float((equity / np.maximum.accumulate(equity) - 1).min())
    vol = float(r.std(ddof=1) * np.sqrt(PERIODS))
    half = 1.96 / np.sqrt(years)
    down = float(np.sqrt(np.mean(np.minimum(r, 0) ** 2)) * np.sqrt(PERIODS))
    return {
        "total": _measure(total),
        "cagr": _measure(cagr, 1.96 * vol / np.sqrt(years)),
        "vol": _measure(vol, 0.006),
        "sharpe": _measure(_sharpe(r), half),
        "sortino": _measure(float(r.mean() * PERIODS / down), half * 1.4),
        "calmar": _measure(cagr / -mdd, None),
        "max_drawdown": _measure(mdd, None),
        "turnover": _measure(turnover),
        "cost_bps_year": _measure(turnover * 10),
        "exposure": _measure(0.87),
    }


def _leaderboard(
    rng: np.random.Generator, names: list[str], curves: np.ndarray, held: np.ndarray
) -> list[dict[str, Any]]:
    sharpes = [_measures(curves[:, i], 1.0)["sharpe"]["value"] for i in range(len(names))]
    order = sorted(range(len(names)), key=lambda i: (held[-1, i] == 0, -sharpes[i]))
    rows = []
    for pos, i in enumerate(order, 1):
        turnover = float(rng.uniform(0.5, 18))
        measures = _measures(curves[:, i], turnover)
        funded = held[-1, i] > 0
        rows.append(
            {
                "pos": pos,
                "pos_low": max(1, pos - int(rng.integers(1, 6))),
                "pos_high": min(len(names), pos + int(rng.integers(1, 8))),
                "agent": names[i],
                "id": f"rules/{names[i].rsplit('_', 1)[0]}",
                "kind": "rule",
                "summary": f"Holds what {names[i].replace('_', ' ')} says is strongest, equally weighted.",
                "params": {"lookback": 63 + i, "top": 5},
                "state": STATES[pos % 2] if funded else ("candidate" if pos % 7 else "cut"),
                "reasons": [] if funded else ["not among the top 4", "PSR 0.21 under 0.50"][: 1 + pos % 2],
                "capital": float(held[-1, i]),
                "scale": float(rng.uniform(0.4, 1.2)),
                "sharpe": measures["sharpe"],
                "mean": float(0.8 - 0.05 * pos),
                "sd": 0.31,
                "key": float(0.9 - 0.05 * pos),
                "p_top_k": float(np.clip(1.1 - 0.12 * pos, 0, 1)),
                "psr": float(np.clip(1 - 0.01 * pos, 0, 1)),
                "dsr": float(np.clip(0.9 - 0.04 * pos, 0, 1)) if pos != 3 else None,
                "max_drawdown": measures["max_drawdown"]["value"],
                "turnover": turnover,
                "cost_bps_year": turnover * 10,
                "rows": len(curves) - 253,
                "n_eff": 181.4,
                "funded_share": float((held[:, i] > 0).mean()),
                "claim": f"not distinguishable from equal weight over {len(curves)} days",
            }
        )
    return rows


def write_fake_run(
    folder: Path,
    *,
    n_bars: int = 8_313,
    n_agents: int = 28,
    seed: int = 7,
    kind: str = "contest",
    rename: dict[str, str] | None = None,
    flags: tuple[str, ...] = FLAGS,
) -> Path:
    """Write a run folder of the given kind; `rename` replaces names of agents and instruments."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    new = rename or {}
    names = [new.get(name, name) for name in labels(n_agents)]
    tickers = [new.get(name, name) for name in TICKERS]
    time = business_days(n_bars)
    returns, market = _agent_returns(rng, n_bars, n_agents)
    held = _capital(returns, min(4, n_agents))
    cash = 1_000_000.0
    curves = _wealth(returns, cash)
    contest = (held * returns).sum(1) - 0.00002
    ftl = (_capital(returns, 1) * returns).sum(1)
    books = {
        "contest": _wealth(contest, cash),
        "equal_weight": _wealth(returns.mean(1), cash),
        "follow_the_leader": _wealth(ftl, cash),
        "follow_the_leader_5": _wealth((_capital(returns, 5) * returns).sum(1), cash),
        "random_k": _wealth(returns[:, rng.permutation(n_agents)[:4]].mean(1), cash),
        "buy_and_hold": _wealth(market, cash),
        "delay_1": _wealth(contest * 0.98 + 0.0005 * rng.standard_normal(n_bars), cash),
    }
    if kind == "backtest":
        books = {name: curves[:, i] for i, name in enumerate(names[:3])}
    frame = {"time": time} | {f"book:{name}": curve for name, curve in books.items()}
    if kind == "contest":
        frame |= {f"agent:{name}": curves[:, i] for i, name in enumerate(names)}
        _write_contest_frames(folder, rng, time, names, tickers, held, books["contest"])
    pl.DataFrame(frame).write_parquet(folder / "equity.parquet")
    report = _report(rng, kind, time, names, tickers, books, curves, held, flags)
    (folder / "report.json").write_text(json.dumps(report, indent=1, sort_keys=True, allow_nan=False))
    netting = {
        "own_cost_bps_year": 31.5,
        "netted_cost_bps_year": 24.25,
        "saving_bps_year": 7.25,
        "break_even_bps": 12.5,
    }
    metrics = {"netting": netting} if kind == "contest" else {}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    manifest = {
        "schema": 1,
        "id": report["run"],
        "kind": kind,
        "name": report["name"],
        "status": "done",
        "files": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _write_contest_frames(
    folder: Path,
    rng: np.random.Generator,
    time: np.ndarray,
    names: list[str],
    tickers: list[str],
    held: np.ndarray,
    equity: np.ndarray,
) -> None:
    n = len(time)
    mix = rng.dirichlet(np.ones(len(tickers)) * 0.5, size=len(names)) * 0.9
    weights = held @ mix
    weights[weights < 0.004] = 0.0
    effective = np.concatenate([time[1:], time[-1:] + NS_DAY])
    decisions = {"decided": time, "effective": effective}
    decisions |= {f"w:{name}": weights[:, j] for j, name in enumerate(tickers)}
    decisions |= {f"c:{name}": held[:, i] for i, name in enumerate(names)}
    pl.DataFrame(decisions | {"gross": weights.sum(1)}).write_parquet(folder / "decisions.parquet")
    rows = np.repeat(np.arange(127, n, 21), 5)
    units = (rng.normal(0, 400, len(rows)) * equity[rows] / equity[0] * n / (n + rows)).round(2)
    price = rng.uniform(10, 300, len(rows)) * (1 + rows / n)
    pl.DataFrame(
        {
            "time": time[rows],
            "decided": time[rows - 1],
            "instrument": [tickers[i] for i in rng.integers(0, len(tickers), len(rows))],
            "units": units,
            "price": price,
            "fee": np.abs(units) * price * 1e-3,
            "slippage": np.abs(units) * price * 2e-4,
        }
    ).write_parquet(folder / "fills.parquet")
    pl.DataFrame({"agent": names, "decided": time[: len(names)]}).write_parquet(folder / "ledger.parquet")


def _report(
    rng: np.random.Generator,
    kind: str,
    time: np.ndarray,
    names: list[str],
    tickers: list[str],
    books: dict[str, np.ndarray],
    curves: np.ndarray,
    held: np.ndarray,
    flags: tuple[str, ...],
) -> dict[str, Any]:
    dates = np.array(time, dtype="datetime64[ns]").astype("datetime64[D]").astype(str)
    entries = []
    for i, (name, curve) in enumerate(books.items()):
        label, role = BASELINES.get(name, ("Contest", "contest") if kind == "contest" else (name, "agent"))
        measures = _measures(curve, 2.5 + i)
        entries.append(
            {"name": name, "label": label, "role": role, "measures": measures, "sharpe_minus_contest": None}
        )
    if kind == "contest":
        base = entries[0]["measures"]["sharpe"]["value"]
        for entry in entries[1:]:
            gap = entry["measures"]["sharpe"]["value"] - base
            entry["sharpe_minus_contest"] = {"value": gap, "low": gap - 0.21, "high": gap + 0.19}
        entries[2]["measures"]["sortino"] = _measure(None, reason="no_downside")
    by_name = {entry["name"]: entry["measures"]["sharpe"]["value"] for entry in entries}
    config = "strategies/us20_contest/config.toml"
    report = {
        "schema": 1,
        "kind": kind,
        "name": "us20_contest" if kind == "contest" else "momentum_check",
        "run": "us20_contest-1f3a9c20" if kind == "contest" else "momentum_check-77aa01b2",
        "command": f"quantrl contest run {config}" if kind == "contest" else "quantrl backtest momentum.toml",
        "status": "done",
        "data": {
            "id": "9c1d5a0f" * 8,
            "source": "sample us20 (skfolio, BSD-3-Clause)",
            "start": str(dates[0]),
            "end": str(dates[-1]),
            "bars": len(time),
            "instruments": tickers,
            "periods_per_year": PERIODS,
            "flags": list(flags),
        },
        "settings": {
            "fill": "next_close",
            "sizing": "post_cost",
            "costs": {
                "bps": 10.0,
                "buy_bps": None,
                "sell_bps": None,
                "slippage_bps": 2.0,
                "fixed": 0.0,
                "minimum": 0.0,
            },
            "seed": 20,
            "initial_cash": 1_000_000.0,
            "selection": {"half_life": 126.0, "hysteresis": 0.5, "top_k": None},
        },
        "versions": {
            "quantrl": "0.1.0",
            "code": "0.1.0+1a2b3c4d",
            "numpy": "2.4.0",
            "polars": "2.1.0",
            "python": "3.11.2",
        },
        "trials": {"this_run": len(names), "on_data": len(names) + 11},
        "books": entries,
        "leaderboard": _leaderboard(rng, names, curves, held) if kind == "contest" else [],
        "delay": [],
        "audit": {"decisions": len(time), "breaches": 0, "max_residual": 3.1e-13, "last_sha": "ab" * 32},
        "claims": ["No agent is distinguishable from equal weight at the 5 % level over the whole period."],
        "warnings": ["12 orders were too small to trade and were dropped."],
        "disagreements": [],
    }
    if kind == "contest":
        report["delay"] = [
            {"delay": 0, "sharpe": by_name["contest"]},
            {"delay": 1, "sharpe": by_name["delay_1"]},
        ]
    return report
