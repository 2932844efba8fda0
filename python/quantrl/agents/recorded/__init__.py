"""Decisions somebody made elsewhere, read from a file: target weights, or orders in shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.agent import AgentSpec
from quantrl.agents.recorded.agent import Recorded

if TYPE_CHECKING:
    from quantrl.data import Panel

__all__ = ["SPEC", "Recorded", "build"]

SPEC = AgentSpec(
    id="recorded",
    kind="recorded",
    params={"file": "", "agent": "", "prices": "", "fill": "next_open", "cash": 1_000_000.0},
    summary="Repeats the decisions of a file: target weights, or share orders at the price they were filled.",
)


def build(*, panel: Panel | None = None, **params: Any) -> Recorded:
    """The agent of a file.

    Parameters
    ----------
    panel : Panel, optional
        Prices at which share orders are converted, where `prices` names none.
    **params
        `file`: CSV or Parquet, from the working directory, see `quantrl.agents.recorded.reading`. `agent`: whose rows, in
        a file of several agents. For orders: `prices`, a sample or a file with the prices they were filled at; `fill`,
        which of them; `cash` the orders started with.

    Raises
    ------
    ConfigError
        No file, an agent it does not have, or orders without prices.
    DataError
        A file or row that cannot be used.
    """
    chosen = {**SPEC.params, **params}
    return Recorded.read(
        chosen["file"],
        agent=chosen["agent"],
        prices=chosen["prices"] or panel,
        fill=chosen["fill"],
        cash=chosen["cash"],
    )
