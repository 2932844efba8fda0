"""The default score at four half-lives, weighted by what a book of each would have earned."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import matrix
from quantrl.selection.score._record import (
    DAYS_PER_YEAR,
    HALF_LIFE,
    TARGET_VOL,
    Record,
    Scaled,
    damage,
    restarted,
)
from quantrl.selection.select.top_k import TopK
from quantrl.typing import FloatArray, JsonObject

HALF_LIVES = (63.0, HALF_LIFE, 252.0, math.inf)
RATE = 0.3
CLIP = 4.0
SHARE = 1.0 / 252.0
_OWN = HALF_LIVES.index(HALF_LIFE)
_Book = tuple[int, int, list[list[int]]]


@final
class HalfLifeMix:
    """Follows the half-life that has served best: 63, 126, 252 rounds, and one that never forgets.

    Each of the four keeps a paper book of its K best, ``mean + hysteresis sd held``, 1/K each. When a round matures,
    ``u = clip(return of the book / (sigma / 2), -4, 4)``, ``w <- w exp(.3 u)``, normalised, then ``w <- (1 - 1/252) w +
    1/1008``. Mean and standard deviation of an agent are the weighted ones of the four.

    Parameters
    ----------
    top_k : int, optional
        Slots of a paper book; without it as many as `TopK` would fund.
    hysteresis : float
        Bonus of agents in the book in posterior standard deviations.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A round is earned by the newest book that rested on nothing available after the round was decided, however many
    rounds overlap and whenever the scorer was asked. Everything but mean and standard deviation is that of half-life
    126. Equal to the lab's ``half_life_mix`` on the same rows.

    References
    ----------
    Hazan and Seshadhri (2009), Efficient learning algorithms for changing environments, ICML.
    """

    def __init__(
        self,
        *,
        top_k: int | None = None,
        hysteresis: float = 0.5,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        if top_k is not None and top_k < 1:
            raise ConfigError(f"top_k: expected at least 1, got {top_k}")
        if not 0 <= hysteresis < math.inf:
            raise ConfigError(f"hysteresis: expected a number from 0, got {hysteresis!r}")
        self.top_k, self.hysteresis = top_k, float(hysteresis)
        self._record = Record(half_life=HALF_LIFE, target_vol=target_vol, periods_per_year=periods_per_year)
        daily = self._record.sigma, self._record.periods_per_year
        others = [h for h in HALF_LIVES if h != HALF_LIFE]
        self._others = [_core.NormalScore(half_life, *daily) for half_life in others]
        self._weight: FloatArray = np.full(len(HALF_LIVES), 1.0 / len(HALF_LIVES))
        # When each book could first be known, oldest first, its slots, and its agents by half-life.
        self._books: list[_Book] = [(BEGINNING, 1, [[] for _ in HALF_LIVES])]

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        matured, rows = scaled.matured, scaled.matured.rows
        self._forget(scaled.changed.tolist())
        self._reward(scaled, int(rows["decided"].min()))
        acted = np.ascontiguousarray(rows["acted"])
        for at, core in enumerate(self._others):
            self._others[at] = core = restarted(core, matured.changed)
            core.fold(matured.agent, scaled.net, acted, 1.0, matured.overlap)
        available = int(np.maximum(rows["matured"], rows["recorded"]).max())
        self._choose(max(available, self._books[-1][0]))

    def _forget(self, agents: list[int]) -> None:
        for _, _, each in self._books if agents else ():
            for book in each:
                book[:] = [agent for agent in book if agent not in agents]

    def _reward(self, scaled: Scaled, decided: int) -> None:
        known = [at for at, book in enumerate(self._books) if book[0] <= decided]
        if not known:
            return
        del self._books[: known[-1]]
        x = np.zeros(len(self._record))
        x[scaled.agent] = scaled.x
        _, slots, each = self._books[0]
        earned = np.array([x[book].sum() / slots for book in each])
        u = np.clip(earned / (self._record.sigma / 2.0), -CLIP, CLIP)
        weight = self._weight * np.exp(RATE * u)
        self._weight = (1.0 - SHARE) * weight / weight.sum() + SHARE / len(weight)

    def _choose(self, available: int) -> None:
        found, chosen = self._scores(), []
        n_ready = int(np.count_nonzero(found[_OWN]["ready"]))
        slots = max(TopK(self.top_k).slots(n_ready), 1)
        for scores, before in zip(found, self._books[-1][2], strict=True):
            key = scores["mean"].copy()
            key[before] += self.hysteresis * scores["sd"][before]
            chosen.append(np.argsort(-key, kind="stable")[: min(slots, n_ready)].tolist())
        self._books.append((available, slots, chosen))

    def _scores(self) -> list[dict[str, NDArray[Any]]]:
        found = [core.scores() for core in self._others]
        found.insert(_OWN, self._record.known())
        return found

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        found = self._scores()
        pairs = list(zip(self._weight.tolist(), found, strict=True))
        mean, sd = (sum(w * scores[name] for w, scores in pairs) for name in ("mean", "sd"))
        return self._record.frame(found[_OWN], mean=mean, sd=sd)

    def settings(self) -> JsonObject:
        """Parameters."""
        rest = {key: value for key, value in self._record.settings().items() if key != "half_life"}
        return {"top_k": self.top_k, "hysteresis": self.hysteresis, **rest}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        books = [[*when, [list(book) for book in each]] for *when, each in self._books]
        own = {"weight": self._weight.tolist(), "books": books}
        return {**self._record.state(), "others": [core.state() for core in self._others], **own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            others = [_core.NormalScore.from_state(core) for core in state["others"]]
            weight = matrix(state["weight"], self._weight.shape)
            books = [_book(one, len(record)) for one in state["books"]]
            if (
                {len(core) for core in others} != {len(record)}
                or len(others) != len(self._others)
                or not books
            ):
                raise ValueError(
                    f"others: expected {len(self._others)} scorers of {len(record)} agents and a book"
                )
        self._record, self._others, self._weight, self._books = record, others, weight, books


def _book(saved: Any, n: int) -> _Book:
    available, slots, each = saved
    books = [[int(agent) for agent in book] for book in each]
    if len(books) != len(HALF_LIVES) or any(not 0 <= agent < n for book in books for agent in book):
        raise ValueError(f"books: expected {len(HALF_LIVES)} lists of agents below {n}, got {each}")
    return int(available), max(int(slots), 1), books
