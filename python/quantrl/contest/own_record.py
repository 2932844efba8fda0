"""What became of an agent's earlier signals, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantrl.contest.types import Action
from quantrl.errors import DataError, LookAheadError
from quantrl.units import iso_date


@dataclass(frozen=True, slots=True)
class PastSignal:
    """One accepted signal whose day is over.

    Parameters
    ----------
    day : int
        Index s of the trading day it was made for.
    decided_at, matured_at : int
        d(s), and when r(s) became known; ns UTC.
    symbol : str
    action : {'buy', 'sell', 'hold'}
    probability : int
        As stated, 0..100.
    realised : float
        One day's return net of a round trip, in the direction of the action.

    Raises
    ------
    DataError
        It matures before it was decided.
    """

    day: int
    decided_at: int
    matured_at: int
    symbol: str
    action: Action
    probability: int
    realised: float

    def __post_init__(self) -> None:
        if self.matured_at < self.decided_at:
            raise DataError(
                f"past signal on {self.symbol!r}: matured_at {self.matured_at} lies before decided_at {self.decided_at}"
            )

    @property
    def date(self) -> str:
        """UTC date of the decision."""
        return iso_date(self.decided_at)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """Signals of one agent that have matured, oldest first.

    Parameters
    ----------
    signals : tuple of PastSignal
    """

    signals: tuple[PastSignal, ...] = ()

    @staticmethod
    def of(signals: Iterable[PastSignal], now: int) -> OwnRecord:
        """Those of `signals` that have matured by `now`."""
        return OwnRecord(tuple(signal for signal in signals if signal.matured_at <= now))

    def check(self, now: int) -> OwnRecord:
        """The record itself, if all of it is known at `now`.

        Raises
        ------
        LookAheadError
            A signal that matures later.
        """
        for signal in self.signals:
            if signal.matured_at > now:
                raise LookAheadError(
                    f"own record: the signal on {signal.symbol!r} of day {signal.day} matures at {signal.matured_at}; "
                    f"allowed is {now}"
                )
        return self
