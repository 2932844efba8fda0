"""A run folder of synthetic tables: agents of known skill, every table a real run leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

DAY_NS = 86_400 * 10**9
START_NS = 1_893_456_000 * 10**9  # 2030-01-01
AGENTS = (
    "contest/researcher:catalyst",
    "contest/researcher:contrarian",
    "contest/researcher:price_momentum",
    "rules/momentum",
    "rules/equal_weight",
)
SOURCES = ("planted:a", "planted:b", "planted:c", "planted:d", "planted:e")
JUDGES = ("judge:1", "judge:2", "judge:3")
RUBRICS = ("logic", "evidence", "risk", "data_use", "opportunity")
SYMBOLS = ("AAX", "BBX", "CCX", "DDX")
SKILL = (0.10, -0.05, 0.0, 0.03, 0.0)
MODELS = {
    "llm": "some-model-1",
    "local": "SmolLM2-135M",
    "rules": "rules",
    "scripted": "scripted",
    "replay": "some-model-1",
}


@dataclass
class FakeRun:
    """What the tables are made from."""

    n_days: int = 120
    seeds: int = 20
    kind: str = "rules"
    skill: tuple[float, ...] = SKILL
    seed: int = 0
    summary: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write every file."""
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(self.seed)
        t, a = self.n_days, len(AGENTS)
        decided = START_NS + np.arange(t) * DAY_NS + 9 * 3600 * 10**9
        matured = decided + 2 * DAY_NS
        gross = 0.01 * (np.array(self.skill) + random.standard_normal((t, a)))
        cost = np.full((t, a), 2e-4)
        self._ledger(folder / "ledger.parquet", AGENTS, decided, matured, gross, cost)
        u = np.array(self.skill) + 0.1 * random.standard_normal((t, a))
        shares = self._shares(u, random)
        self._capital(folder / "capital.parquet", shares, decided)
        self._returns(folder / "returns.parquet", shares, gross, cost, matured, random)
        factor = 0.01 * random.standard_normal((t, len(SOURCES)))
        self._ledger(
            folder / "factor_ledger.parquet", SOURCES, decided, matured, factor, np.zeros_like(factor)
        )
        self._factors(folder / "factors.parquet", factor, random)
        self._predictions(folder / "predictions.parquet", u, gross - cost, factor, random)
        self._signals(folder / "signals.parquet", matured, random)
        self._judgements(folder / "judgements.parquet", gross, random)
        self._weights(folder / "weights.parquet")
        (folder / "calls.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self._calls()))
        (folder / "summary.json").write_text(json.dumps({**self._summary(), **self.summary}))
        return folder

    def _shares(self, u: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
        t, a = u.shape
        positive = np.maximum(u, 0.0)
        total = positive.sum(axis=1, keepdims=True)
        paper = np.divide(positive, total, out=np.zeros_like(u), where=total > 0)
        top = np.zeros_like(u)
        top[np.arange(t), u.argmax(axis=1)] = 0.8
        shares = {"paper": paper, "selection": top, "equal": np.full((t, a), 1 / a)}
        past = np.zeros_like(u)
        past[:, 0] = 1.0
        shares["best_past"] = past
        for seed in range(self.seeds):
            pick = np.zeros_like(u)
            pick[np.arange(t), random.integers(0, a, t)] = 1.0
            shares[f"random:{seed}"] = pick
        for i, name in enumerate(AGENTS):
            alone = np.zeros_like(u)
            alone[:, i] = 1.0
            shares[f"alone:{name}"] = alone
        return shares

    def _ledger(
        self, file: Path, names: tuple[str, ...], decided: Any, matured: Any, gross: Any, cost: Any
    ) -> None:
        t, a = gross.shape
        pl.DataFrame(
            {
                "agent": list(names) * t,
                "decided": np.repeat(decided, a),
                "effective": np.repeat(decided, a) + 1,
                "matured": np.repeat(matured, a),
                "gross": gross.ravel(),
                "recorded": np.repeat(matured, a),
                "version": np.zeros(t * a, dtype=np.uint32),
                "family": [""] * (t * a),
                "cost": cost.ravel(),
                "exposure": np.ones(t * a),
                "belief": np.full(t * a, np.nan),
                "tokens": np.zeros(t * a),
                "usd": np.zeros(t * a),
                "acted": np.ones(t * a, dtype=np.uint8),
            }
        ).write_parquet(file)

    def _capital(self, file: Path, shares: dict[str, np.ndarray], decided: np.ndarray) -> None:
        t = self.n_days
        frames = [
            pl.DataFrame(
                {
                    "day": np.repeat(np.arange(t), len(AGENTS)),
                    "decided": np.repeat(decided, len(AGENTS)),
                    "engine": engine,
                    "agent": list(AGENTS) * t,
                    "share": share.ravel(),
                }
            )
            for engine, share in shares.items()
        ]
        pl.concat(frames).write_parquet(file)

    def _returns(
        self,
        file: Path,
        shares: dict[str, np.ndarray],
        gross: np.ndarray,
        cost: np.ndarray,
        matured: np.ndarray,
        random: np.random.Generator,
    ) -> None:
        market = 0.008 * random.standard_normal(self.n_days) + 3e-4
        made = {"book": ((shares["paper"] * gross).sum(axis=1), (shares["paper"] * cost).sum(axis=1))}
        for engine, share in shares.items():
            made[engine] = ((share * gross).sum(axis=1), (share * cost).sum(axis=1))
        made["buy_hold"] = (market, np.zeros(self.n_days))
        frames = [
            pl.DataFrame(
                {
                    "day": np.arange(self.n_days),
                    "matured": matured,
                    "engine": engine,
                    "gross": g,
                    "cost": c,
                    "net": g - c,
                    "slippage": c / 4,
                }
            )
            for engine, (g, c) in made.items()
        ]
        pl.concat(frames).write_parquet(file)

    def _factors(self, file: Path, implied: np.ndarray, random: np.random.Generator) -> None:
        t, a = implied.shape
        u = random.standard_normal((t, a))
        pl.DataFrame(
            {
                "day": np.repeat(np.arange(t), a),
                "agent": list(SOURCES) * t,
                "tokens": random.integers(2_000, 6_000, t * a),
                "lines": random.integers(1, 30, t * a),
                "pairs": random.integers(1, 30, t * a),
                "score": implied.ravel() * 1_000,
                "implied": implied.ravel(),
                "u": u.ravel(),
                "chosen": u.ravel() > 0,
                "fallback": np.zeros(t * a, dtype=np.int64),
            }
        ).write_parquet(file)

    def _predictions(
        self, file: Path, u: np.ndarray, net: np.ndarray, factor: np.ndarray, random: Any
    ) -> None:
        frames = []
        for contest, names, value, score in (
            ("research", AGENTS, u, net),
            ("data", SOURCES, random.standard_normal(factor.shape), factor),
        ):
            t, a = value.shape
            frames.append(
                pl.DataFrame(
                    {
                        "day": np.repeat(np.arange(t), a),
                        "contest": contest,
                        "agent": list(names) * t,
                        "u": value.ravel(),
                        "warm": np.repeat(np.arange(t) >= 3, a),
                        "score": score.ravel(),
                    }
                )
            )
        pl.concat(frames).write_parquet(file)

    def _signals(self, file: Path, matured: np.ndarray, random: np.random.Generator) -> None:
        rows = []
        for day in range(self.n_days):
            for agent in AGENTS[:3]:
                for symbol in SYMBOLS[:2]:
                    p = int(random.integers(50, 70))
                    fine = bool(random.random() < 0.9)
                    won = random.random() < p / 100
                    rows.append(
                        {
                            "day": day,
                            "agent": agent,
                            "symbol": symbol,
                            "action": ("buy", "sell", "hold")[int(random.integers(0, 3))],
                            "probability": p,
                            "accepted": fine,
                            "reason": "" if fine else "no evidence is grounded to the symbol",
                            "realised": 0.01 if won else -0.01,
                            "matured": int(matured[day]),
                            "evidence": json.dumps(
                                [{"ref": "d001", "title": f"{symbol} wins a contract", "claim": "up"}]
                            ),
                            "limitations": json.dumps(["one source"]),
                        }
                    )
        pl.DataFrame(rows).write_parquet(file)

    def _judgements(self, file: Path, gross: np.ndarray, random: np.random.Generator) -> None:
        rows = [
            {
                "day": day,
                "agent": agent,
                "judge": judge,
                "rubric": rubric,
                "score": float(
                    np.clip(50 + 900 * gross[day, i] + 12 * random.standard_normal(), 0, 100).round()
                ),
                "position": i,
                "length": 200 + 10 * i,
            }
            for day in range(self.n_days)
            for i, agent in enumerate(AGENTS[:4])
            for judge in JUDGES
            for rubric in RUBRICS
        ]
        pl.DataFrame(rows).write_parquet(file)

    def _weights(self, file: Path) -> None:
        rows = [
            {"day": day, "agent": agent, "symbol": symbol, "weight": 0.25}
            for day in range(self.n_days)
            for agent in AGENTS
            for symbol in SYMBOLS
        ]
        pl.DataFrame(rows).write_parquet(file)

    def _calls(self) -> list[dict[str, Any]]:
        priced = self.kind in ("llm", "replay")
        return [
            {
                "day": "2030-01-02",
                "agent": agent,
                "task": task,
                "index": 0,
                "sample": 0,
                "reask": 0,
                "key": "0" * 64,
                "hit": self.kind == "replay",
                "tries": 1,
                "provider": "openai" if priced else self.kind,
                "model": MODELS[self.kind],
                "model_reported": MODELS[self.kind],
                "kind": "llm" if self.kind == "replay" else self.kind,
                "finish": "stop",
                "input_tokens": 0 if self.kind == "rules" else 900,
                "output_tokens": 0 if self.kind == "rules" else 120,
                "usd": 0.002 if priced else 0.0,
                "problem": None,
            }
            for agent in AGENTS[:3]
            for task in ("plan", "act", "signal")
        ]

    def _summary(self) -> dict[str, Any]:
        asking = (*AGENTS[:3], *SOURCES, *JUDGES)
        return {
            "name": "planted_contest",
            "run": "planted_contest-0123abcd",
            "command": "quantrl contest run strategies/contesttrade_offline/config.toml",
            "status": "done",
            "kinds": dict.fromkeys(asking, self.kind),
            "models": dict.fromkeys(asking, MODELS[self.kind]),
            "recorded": "2026-02-03" if self.kind == "replay" else "",
            "preset": [
                {"field": "data score", "value": "paper_sum"},
                {"field": "data predictor", "value": "ew 21"},
                {"field": "llm", "value": self.kind},
            ],
            "abstentions": {"budget": 2, "no documents": 1},
            "digest": "ab" * 32,
            "versions": {"quantrl": "0.1.0"},
            "spend": {"usd": {"used": 0.018, "cap": 1.0}, "calls": {"used": 9, "cap": 1_000}},
            "trials": {"this_run": 5, "on_data": 12},
            "data": {
                "id": "cd" * 32,
                "source": "planted news world, seed 0",
                "start": "2030-01-01",
                "end": "2030-04-30",
                "bars": self.n_days,
                "instruments": list(SYMBOLS),
                "periods_per_year": 252,
            },
            "settings": {
                "fill": "next_open",
                "sizing": "at_fill",
                "costs": {"bps": 5.0, "slippage_bps": 5.0},
                "seed": 0,
                "initial_cash": 1_000_000,
            },
            "data_contest": {"context": "knapsack", "capacity": 16_000, "every": 3, "horizon": 3},
            "research_contest": {"horizon": 5, "engine": "paper"},
        }
