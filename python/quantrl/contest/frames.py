"""The tables a contest leaves behind, from its journal: all that evaluation and reports read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl.contest import journal
from quantrl.contest._plain import floats, number
from quantrl.contest.attribution import attribute
from quantrl.contest.engines import BOOK, MARKET, audited, fixed, priced
from quantrl.contest.journal import Line
from quantrl.contest.types import Rating
from quantrl.contest.world import World
from quantrl.contest.zi import score_ratings
from quantrl.selection import netting
from quantrl.typing import FloatArray, IntArray, JsonObject

STORED = ("paper", "selection", "best_past")


@dataclass(frozen=True, eq=False)
class Frames:
    """A contest's days as tables; T days of the test, D days in all, A agents.

    Parameters
    ----------
    world : World
    days : sequence of dict
        Payloads by step of every day that was closed.
    """

    world: World
    days: Sequence[dict[str, Any]]

    @classmethod
    def read(cls, world: World, folder: Path, lines: list[Line]) -> Frames:
        """From a run folder.

        Raises
        ------
        DataError
            A file was altered.
        """
        return cls(world, [payloads for _, payloads in journal.days(folder, lines)])

    @property
    def labels(self) -> tuple[str, ...]:
        """Entrants."""
        return self.world.roster.labels

    @property
    def tested(self) -> int:
        """Days of the calibration, which are in `days` and in no table of results."""
        return self.world.calendar.test - self.world.calendar.first

    def known(self, s: int) -> bool:
        """Whether r(s) had matured on the last bar of the contest so far."""
        return s < self.world.calendar.first + len(self.days) - 1

    @cached_property
    def wanted(self) -> FloatArray:
        """(D, A, N) what each entrant wanted to hold."""
        shape = (len(self.days), len(self.labels), len(self.world.symbols))
        return floats([day["DECIDED"]["wanted"] for day in self.days], shape)

    @cached_property
    def allocations(self) -> dict[str, FloatArray]:
        """(D, A) shares of every engine; zero in the calibration."""
        count = len(self.labels)
        shape = (len(self.days), count)
        found = {name: floats([day["ALLOCATED"][name] for day in self.days], shape) for name in STORED}
        found = {BOOK: found[self.world.mechanism.research_engine or "paper"].copy(), **found}
        for name, shares in fixed(count, self.labels).items():
            found[name] = np.repeat(shares[None], len(self.days), axis=0)
        for shares in found.values():
            shares[: self.tested] = 0.0
        return found

    @cached_property
    def scales(self) -> dict[str, FloatArray]:
        """(D, A) factors to the target volatility, of the selection engine alone."""
        own = floats([day["ALLOCATED"]["scales"] for day in self.days], (len(self.days), len(self.labels)))
        book = {BOOK: own} if self.world.mechanism.research_engine == "selection" else {}
        return {"selection": own, **book}

    def capital(self) -> pl.DataFrame:
        """``day decided engine agent share scale``; share times scale is what multiplies an agent's weights."""
        days = self._indices(self.tested)
        names = [name for name in self.allocations if name != BOOK]
        shares = np.stack([self.allocations[name][self.tested :] for name in names])
        scales = np.stack([self._scale(name)[self.tested :] for name in names])
        engine, day, agent = np.indices(shares.shape).reshape(3, -1)
        return pl.DataFrame(
            {
                "day": days[day],
                "decided": self.world.clock.decides[days[day]],
                "engine": pl.Series(names, dtype=pl.String).gather(engine),
                "agent": pl.Series(self.labels, dtype=pl.String).gather(agent),
                "share": shares.ravel(),
                "scale": scales.ravel(),
            }
        )

    def _scale(self, engine: str) -> FloatArray:
        """(D, A) factors to the target volatility, times that which keeps a netted book within the limit on its gross."""
        own = self.scales.get(engine, np.ones((len(self.days), len(self.labels))))
        _, factor = netting.net(self.allocations[engine], own, self.wanted, self.world.mechanism.gross or 1.0)
        return own * factor[:, None]

    def returns(self, *, threads: int = 1) -> pl.DataFrame:
        """``day matured engine gross cost net`` of every engine, `book` and `buy_hold` among them."""
        found = priced(self.world, self.allocations, self.scales, self.wanted, threads=threads)
        last = max(len(self.days) - 1, self.tested)
        days = self._indices(self.tested)[: last - self.tested]
        matured = np.array([self.world.clock.matured_at(t) for t in days.tolist()], dtype=np.int64)
        order = [BOOK, *(name for name in found if name not in (BOOK, MARKET)), MARKET]
        gross, cost = (
            np.stack([found[name][part][self.tested : last] for name in order]) for part in range(2)
        )
        engine, day = np.indices(gross.shape).reshape(2, -1)
        return pl.DataFrame(
            {
                "day": days[day],
                "matured": matured[day],
                "engine": pl.Series(order, dtype=pl.String).gather(engine),
                "gross": gross.ravel(),
                "cost": cost.ravel(),
                "net": (gross - cost).ravel(),
            }
        )

    def audited(self) -> JsonObject:
        """Decisions of the book, and what the check of its account found: breaches, and the largest relative residual."""
        if len(self.days) == self.tested:
            return {"decisions": 0, "breaches": 0, "max_residual": None}
        found = audited(self.world, self.allocations[BOOK], self.scales.get(BOOK), self.wanted)
        residual = found.worst if np.isfinite(found.worst) else None
        return {
            "decisions": len(self.days) - self.tested,
            "breaches": found.breaches,
            "max_residual": residual,
        }

    def attribution(self, ledger: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
        """``day part agent earned``: the net return of the book in parts, which sum to it on every day.

        Parameters
        ----------
        ledger : DataFrame
            Matured rows of the research contest.
        returns : DataFrame
            As `returns` gives it.
        """
        book = returns.filter(pl.col("engine") == BOOK)
        days = book["day"].to_numpy()
        at = days - self.world.calendar.first
        shares = self.allocations[BOOK][at]
        factor = np.array([self.days[i]["DECIDED"]["factor"] for i in at.tolist()])
        if BOOK in self.scales:
            shares = shares * self.scales[BOOK][at]
        net, cost = self._own(ledger, days)
        found = attribute(
            shares * factor.reshape(-1, 1), net, cost, book["net"].to_numpy(), book["cost"].to_numpy()
        )
        parts = [("agent", name, found.contribution[:, i]) for i, name in enumerate(self.labels)]
        parts += [("netting", "", -found.netting), ("drift", "", found.drift)]
        schema = {"day": pl.Int64, "part": pl.String, "agent": pl.String, "earned": pl.Float64}
        rows = [
            (day, part, name, earned[i])
            for i, day in enumerate(days.tolist())
            for part, name, earned in parts
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _own(self, ledger: pl.DataFrame, days: IntArray) -> tuple[FloatArray, FloatArray]:
        """(T, A) net returns and costs of every agent by itself on these days."""
        shape = (len(days), len(self.labels))
        net, cost = np.zeros(shape), np.zeros(shape)
        place = {int(at): i for i, at in enumerate(self.world.clock.decides[days].tolist())}
        column = {name: i for i, name in enumerate(self.labels)}
        for agent, decided, gross, paid in ledger.select("agent", "decided", "gross", "cost").iter_rows():
            if decided in place:
                where = place[decided], column[agent]
                net[where], cost[where] = gross - paid, paid
        return net, cost

    def signals(self) -> pl.DataFrame:
        """Every signal, accepted or not, with what it would have earned."""
        rows = [row for t, day in self._each() for row in self._signals(t, day["SIGNALS"]["works"])]
        schema = {
            "day": pl.Int64, "agent": pl.String, "symbol": pl.String, "action": pl.String,
            "probability": pl.Int64, "accepted": pl.Boolean, "reason": pl.String, "realised": pl.Float64,
            "matured": pl.Int64, "evidence": pl.String, "limitations": pl.String,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def factors(self) -> pl.DataFrame:
        """Every factor with its length, score, utility, and whether it was read."""
        rows = [row for t, day in self._each() for row in self._factors(t, day)]
        schema = {
            "day": pl.Int64, "agent": pl.String, "tokens": pl.Int64, "lines": pl.Int64, "pairs": pl.Int64,
            "score": pl.Float64, "implied": pl.Float64, "u": pl.Float64, "chosen": pl.Boolean,
            "fallback": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def judgements(self) -> pl.DataFrame:
        """Every score by judge and rubric."""
        rows = [row for _, day in self._each() for row in day["JUDGED"]["rows"]]
        schema = {
            "day": pl.Int64, "agent": pl.String, "judge": pl.String, "rubric": pl.String,
            "score": pl.Float64, "position": pl.Int64, "length": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def predictions(self, ledger: pl.DataFrame) -> pl.DataFrame:
        """u of every agent in both contests, with what came of it."""
        decided = ledger.select("agent", "decided", net=pl.col("gross") - pl.col("cost"), acted="acted")
        net = {(a, d): n if acted else float("nan") for a, d, n, acted in decided.iter_rows()}
        rows: list[tuple[Any, ...]] = []
        for t, day in self._each():
            at = self.world.clock.d(t)
            data, research = day["DATA_SCORED"], day["RESEARCH_SCORED"]
            scores = self._scores(t, day)
            for i, name in enumerate(self.world.roster.readers):
                value = scores[i][0] if scores else float("nan")
                rows.append((t, "data", name, number(data["u"][i]), data["warm"][i], value))
            for i, name in enumerate(self.labels):
                value = net.get((name, at), float("nan"))
                rows.append((t, "research", name, number(research["u"][i]), research["warm"][i], value))
        schema = {
            "day": pl.Int64, "contest": pl.String, "agent": pl.String, "u": pl.Float64, "warm": pl.Boolean,
            "score": pl.Float64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def weights(self) -> pl.DataFrame:
        """What each agent wanted to hold of what, where it is not nothing."""
        wanted = self.wanted[self.tested :]
        day, agent, symbol = np.nonzero(wanted)
        names, symbols = np.array(self.labels, dtype=object), np.array(self.world.symbols, dtype=object)
        return pl.DataFrame(
            {
                "day": self._indices(self.tested)[day],
                "agent": pl.Series(names[agent].tolist(), dtype=pl.String),
                "symbol": pl.Series(symbols[symbol].tolist(), dtype=pl.String),
                "weight": wanted[day, agent, symbol],
            }
        )

    def _indices(self, skip: int = 0) -> Any:
        first = self.world.calendar.first
        return np.arange(first + skip, first + len(self.days), dtype=np.int64)

    def _each(self) -> Iterable[tuple[int, dict[str, Any]]]:
        return zip(self._indices(self.tested).tolist(), self.days[self.tested :], strict=True)

    def _signals(self, t: int, works: Any) -> Iterable[tuple[Any, ...]]:
        clock = self.world.clock
        for work in works:
            for signal, reason in [*((one, "") for one in work["signals"]), *work["rejected"]]:
                symbol, action = str(signal.get("symbol", "")), str(signal.get("action", ""))
                realised = float("nan")
                if symbol in self.world.column and self.known(t):
                    realised = self.world.realised(action, symbol, self.world.returns[t])
                yield (
                    t,
                    work["agent"],
                    symbol,
                    action if action in ("buy", "sell", "hold") else "hold",
                    _percent(signal.get("probability")),
                    not reason,
                    reason,
                    realised,
                    clock.matured_at(t),
                    json.dumps(_titled(signal.get("evidence", []), work["cited"]), ensure_ascii=False),
                    json.dumps(signal.get("limitations", []), ensure_ascii=False),
                )

    def _factors(self, t: int, day: JsonObject) -> Iterable[tuple[Any, ...]]:
        chosen = set(day["CONTEXT"][day["CONTEXT"]["engine"]]["read"])
        scores = self._scores(t, day)
        for i, row in enumerate(day["FACTORS"]["factors"]):
            pairs = len(day["RATED"]["ratings"][i])
            score, implied = scores[i] if scores else (float("nan"), float("nan"))
            u = number(day["DATA_SCORED"]["u"][i])
            lines = len(row["lines"])
            yield (
                t,
                row["agent"],
                row["tokens"],
                lines,
                pairs,
                score,
                implied,
                u,
                i in chosen,
                row["fallback"],
            )

    def _scores(self, t: int, day: JsonObject) -> list[tuple[float, float]]:
        """Chosen score and implied return of each factor of a day that has matured."""
        if not self.known(t):
            return []
        name = self.world.mechanism.data_score or "paper_sum"
        found = []
        for rows in day["RATED"]["ratings"]:
            ratings = [Rating(*row) for row in rows]
            score = score_ratings(ratings, self.world.symbols, self.world.returns[t])
            found.append((score.get(name), score.implied))
        return found


def _titled(evidence: Any, cited: Iterable[JsonObject]) -> Any:
    """Evidence with the title of what it cites, where that is known and says more than the claim."""
    if not isinstance(evidence, list):
        return evidence
    titles = {one["ref"]: one["title"] for one in cited}
    return [{**one, **_title(one, titles)} if isinstance(one, dict) else one for one in evidence]


def _title(one: JsonObject, titles: dict[str, str]) -> dict[str, str]:
    title = titles.get(str(one.get("ref", "")), "")
    return {"title": title} if title and title != one.get("claim") else {}


def _percent(value: Any) -> int:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100
    return int(value) if usable else 0
