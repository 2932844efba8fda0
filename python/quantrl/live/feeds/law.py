"""``[feed.synthetic]``: the market of a simulated feed."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from quantrl._exact import nanoseconds
from quantrl.config import Section
from quantrl.data.events import Cst, EventStream, Opening, Zi
from quantrl.errors import ConfigError
from quantrl.runs import canonical_json
from quantrl.units import ns_from_iso

Rate = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Size = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=30)]
_MAGIC = "quantrl.stream.1"
_MOST_ROWS = 1_000_000
"""Steps of the grid a book has room for."""


class LawConfig(Section):
    """Order flow of `symbols`, each on a book of its own, from `start` on, for as long as `horizon` says.

    `limit`, `market`, `cancel`, `size` and `window` are those of `Zi`, `speed` that of `Cst`; `bid`, `levels`, `orders` and
    `lots` are the opening, the same for each; `tick` and `lot` their sizes in quotes.
    """

    law: Literal["zi", "cst"] = "zi"
    symbols: Annotated[list[str], Field(min_length=1, max_length=256)]
    start: str = "2024-01-01T00:00:00Z"
    horizon: str = "720h"
    tick: Size = "0.01"
    lot: Size = "1"
    limit: Rate = 0.1
    market: Rate = 1.0
    cancel: Rate = 0.06
    size: Count = 5
    window: Count = 60
    speed: Rate = 60.0
    bid: Annotated[int, Field(ge=1, le=10**9)] = 20_000
    levels: Count = 40
    orders: Count = 4
    lots: Count = 5

    @property
    def start_ns(self) -> int:
        """Time of the openings, ns UTC.

        Raises
        ------
        ConfigError
            No time.
        """
        try:
            return ns_from_iso(self.start)
        except ConfigError as error:
            raise ConfigError(f"feed.synthetic.start: {error}") from None

    def rows(self, every_ns: int) -> int:
        """Steps of the grid within the horizon.

        Raises
        ------
        ConfigError
            None, or more than a million.
        """
        rows = nanoseconds("feed.synthetic.horizon", self.horizon) // every_ns
        if not 1 <= rows <= _MOST_ROWS:
            raise ConfigError(
                f"feed.synthetic.horizon: expected 1 to {_MOST_ROWS} steps of feed.decide_every, got {rows}"
            )
        return rows

    def stream(self, seed: int) -> EventStream:
        """The events, from the start.

        Raises
        ------
        ConfigError
            A rate, size or name out of range, or a name twice.
        """
        if len(set(self.symbols)) < len(self.symbols):
            raise ConfigError(f"feed.synthetic.symbols: expected each once, got {', '.join(self.symbols)}")
        if self.law == "zi":
            flow: Zi | Cst = Zi(self.limit, self.market, self.cancel, self.size, self.window)
        else:
            flow = Cst(self.speed)
        return EventStream(
            flow,
            self.symbols,
            seed=seed,
            start_ns=self.start_ns,
            tick_size=self.tick,
            lot_size=self.lot,
            opening=Opening(self.bid, self.levels, self.orders, self.lots),
        )

    def sha256(self, seed: int) -> str:
        """Of everything the events depend on; how long the book takes them is no part of it."""
        text = canonical_json({**self.model_dump(mode="json", exclude={"horizon"}), "seed": seed})
        return hashlib.sha256(f"{_MAGIC}\n{text}".encode()).hexdigest()
