"""A file of levels and trades as hftbacktest's events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantrl.cli.bench.tick_rows.flow import PEER_EVENT
from quantrl.data.events import FLAGS, KINDS, EventFile

EXCHANGE, LOCAL = 1 << 31, 1 << 30
BUY, SELL = 1 << 29, 1 << 28
DEPTH, TRADE = 1, 2


def peer_rows(file: EventFile) -> NDArray[np.void]:
    """First by exchange time for its exchange side, then by receive time for its local side, as events overtake each other.

    The file starts with an empty book, so the first snapshot needs no row that clears it; a later one is refused.
    """
    columns = file.columns()
    kind = columns["kind"]
    level, trade = kind == KINDS.index("LEVEL"), kind == KINDS.index("TRADE")
    empties = np.isin(kind, [KINDS.index("CLEAR"), KINDS.index("SNAP_BEGIN")])
    if np.flatnonzero(empties).max(initial=0) > np.flatnonzero(level)[0]:
        raise ValueError(f"{file.path}: expected no book emptied after its first level")
    kept = level | trade
    sell = columns["flags"][kept] & FLAGS["sell"] > 0
    rows = np.zeros(int(kept.sum()), PEER_EVENT)
    rows["exch_ts"], rows["local_ts"] = columns["ts"][kept], columns["received"][kept]
    (instrument,) = file.instruments
    rows["px"] = columns["tick"][kept] * float(instrument.tick_size)
    rows["qty"] = columns["qty"][kept] * float(instrument.lot_size)
    what = (np.where(trade[kept], TRADE, DEPTH) | np.where(sell, SELL, BUY)).astype(np.uint64)
    there, here = rows, rows[np.argsort(rows["local_ts"], kind="stable")]
    there["ev"], here["ev"] = what | np.uint64(EXCHANGE), what[np.argsort(rows["local_ts"], kind="stable")]
    here["ev"] |= np.uint64(LOCAL)
    return np.concatenate([there, here])
