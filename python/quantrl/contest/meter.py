"""What each step spent, kept beside it: a contest that goes on knows its budgets to the last call."""

from __future__ import annotations

from typing import Any

from quantrl.contest.llm.budget import Budgets
from quantrl.contest.llm.waves import Waves
from quantrl.typing import JsonObject


class Meter:
    """Reads the budgets of a desk day by day.

    Parameters
    ----------
    waves : Waves
    """

    def __init__(self, waves: Waves) -> None:
        self._waves = waves
        self._lines = 0
        self._accounts: dict[tuple[str, ...], tuple[list[int], float]] = {}
        self._cuts: dict[str, list[list[Any]]] = {}

    @property
    def budgets(self) -> Budgets:
        """Caps and what is spent of them."""
        return self._waves.budgets

    def take(self, day: str) -> JsonObject:
        """What is spent by the run and by this day, and the answers taken since the last call."""
        state = self.budgets.state()
        rows = zip(state["accounts"], state["spent"], state["seconds"], strict=True)
        lines = self._waves.lines[self._lines :]
        self._lines = len(self._waves.lines)
        return {
            "accounts": [list(row) for row in rows if row[0][0] == "run" or row[0][1] == day],
            "cuts": [cut for cut in state["cuts"] if cut[0] == day],
            "day": day,
            "lines": lines,
        }

    def restore(self, taken: JsonObject) -> None:
        """Take in what a step had spent; steps in order. `settle` ends it."""
        for account, counts, seconds in taken["accounts"]:
            self._accounts[tuple(account)] = counts, seconds
        self._cuts[taken["day"]] = taken["cuts"]
        self._waves.lines += taken["lines"]

    def settle(self) -> None:
        """Go on from what was restored."""
        names = sorted(self._accounts)
        self.budgets.restore(
            {
                "accounts": [list(name) for name in names],
                "spent": [self._accounts[name][0] for name in names],
                "seconds": [self._accounts[name][1] for name in names],
                "cuts": [cut for cuts in self._cuts.values() for cut in cuts],
            }
        )
        self._lines = len(self._waves.lines)
