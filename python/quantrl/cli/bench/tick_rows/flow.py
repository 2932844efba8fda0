"""W-L2: a seeded stream of levels and trades that is never crossed, as columns, as ``.qev`` and as a peer's array.

Every row draws a gap, a side, a distance from the mid and lots. With `MOVE` the mid goes one tick up or down instead, and
the row deletes the one level the move would cross; so bids stay below the mid and asks above it, whatever came before.
With `TRADE` the row is a trade at the nearest price to the mid on the side that is hit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quantrl.data.events import FLAGS, KINDS, convert
from quantrl.rng import generator
from quantrl.typing import IntArray

SIZES = {"full": 5_000_000, "small": 20_000}
TICK_SIZE, LOT_SIZE = "0.01", "1"
MID = 100_000
START_NS = 1_700_000_000_000_000_000
GAP_NS = (1_000, 200_000)
FEED_NS = 100_000
"""Receive minus exchange time; entry and response take as long."""
MOVE, TRADE, NEAR = 0.01, 0.05, 0.2
MOST_LOTS = 50
LEVEL_KIND, TRADE_KIND = KINDS.index("LEVEL"), KINDS.index("TRADE")
#: One event of hftbacktest, 64 bytes.
PEER_EVENT = np.dtype(
    [(name, "<u8" if name in ("ev", "order_id") else "<f8" if name in ("px", "qty", "fval") else "<i8")
     for name in ("ev", "exch_ts", "local_ts", "px", "qty", "order_id", "ival", "fval")]
)  # fmt: skip
_STREAM = 9031
_EXCHANGE_AND_LOCAL, _BUY, _SELL, _DEPTH, _PRINT = 3 << 30, 1 << 29, 1 << 28, 1, 2


@dataclass(frozen=True)
class Flow:
    """The stream, a row an event.

    Parameters
    ----------
    ts_ns : (n,) int64
        Exchange time; `FEED_NS` later it is seen.
    trade, sell : (n,) bool
        A trade, else a level; its side, for trades the aggressor's.
    tick, lots : (n,) int64
        Price; the level's lots afterwards, 0 where it is deleted, or the trade's.
    """

    ts_ns: IntArray
    trade: NDArray[np.bool_]
    sell: NDArray[np.bool_]
    tick: IntArray
    lots: IntArray

    def __len__(self) -> int:
        return len(self.ts_ns)

    @property
    def sha256(self) -> str:
        """Of the columns."""
        digest = hashlib.sha256()
        for column in (self.ts_ns, self.trade, self.sell, self.tick, self.lots):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def level_columns(self) -> dict[str, NDArray[np.generic]]:
        """Its level rows as `LevelBook.apply` takes them."""
        level = ~self.trade
        return {
            "side": self.sell[level].astype(np.uint8),
            "price_ticks": self.tick[level],
            "qty_lots": self.lots[level],
        }

    def write(self, path: Path) -> Path:
        """Make a ``.qev`` file of it."""
        flags = np.where(self.sell, FLAGS["sell"] | FLAGS["side_known"], FLAGS["side_known"])
        columns = {
            "ts": self.ts_ns,
            "received": self.ts_ns + FEED_NS,
            "kind": np.where(self.trade, TRADE_KIND, LEVEL_KIND).astype(np.uint8),
            "flags": flags.astype(np.uint8),
            "tick": self.tick,
            "qty": self.lots.astype(np.uint64),
        }
        made = convert(
            columns,
            path,
            format="columns",
            level=2,
            symbol="WL2",
            tick_size=TICK_SIZE,
            lot_size=LOT_SIZE,
        )
        return made.path

    def write_peer(self, path: Path) -> Path:
        """Make the same events an ``.npz`` file for hftbacktest: same exchange and receive times, same order."""
        rows = np.zeros(len(self), PEER_EVENT)
        kind = np.where(self.trade, _PRINT, _DEPTH) | np.where(self.sell, _SELL, _BUY)
        rows["ev"] = (kind | _EXCHANGE_AND_LOCAL).astype(np.uint64)
        rows["exch_ts"], rows["local_ts"] = self.ts_ns, self.ts_ns + FEED_NS
        rows["px"] = self.tick * float(TICK_SIZE)
        rows["qty"] = self.lots * float(LOT_SIZE)
        np.savez(path, data=rows)
        return path


def wl2(n: int, seed: int = 0) -> Flow:
    """The first `n` rows of a seed."""
    random = generator(seed, _STREAM, "synthetic")
    ts = START_NS + np.cumsum(random.integers(*GAP_NS, n))
    what = random.random(n)
    move, trade = what < MOVE, (what >= MOVE) & (what < MOVE + TRADE)
    up = random.random(n) < 0.5
    mid = MID + np.cumsum(np.where(move, np.where(up, 1, -1), 0))
    distance = np.where(trade, 1, random.geometric(NEAR, n))
    level_lots, trade_lots = random.integers(0, MOST_LOTS, n), random.integers(1, MOST_LOTS, n)
    sell = np.where(move, up, random.random(n) < 0.5)
    above = sell != trade
    tick = np.where(move, mid, mid + np.where(above, distance, -distance))
    lots = np.where(move, 0, np.where(trade, trade_lots, level_lots))
    return Flow(ts, trade, sell, tick, lots)
