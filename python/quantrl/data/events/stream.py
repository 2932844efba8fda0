"""Order flow without a market and without an end, a stretch of time after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

from quantrl import _core
from quantrl.data.events._simulate import Cst, Opening, Zi
from quantrl.data.events.file import EventFile
from quantrl.errors import ConfigError


class Touches(NamedTuple):
    """Best bid and ask of one instrument, ticks; None where a side is empty."""

    bid: int | None
    ask: int | None


@final
class EventStream:
    """One flow for each symbol, each on a book of its own, from one start on.

    The events of symbol i are those of `simulate` with ``stream=i``; of several symbols they are merged as `merge` does.
    They depend on the settings alone, not on where stretches end.

    Parameters
    ----------
    flow : Zi or Cst
        The law of every symbol.
    symbols : sequence of str
    seed : int
    start_ns : int
        Time of the openings, ns UTC.
    tick_size, lot_size : str
    opening : Opening, optional

    Raises
    ------
    ConfigError
        A rate, size or name out of range, named.
    """

    def __init__(
        self,
        flow: Zi | Cst,
        symbols: Sequence[str],
        *,
        seed: int,
        start_ns: int = 0,
        tick_size: str = "0.01",
        lot_size: str = "1",
        opening: Opening | None = None,
    ) -> None:
        first = opening or Opening()
        law, rates, size, window = flow.to_core()
        try:
            self._core = _core.EventStream(
                law,
                rates=rates,
                size=size,
                window=window,
                seed=seed,
                start_ns=start_ns,
                symbols=list(symbols),
                tick_size=tick_size,
                lot_size=lot_size,
                opening=(first.bid, first.levels, first.orders, first.lots),
            )
        except OverflowError as error:
            raise ConfigError(
                f"seed {seed}, start_ns {start_ns}, {flow}, {first}: expected numbers of at most 64 bits, counts of 0 or "
                f"more: {error}"
            ) from error

    def run(self, until_ns: int) -> bytes:
        """Events from the end of the last stretch to those before a time, 32 bytes each as in a ``.qev`` file."""
        return self._core.run(until_ns)

    def touches(self) -> list[Touches]:
        """Of each instrument, after the last stretch."""
        return [Touches(*best) for best in self._core.bests()]

    def most_live(self) -> list[int]:
        """The most orders each instrument has had at once."""
        return self._core.most_live()

    def save(self) -> bytes:
        """The state between two stretches: whoever restores it goes on with the same events."""
        return self._core.save()

    def restore(self, saved: bytes) -> None:
        """Go on where `save` was called, on a stream of the same settings.

        Raises
        ------
        DataError
            Damaged; nothing changes.
        """
        self._core.restore(saved)

    def file(self, events: bytes, first_ns: int, last_ns: int, most_live: Sequence[int]) -> EventFile:
        """Some of the stream's events, in one piece, as a file in memory for `TickSession`.

        Parameters
        ----------
        events : bytes
            As of `run`, of one stretch or several that follow each other.
        first_ns, last_ns : int
            The time they span, ns.
        most_live : sequence of int
            As it was after the last of them.

        Raises
        ------
        DataError
            Events of other times.
        """
        core = self._core.window(events, first_ns, last_ns, list(most_live))
        return EventFile._of(core, "stream")
