"""The contest of the real pool: the frozen defaults on agents nobody chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantrl.config import AgentConfig
from quantrl.runs import code_version, sha256_json
from quantrl.selection.baselines.rolling_sharpe import RollingSharpe
from quantrl.selection.lab.real.grid import pool
from quantrl.selection.runner import Contest

if TYPE_CHECKING:
    from quantrl.data import Panel

SEED = 0
FINRL = "best_of_quarter"
NEXT_OPEN, NEXT_CLOSE = "next_open", "next_close"


def enter(
    panel: Panel, agents: Sequence[AgentConfig] | None = None, *, seed: int = SEED, threads: int = 1
) -> Contest:
    """A contest of the whole grid, every setting at its default, 10 bp a side on every account.

    Parameters
    ----------
    panel : Panel
        Filled at the next open where it has opens, else at the next close.
    agents : sequence of AgentConfig, optional
        Others than `pool` makes.
    seed, threads : int
        Results do not depend on the threads.
    """
    return Contest(
        pool(panel.n_instruments) if agents is None else agents,
        panel,
        fill=NEXT_OPEN if "open" in panel else NEXT_CLOSE,
        seed=seed,
        threads=threads,
        rivals={FINRL: RollingSharpe()},
        name=f"real_{panel.name}",
    )


def fingerprint(panel: Panel, *, seed: int = SEED) -> str:
    """What a result rests on: data, agents, seed and code; equal for two runs that must give the same bytes."""
    agents = [agent.model_dump() for agent in pool(panel.n_instruments)]
    return sha256_json([panel.id, agents, seed, code_version()])
