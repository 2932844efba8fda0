"""Scorers: from matured rows to a score with its uncertainty. One final class per file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.typing import FloatArray, IntArray, JsonObject


@dataclass(frozen=True)
class Round:
    """One matured round as scored: the rows of one `effective`.

    Attributes
    ----------
    effective : int
        ns.
    agent : (k,) int64
        Ids, ascending.
    x : (k,) float64
        Net returns scaled to the target volatility by what was known before the round.
    net : (k,) float64
        Net returns.
    changed : tuple of int
        Agents whose `version` was raised with this round: what was learned of them before it holds no more.
    """

    effective: int
    agent: IntArray
    x: FloatArray
    net: FloatArray
    changed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Update:
    """What an update scored, in order, and what it had to leave out."""

    rounds: tuple[Round, ...] = ()
    warnings: tuple[str, ...] = ()


class Scorer(Protocol):
    """Turns what is known into scores. Its only input is a `LedgerView`, so it cannot look ahead."""

    def update(self, view: LedgerView) -> Update:
        """Score the rows that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last. The state is unchanged.
        """
        ...

    def scores(self) -> ScoreFrame:
        """Scores after the last update; `drawdown` and `cusum` are zero and filled in by the pipeline."""
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped, bit for bit."""
        ...
