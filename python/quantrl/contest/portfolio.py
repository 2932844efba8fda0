"""From signals to weights, and what an agent believes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from quantrl.agent import Decision, Evidence
from quantrl.contest.evaluate.platt import Platt
from quantrl.contest.types import Signal
from quantrl.errors import ConfigError, OrderError
from quantrl.typing import FloatArray

Sizing = Literal["equal", "probability"]
SIZINGS: tuple[Sizing, ...] = get_args(Sizing)


def raw_weights(
    signals: Sequence[Signal],
    symbols: Sequence[str],
    sizing: Sizing = "equal",
    platt: Platt | None = None,
) -> FloatArray:
    """(N,) weights before any limit: buys share the whole capital, everything else is 0.

    A `sell` closes what is held, a `hold` takes no position, and a name bought again is held. Of two signals on one name
    the first counts.

    Parameters
    ----------
    signals : sequence of Signal
        Accepted ones, most important first.
    symbols : sequence of str
        Instruments, in column order.
    sizing : {'equal', 'probability'}
        Equal parts, or in proportion to max(2p - 1, 0): a buy that is no likelier than not gets nothing.
    platt : Platt, optional
        Recalibrates p first.

    Raises
    ------
    ConfigError
        Another sizing.
    OrderError
        A symbol that is not among the instruments.
    """
    if sizing not in SIZINGS:
        raise ConfigError(f"sizing: expected one of {', '.join(SIZINGS)}, got {sizing!r}")
    column = {symbol: i for i, symbol in enumerate(symbols)}
    first: dict[int, Signal] = {}
    for signal in signals:
        if signal.symbol not in column:
            raise OrderError(f"signal: {signal.symbol!r} is not one of {len(symbols)} instruments")
        first.setdefault(column[signal.symbol], signal)
    buys = {i: signal for i, signal in first.items() if signal.action == "buy"}
    weights = np.zeros(len(symbols))
    if not buys:
        return weights
    where = np.array(list(buys), dtype=np.int64)
    p = np.array([signal.probability for signal in buys.values()]) / 100.0
    size = np.ones(len(p))
    if sizing == "probability":
        size = np.maximum(2.0 * (p if platt is None else platt.apply(p)) - 1.0, 0.0)
    total = float(size.sum())
    if total > 0:
        weights[where] = size / total
    return weights


def belief_of(signals: Sequence[Signal]) -> float | None:
    """Mean stated probability of the buys, as stated; None without one."""
    stated = [signal.probability / 100.0 for signal in signals if signal.action == "buy"]
    return sum(stated) / len(stated) if stated else None


def decision_of(
    signals: Sequence[Signal],
    symbols: Sequence[str],
    sizing: Sizing = "equal",
    platt: Platt | None = None,
    *,
    tokens: int = 0,
    usd: float = 0.0,
) -> Decision:
    """What a researcher decides, in the words of every other agent; its weights are not limited yet.

    Without signals everything is closed.
    """
    evidence = tuple(
        Evidence("signal", f"{signal.action} {signal.symbol}", signal.probability / 100.0, item.ref)
        for signal in signals
        for item in signal.evidence
    )
    return Decision(
        raw_weights(signals, symbols, sizing, platt), belief_of(signals), evidence, tokens=tokens, usd=usd
    )
