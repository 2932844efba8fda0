"""Event files replayed onto books."""

from __future__ import annotations

from quantrl import _core
from quantrl.data._depth import depth_array
from quantrl.errors import ConfigError
from quantrl.typing import IntArray


class EventReplay:
    """The books of a file between two events; made by `EventFile.replay`."""

    __slots__ = ("_core", "_instruments")

    def __init__(self, core: _core.EventReplay, instruments: int) -> None:
        self._core = core
        self._instruments = instruments

    def seek(self, event: int) -> None:
        """Go to the state before `event`, from the nearest checkpoint or from here.

        Raises
        ------
        ConfigError
            Behind the last event.
        DataError
            The file is damaged.
        """
        if event < 0:
            raise ConfigError(f"event: expected 0 or more, got {event}")
        self._core.seek(event)

    def seek_time(self, ts_ns: int) -> None:
        """Go to the state before the first event at or after `ts_ns`."""
        self._core.seek_time(ts_ns)

    def step(self, events: int = 1) -> int:
        """Apply up to `events` more; how many there were."""
        if events < 0:
            raise ConfigError(f"events: expected 0 or more, got {events}")
        return self._core.step(events)

    @property
    def at(self) -> int:
        """Events applied."""
        return self._core.at

    @property
    def ts_ns(self) -> int | None:
        """Exchange time of the last event applied."""
        return self._core.ts_ns

    def best(self, instrument: int = 0) -> tuple[int | None, int | None]:
        """Highest bid and lowest ask in ticks; None where a side is empty."""
        return self._core.best(self._row(instrument))

    def depth(self, levels: int = 5, out: IntArray | None = None, *, instrument: int = 0) -> IntArray:
        """Price in ticks and lots of the best levels.

        Returns
        -------
        (2, levels, 2) int64
            Bids, then asks; best first; ticks and lots. `out` itself if given. A missing level is 0, 0.
        """
        row = self._row(instrument)
        out = depth_array(levels, out)
        self._core.depth(out, row)
        return out

    def hash(self) -> int:
        """FNV-1a 64 over the books of all instruments. O(orders)."""
        return self._core.hash()

    def _row(self, instrument: int) -> int:
        if not 0 <= instrument < self._instruments:
            raise ConfigError(f"instrument: expected 0 to {self._instruments - 1}, got {instrument}")
        return instrument
