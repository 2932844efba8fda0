"""A recorded pair for speed: two seeded streams of levels and trades that have nothing to do with one another."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.envs import PairConfig

EVENTS = {"full": 400_000, "small": 40_000}
"""Of each leg."""
FACTS = {"alpha": 0.0, "beta": 1.0, "kappa": 20.0, "s": 1e-3, "k": 1e-4}
DT = 1e-3
"""Seconds a decision: about ten events of each leg."""
_FOLDER = "quantrl-bench-"


@cache
def recorded(name: str, features: str) -> PairConfig:
    """The pair, written once a process; its tape stays in memory."""
    folder = _folder()
    files = [folder / f"{name}-{leg}.qev" for leg in (1, 2)]
    for leg, path in enumerate(files):
        if not path.is_file():
            wl2(EVENTS[name], leg + 1).write(path)
    how = {"features": features, "hedge": "fixed", "segment": "all", "window": 80, "fee_bps": (1.0, 1.0)}
    return PairConfig.replay(files, FACTS, dt=DT, **how)


@cache
def _folder() -> Path:
    holder = tempfile.TemporaryDirectory(prefix=_FOLDER)
    _HELD.append(holder)
    return Path(holder.name)


_HELD: list[tempfile.TemporaryDirectory[str]] = []
