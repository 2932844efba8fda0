"""The rules compared in the lab, by the names of the published table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from quantrl.errors import ConfigError

RANDOM_K = "RandomK"
RANDOM_SETS = 20
SLOTS = 5
_GATES = {"psr_enter": 0.5, "psr_stay": 0.3, "cusum_cut": 15.0}


@dataclass(frozen=True)
class LabRule:
    """One way to share capital, as the compiled protocol takes it.

    Attributes
    ----------
    name : str
        What readers call it.
    kind : str
        Which rule.
    numbers : dict of str to float
        Its settings; what is left out has the default.
    agents : tuple of int
        Of a fixed rule.
    """

    name: str
    kind: str
    numbers: dict[str, float] = field(default_factory=dict)
    agents: tuple[int, ...] = ()

    def core(self) -> tuple[str, dict[str, float], list[int]]:
        """For `_core`."""
        return self.kind, dict(self.numbers), list(self.agents)


RULES: dict[str, LabRule] = {
    rule.name: rule
    for rule in (
        LabRule("EqualWeight", "equal_weight"),
        LabRule("FollowTheLeader 1", "follow_the_leader", {"k": 1}),
        LabRule("FollowTheLeader 5", "follow_the_leader", {"k": 5}),
        LabRule("ContestTrade top 3", "five_day_top", {"k": 3}),
        LabRule("ContestTrade weights", "five_day_weights"),
        LabRule("FinRLQuarterly", "quarterly"),
        LabRule("RollingSharpe 63", "rolling_sharpe", {"window": 63, "k": 5}),
        LabRule("RollingSharpe 252", "rolling_sharpe", {"window": 252, "k": 5}),
        LabRule("Hedge", "hedge"),
        LabRule("FixedShare", "hedge", {"share": 1 / 126}),
        LabRule("EwSharpeEB", "ew_sharpe_eb"),
        LabRule("core, no guard", "normal_score_eb", {"guard": 0}),
        LabRule("core", "normal_score_eb"),
        LabRule("default", "normal_score_eb", {**_GATES, "copies": 0.95}),
        LabRule("half-life mix", "half_life_mix", dict(_GATES)),
        LabRule("BestInHindsight", "best_in_hindsight", {"k": 5}),
    )
}
"""Rules of the published table but `RANDOM_K`, which is the mean of several."""
NAMES = (*list(RULES)[:10], RANDOM_K, *list(RULES)[10:])
"""Rows of the table, in order."""
HINDSIGHT = "BestInHindsight"
DEFAULT = "default"
EQUAL = "EqualWeight"


def rules(selectors: str | Sequence[str] = "all") -> tuple[str, ...]:
    """Names of rows, in the order of the table.

    Raises
    ------
    ConfigError
        A name that is no row.
    """
    if isinstance(selectors, str):
        if selectors == "all":
            return NAMES
        selectors = [selectors]
    for name in selectors:
        if name not in NAMES:
            raise ConfigError(f"selectors: unknown {name!r}; choose from: {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in selectors)


def parts(name: str, n_agents: int) -> tuple[LabRule, ...]:
    """The rules behind a row: itself, or the sets drawn for `RANDOM_K`."""
    if name != RANDOM_K:
        return (RULES[name],)
    sets = (np.random.default_rng(1000 + k).permutation(n_agents)[:SLOTS] for k in range(RANDOM_SETS))
    return tuple(LabRule(RANDOM_K, "fixed", agents=tuple(sorted(one.tolist()))) for one in sets)
