"""How long messages travel: a model for each kind of message between strategy and exchange."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quantrl._exact import nanoseconds
from quantrl.errors import ConfigError, DataError

#: ns; (req, exch, resp) columns; (base, mu, sigma, cap); (millionths of the feed latency, base).
Delay = int | tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Latency:
    """A latency for each kind of message; the class methods make them all alike, `with_` replaces some.

    Parameters
    ----------
    new, amend, cancel : delay
        Of requests, to the exchange. A negative constant loses the request, which is known after that time.
    ack, fill : delay
        Of answers, to the strategy.

    Notes
    -----
    Draws are addressed by (seed, stream, kind of message, number of the request): another policy shifts none of them.
    Messages of one direction never overtake each other unless `TickConfig(allow_reorder=True)`.
    """

    new: Delay = 0
    amend: Delay = 0
    cancel: Delay = 0
    ack: Delay = 0
    fill: Delay = 0

    @classmethod
    def const(cls, entry: int | str, response: int | str) -> Latency:
        """Always the same: ``const("250us", "250us")``."""
        there, back = nanoseconds("latency.entry", entry), nanoseconds("latency.response", response)
        return cls(there, there, there, back, back)

    @classmethod
    def table(cls, req: ArrayLike, exch: ArrayLike, resp: ArrayLike) -> Latency:
        """Measured round trips, ns: when a request left, reached the exchange (0 or less: lost), and was answered.

        Linear in time between two trips, constant before the first and after the last.

        Raises
        ------
        DataError
            Columns that are not whole numbers of one length.
        """
        columns = []
        for name, values in (("req", req), ("exch", exch), ("resp", resp)):
            array = np.ascontiguousarray(values)
            if array.ndim != 1 or array.dtype.kind not in "iu":
                raise DataError(
                    f"latency.{name}: expected a 1-d column of whole ns, got {array.ndim}-d {array.dtype}"
                )
            columns.append(array.astype(np.int64))
        return cls._all(tuple(columns))

    @classmethod
    def log_normal(cls, base: int | str, mu: float, sigma: float, cap: int | str) -> Latency:
        """`base` + exp(mu + sigma z) ns, z standard normal, at most `cap`."""
        low, high = nanoseconds("latency.base", base), nanoseconds("latency.cap", cap)
        return cls._all((low, float(mu), float(sigma), high))

    @classmethod
    def from_feed(cls, mult: float, base: int | str = 0) -> Latency:
        """`base` + `mult` times the feed latency of the newest event on the side the message leaves from."""
        return cls._all((round(mult * 1_000_000), nanoseconds("latency.base", base)))

    @classmethod
    def _all(cls, delay: Delay) -> Latency:
        return cls(delay, delay, delay, delay, delay)

    def with_(self, **delays: Latency | int | str) -> Latency:
        """The same with some kinds of message as in another `Latency`, or constant.

        Raises
        ------
        ConfigError
            An unknown kind of message.
        """
        mine = {name: getattr(self, name) for name in _KINDS}
        for name, delay in delays.items():
            if name not in mine:
                raise ConfigError(f"latency: expected one of {', '.join(mine)}, got {name!r}")
            mine[name] = (
                getattr(delay, name) if isinstance(delay, Latency) else nanoseconds(f"latency.{name}", delay)
            )
        return Latency(**mine)

    def told(self) -> dict[str, Any]:
        """Plain values, for manifests."""
        return {
            name: [part.tolist() if isinstance(part, np.ndarray) else part for part in delay]
            if isinstance(delay, tuple)
            else delay
            for name, delay in ((name, getattr(self, name)) for name in _KINDS)
        }


_KINDS = tuple(field.name for field in fields(Latency))
