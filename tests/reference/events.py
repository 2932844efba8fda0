"""Small sources of order-book data, written by hand, and what must come of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

LOBSTER = "ABC_2012-06-21_34200000_57600000_{}_1.csv"
MESSAGES = """\
34200.1,1,11,10,1000000,1
34200.2,1,12,7,1000000,1
34200.25,4,11,4,1000000,1
34200.3,3,12,7,1000000,1
34200.4,5,0,3,1000050,-1
34200.5,4,99,5,1000100,-1
34200.6,2,11,2,1000000,1
"""
ROWS = """\
1000100,5,1000000,10
1000100,5,1000000,17
1000100,5,1000000,13
1000100,5,1000000,6
1000100,5,1000000,6
1000200,8,1000000,6
1000200,8,1000000,4
"""
#: 2012-06-21 00:00 in New York, ns UTC.
MIDNIGHT = 1_340_251_200_000_000_000
#: Seconds after midnight, bid, lots, ask, lots; the opening is what row 0 shows before its own message.
TOUCHES = [
    (34_200.1, None, None, 1_000_100, 5),
    (34_200.1, 1_000_000, 10, 1_000_100, 5),
    (34_200.2, 1_000_000, 17, 1_000_100, 5),
    (34_200.25, 1_000_000, 13, 1_000_100, 5),
    (34_200.3, 1_000_000, 6, 1_000_100, 5),
    (34_200.5, 1_000_000, 6, 1_000_200, 8),
    (34_200.6, 1_000_000, 4, 1_000_200, 8),
]


def lobster_pair(folder: Path) -> list[Path]:
    """A message and an orderbook file."""
    paths = [folder / LOBSTER.format(what) for what in ("message", "orderbook")]
    for path, text in zip(paths, (MESSAGES, ROWS), strict=True):
        path.write_text(text)
    return paths


def touches() -> pl.DataFrame:
    """What `EventFile.bbo` must give for the pair, without receive times."""
    schema = ["ts_ns", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots"]
    rows = [(MIDNIGHT + round(second * 1e9), *rest) for second, *rest in TOUCHES]
    return pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.Int64), orient="row")


def binance(folder: Path) -> Path:
    """Spot: a snapshot, two updates, a quote after the second, a trade; the recorder runs 5 ms behind."""
    depth = (
        '{{"stream":"x@depth","data":{{"e":"depthUpdate","E":{ms},"s":"XUSDT",'
        '"U":{first},"u":{last},"b":{bids},"a":{asks}}}}}'
    )
    lines = [
        (100, '{"lastUpdateId":10,"bids":[["100.0","1.0"],["99.0","2.0"]],"asks":[["101.0","3.0"]]}'),
        (105, depth.format(ms=110, first=11, last=12, bids='[["100.5","4.0"]]', asks="[]")),
        (115, depth.format(ms=120, first=13, last=13, bids="[]", asks='[["101.0","0"],["101.5","0.5"]]')),
        (
            116,
            '{"stream":"x@bookTicker","data":{"u":13,"s":"XUSDT","b":"100.5","B":"4.0","a":"101.5","A":"0.5"}}',
        ),
        (
            117,
            '{"stream":"x@trade","data":{"e":"trade","E":122,"T":122,"s":"XUSDT","t":1,"p":"101.5","q":"0.3","m":false}}',
        ),
    ]
    path = folder / "x.txt"
    path.write_text("".join(f"{ms * 1_000_000} {json}\n" for ms, json in lines))
    return path


def random_columns(n: int, seed: int) -> dict[str, np.ndarray]:
    """A flow of orders that live and die, in one instrument: adds, deletes, reduces."""
    random = np.random.default_rng(seed)
    live: dict[int, int] = {}
    rows = []
    for k in range(1, n + 1):
        draw = random.random()
        if not live or draw < 0.55:
            sell = int(random.integers(0, 2))
            order, tick = 2 * k + sell, 5_000 + (1 if sell else -1) * int(random.integers(1, 30))
            live[order] = int(random.integers(2, 50))
            rows.append((1, sell, order, tick, live[order]))
            continue
        order = int(random.choice(list(live)))
        if draw < 0.8:
            rows.append((3, order & 1, order, 0, live.pop(order)))
        elif live[order] > 1:
            lots = int(random.integers(1, live[order]))
            live[order] -= lots
            rows.append((2, order & 1, order, 0, lots))
    kind, sell, order, tick, qty = (list(column) for column in zip(*rows, strict=True))
    ts = 1_000 * (np.arange(len(rows)) // 2)
    return {
        "ts": ts,
        "received": ts + random.integers(1, 4_000, len(rows)),
        "kind": np.array(kind, np.uint8),
        "flags": np.array(sell, np.uint8) | np.uint8(2),
        "order": np.array(order, np.uint64),
        "tick": np.array(tick, np.int64),
        "qty": np.array(qty, np.uint64),
    }
