"""Everyone who has not been shown to be worse than the best."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from quantrl.rng import generator
from quantrl.selection._parameters import installed, number, whole
from quantrl.selection._window import Window
from quantrl.selection.gate import GateReport
from quantrl.selection.learning import News
from quantrl.selection.rank import Ranking
from quantrl.selection.select import Selection, allowed, of_own_size
from quantrl.selection.select.top_k import TopK
from quantrl.typing import FloatArray, JsonObject

LEAST_ROUNDS = 63
_ROUNDING = 1e-12


@final
class McsSet:
    """The model confidence set of volatility-scaled returns among allowed agents, at most 2 K of them, best placed first.

    Where too few rounds are shared nobody can be excluded, and the 2 K best placed are taken. Of agents whose returns are
    the same but for a constant the best placed stands for all.

    Parameters
    ----------
    size : float
        Level of the test: the best agent is left out with at most this probability.
    window : int
        Rounds looked back on; those all allowed agents have count, and at least 63 are needed.
    block : int
        Mean length of a bootstrap block, rounds.
    reps : int
        Bootstrap replications.
    k : int, optional
        K; as of `TopK` without it.
    seed : int
        Key of the bootstrap.

    Raises
    ------
    ConfigError
        A parameter out of range, or arch is not installed.

    Notes
    -----
    arch's ``MCS(..., method="max")`` is asked anew at each decision: its cost is `reps` resamplings in Python.

    References
    ----------
    Hansen, Lunde and Nason (2011), The model confidence set, Econometrica 79(2).
    """

    def __init__(
        self,
        size: float = 0.1,
        window: int = 252,
        block: int = 10,
        reps: int = 1_000,
        k: int | None = None,
        seed: int = 0,
    ) -> None:
        self.size = number("select mcs_set: size", size, 0, 0.5, above=True)
        self.window = whole("select mcs_set: window", window, LEAST_ROUNDS)
        self.block = whole("select mcs_set: block", block, 1)
        self.reps = whole("select mcs_set: reps", reps, 50)
        self.k = None if k is None else whole("select mcs_set: k", k, 1)
        self.seed = whole("select mcs_set: seed", seed, 0)
        installed("select mcs_set", "arch")
        self._returns = Window(self.window)

    def learn(self, news: News) -> None:
        """Keep what matured."""
        self._returns.fold(news)

    def slots(self, n_ready: int) -> int:
        """How many agents may be funded at once."""
        return 2 * TopK(self.k).slots(n_ready)

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """The best placed of the confidence set."""
        k = TopK(self.k).slots(n_ready)
        ids = allowed(ranking, report)
        x = self._returns.of(ids)
        if len(x) >= LEAST_ROUNDS:
            different = _different(x)
            inside = self.confidence_set(x[:, different])
            ids = [ids[different[place]] for place in inside]
        return of_own_size(ids[: 2 * k], ranking, report, k)

    def confidence_set(self, x: FloatArray) -> list[int]:
        """Columns of (T, n) returns in the set, ascending.

        No two columns may differ by a constant only: arch would not come to an end.
        """
        if x.shape[1] < 2:
            return list(range(x.shape[1]))
        from arch.bootstrap import MCS

        # arch says that a deviation is zero by a warning; what it then excludes is excluded by its mean.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = MCS(
                -x,
                self.size,
                reps=self.reps,
                block_size=self.block,
                method="max",
                seed=generator(self.seed, 0, "bootstrap"),
            )
            found.compute()
        columns: list[Any] = found.included
        return sorted(int(column) for column in columns)

    def settings(self) -> JsonObject:
        """Parameters."""
        names = ("size", "window", "block", "reps", "k", "seed")
        return {name: getattr(self, name) for name in names}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._returns.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._returns.load_state_dict(state)


def _different(x: FloatArray) -> Sequence[int]:
    """Columns that differ from all earlier ones by more than a constant."""
    centred = x - x.mean(axis=0)
    size = np.abs(x).max(axis=0)
    kept: list[int] = []
    for column in range(x.shape[1]):
        apart = np.abs(centred[:, kept] - centred[:, [column]]).max(axis=0, initial=0.0)
        if (apart > _ROUNDING * np.maximum(size[kept], size[column])).all():
            kept.append(column)
    return kept
