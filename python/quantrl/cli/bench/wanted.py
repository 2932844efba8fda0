"""Which peers a command line asks for."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.cli.bench.env import PEERS
from quantrl.cli.bench.metrics import METRICS
from quantrl.cli.bench.peers import RATED, REBALANCE
from quantrl.cli.bench.sweep_peers import SWEEP
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class Wanted:
    """Names by case; each takes those it knows."""

    rebalance: list[str]
    env: list[str]
    sweep: list[str]
    metrics: list[str]
    rated: list[str]


def wanted(names: str | None) -> Wanted:
    """All peers by default, none for ``none``.

    Raises
    ------
    ConfigError
        A name that is no case's peer.
    """
    known = list(dict.fromkeys([*REBALANCE, *SWEEP, *METRICS, *PEERS, *RATED]))
    asked = known if names is None else [] if names in ("", "none") else names.split(",")
    for name in asked:
        if name not in known:
            raise ConfigError(f"--peers: unknown peer {name!r}; choose from: {', '.join(known)}")
    return Wanted(
        *([name for name in asked if name in peers] for peers in (REBALANCE, PEERS, SWEEP, METRICS, RATED))
    )
