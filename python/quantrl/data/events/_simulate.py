"""Order flow without a market: published laws, written as event files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quantrl import _core
from quantrl.data.events._convert import Conversion, written
from quantrl.data.events.options import ConvertOptions
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class Zi:
    """Zero intelligence, the "Santa Fe" model (cond-mat/0210475): orders of one size come, trade and leave at random.

    Parameters
    ----------
    limit : float
        Orders per second, tick and side, at prices from the opposite touch to `window` ticks behind it.
    market : float
        Market orders per second and side.
    cancel : float
        Cancels per second of each resting order.
    size : int
        Lots of every order.
    window : int
        Ticks.
    """

    limit: float = 0.5
    market: float = 1.0
    cancel: float = 0.1
    size: int = 1
    window: int = 200

    def to_core(self) -> tuple[str, tuple[float, float, float], int, int]:
        """Name, rates, lots and ticks as the core takes them."""
        return "zi", (self.limit, self.market, self.cancel), self.size, self.window


@dataclass(frozen=True)
class Cst:
    """Cont, Stoikov and Talreja (2010), with the rates they print for Sky Perfect Communications.

    Parameters
    ----------
    speed : float
        1 is the printed rates per minute, 60 per second.
    """

    speed: float = 60.0

    def to_core(self) -> tuple[str, tuple[float, float, float], int, int]:
        """Name, rates, lots and ticks as the core takes them."""
        return "cst", (self.speed, 0.0, 0.0), 1, 1


@dataclass(frozen=True)
class Opening:
    """The book a simulation starts with, the same on both sides; the best ask is one above `bid`."""

    bid: int = 10_000
    levels: int = 20
    orders: int = 3
    lots: int = 1


def simulate(
    dst: str | os.PathLike[str],
    flow: Zi | Cst,
    *,
    messages: int,
    seed: int,
    stream: int = 0,
    episode: int = 0,
    start_ns: int = 0,
    symbol: str = "SIM",
    tick_size: str = "0.01",
    lot_size: str = "1",
    opening: Opening | None = None,
    options: ConvertOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> Conversion:
    """Run a flow alone and write what happens as a level-3 event file.

    The same address (seed, stream, episode) gives the same file, byte for byte.

    Parameters
    ----------
    messages : int
        Messages of the flow after the opening.
    start_ns : int
        Time of the opening, ns UTC.

    Raises
    ------
    ConfigError
        A rate, size or address out of range, named.
    OSError
        The file cannot be written.
    """
    opening, target = opening or Opening(), Path(dst)
    law, rates, size, window = flow.to_core()
    try:
        _core.events_simulate(
            target,
            law,
            (options or ConvertOptions()).to_core(),
            rates=rates,
            size=size,
            window=window,
            seed=seed,
            stream=stream,
            episode=episode,
            messages=messages,
            start_ns=start_ns,
            symbol=symbol,
            tick_size=tick_size,
            lot_size=lot_size,
            opening=(opening.bid, opening.levels, opening.orders, opening.lots),
            told=progress,
        )
    except OverflowError as error:
        raise ConfigError(
            f"messages {messages}, seed {seed}, stream {stream}, episode {episode}, {flow}, {opening}: expected numbers "
            f"of at most 64 bits, counts of 0 or more: {error}"
        ) from error
    return written(target)
