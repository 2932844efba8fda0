"""Two books of simulated order flow around a spread that reverts, as event files with the facts of their pair."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl import _core
from quantrl.data.events._convert import Conversion, written
from quantrl.data.events._simulate import Zi
from quantrl.data.events.options import ConvertOptions
from quantrl.errors import ConfigError

STEP_S = 1.0
"""Seconds for which a reference stands still."""
LEGS = ("FIRST", "SECOND")
LAW = Zi(limit=0.1, market=0.4, cancel=0.05, size=200, window=20)
"""About eight events a second, two orders a tick, and a spread of four ticks."""


@dataclass(frozen=True)
class FlowPair:
    """Books of both legs, each with market orders that pull its mid to a reference, P e^(m + x/2) and P e^(m - x/2).

    Parameters
    ----------
    kappa : float
        Reversion of x, an Ornstein-Uhlenbeck process, per second.
    s : float
        Its stationary standard deviation, log units.
    common : float
        Standard deviation of m, a random walk, over one second, log units.
    flow : Zi
        Law of both books; its rate of market orders is that where the mid is the reference.
    pull : float
        Buyers in a hurry come e^(pull g) times as often and sellers e^(-pull g), g the ticks from the mid to the
        reference within -5 to 5; 0 to 2.
    price : float
        P, quote currency.
    tick_size, lot_size : str
        Exact decimals, of both legs.
    """

    kappa: float = 0.004
    s: float = 20e-4
    common: float = 1e-4
    flow: Zi = LAW
    pull: float = 0.3
    price: float = 100.0
    tick_size: str = "0.01"
    lot_size: str = "1"

    def facts(self) -> dict[str, Any]:
        """What ``pair.json`` says of it: ln first = alpha + beta ln second + x."""
        return {"symbols": list(LEGS), "alpha": 0.0, "beta": 1.0, "kappa": self.kappa, "s": self.s}


@dataclass(frozen=True)
class SimulatedPair:
    """What `simulate_pair` wrote: an event file a leg, and the facts of the pair as JSON."""

    legs: tuple[Conversion, Conversion]
    facts: Path

    @property
    def events(self) -> tuple[Path, Path]:
        """Both event files."""
        return self.legs[0].path, self.legs[1].path


def simulate_pair(
    folder: str | os.PathLike[str],
    pair: FlowPair | None = None,
    *,
    seconds: float,
    seed: int,
    start_ns: int = 0,
    options: ConvertOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> SimulatedPair:
    """Write ``first.qev``, ``second.qev`` and ``pair.json`` into a folder.

    Order flow that meets the reference alone decides what the books show: spreads, depths and queues are what they come
    to. The same pair and seed give the same files, byte for byte.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    pair : FlowPair, optional
    seconds : float
        From the opening to the end, at least 1; about eight events a second and leg with the default law.
    seed : int
        Of both flows and both references.
    start_ns : int
        Time of the opening, ns UTC.

    Raises
    ------
    ConfigError
        A number out of range, named.
    OSError
        A file that cannot be written.

    Notes
    -----
    O(events). The law of each book is that of `Zi` (cond-mat/0210475) but for the pull.
    """
    law, place = pair or FlowPair(), Path(folder)
    if not (math.isfinite(seconds) and seconds >= STEP_S):
        raise ConfigError(f"seconds: expected at least {STEP_S:g}, got {seconds}")
    try:
        ticks = law.price / float(law.tick_size)
    except (ValueError, ZeroDivisionError):
        raise ConfigError(f"tick_size: expected a positive decimal, got {law.tick_size!r}") from None
    _, rates, size, window = law.flow.to_core()
    place.mkdir(parents=True, exist_ok=True)
    paths = (place / "first.qev", place / "second.qev")
    try:
        _core.events_simulate_pair(
            paths,
            (options or ConvertOptions()).to_core(),
            rates=rates,
            size=size,
            window=window,
            pull=law.pull,
            paths=(ticks, law.kappa * STEP_S, law.s, law.common * math.sqrt(STEP_S)),
            clock=(start_ns, round(1e9 * STEP_S), int(seconds / STEP_S)),
            seed=seed,
            symbols=LEGS,
            tick_size=law.tick_size,
            lot_size=law.lot_size,
            opening=(20, 1, size),
            told=progress,
        )
    except OverflowError as error:
        raise ConfigError(
            f"seed {seed}, start_ns {start_ns}, {law}: expected numbers of at most 64 bits: {error}"
        ) from error
    legs = written(paths[0]), written(paths[1])
    facts = place / "pair.json"
    known = {**law.facts(), "sha256": [leg.info.sha256 for leg in legs]}
    facts.write_text(
        json.dumps({"pair": known, "simulated": {"seed": seed, "seconds": seconds}}, indent=1) + "\n"
    )
    return SimulatedPair(legs, facts)
