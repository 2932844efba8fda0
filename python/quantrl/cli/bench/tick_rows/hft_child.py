"""hftbacktest, run in an environment of its own: one job a line on stdin, one answer a line on stdout, both JSON.

Started by path, not imported: it needs numpy and hftbacktest and nothing of quantrl. A job::

    {"data": FILE.npz, "rows": n or null, "depth": "roi" or "hashmap", "roi": [lowest, highest price],
     "strategy": "idle" or "quote", "queue": ["power2", 2.0], "tick_size": 0.01, "lot_size": 1.0,
     "entry_ns": 100000, "response_ns": 100000, "maker_fee": 0.0, "taker_fee": 0.0,
     "offset": 1, "size": 1, "refresh_ns": 10000000, "fills": FILE.npz or null}

is answered by ``wall cpu`` (seconds of the replay alone, compiled code warm, data in memory), ``rows fills position balance
fee``, and, with a file named, the fills in it: ``ts_ns side tick lots`` of each, by (time, side, tick). A job that fails is
answered by ``error``.

The rule of ``quote``
---------------------
The clock starts at the first event; the strategy wakes every `refresh_ns` after it, once everything up to and including that
time has happened, and never again when nothing is left to come. It knows its local book and what reports it has received. At
a wake, for the buy side and then for the sell side:

1. a current order that is known to be filled, cancelled or expired is forgotten;
2. the target is `offset` ticks behind the local best price of the own side (0 joins it); an empty side has none;
3. no current order and a target: a post-only limit order of `size` lots there becomes current; current order known to
   rest at the target: nothing; known to rest elsewhere: its cancel is sent, then with a target the new order, which becomes
   current; current order with a request under way: nothing.

There is no limit of inventory and no other reaction to fills.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

import numpy as np

hft: Any = importlib.import_module("hftbacktest")
numba: Any = importlib.import_module("numba")

NEW, FILLED, NO_REQUEST = 1, 3, 0
GTX, LIMIT = 1, 0
END, AT_ONCE_LATER = 1, -1
WARM_ROWS = 5_000
FILL = np.dtype([("ts_ns", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("lots", "<i8")])
QUEUES = {
    "risk_averse": ("risk_adverse_queue_model", 0),
    "power": ("power_prob_queue_model", 1),
    "power2": ("power_prob_queue_model2", 1),
    "power3": ("power_prob_queue_model3", 1),
    "log": ("log_prob_queue_model", 0),
    "log2": ("log_prob_queue_model2", 0),
}


def _idle(hbt: Any, duration_ns: Any) -> Any:
    return hbt.elapse(duration_ns)


def _quote(
    hbt: Any, offset: Any, size: Any, refresh_ns: Any, tick_size: Any, lot_size: Any, fills: Any
) -> Any:
    """Number of fills written to `fills`, (capacity, 4) int64; below 0 where the run did not end as it should."""
    n, last = 0, 0
    current, old = np.zeros(2, np.uint64), np.zeros(2, np.uint64)
    going = 0
    while going == 0:
        going = hbt.elapse(refresh_ns)
        orders, depth = hbt.orders(0), hbt.depth(0)
        for side in range(2):
            for which in range(2):
                held = old if which == 0 else current
                order = orders.get(held[side])
                if order is not None and order.status == FILLED:
                    fills[n, 0], fills[n, 1] = order.exch_timestamp, side
                    fills[n, 2], fills[n, 3] = order.exec_price_tick, round(order.exec_qty / lot_size)
                    n += 1
                if order is None or (order.status != NEW and order.req == NO_REQUEST):
                    held[side] = 0
        if going != 0:
            break
        hbt.clear_inactive_orders(0)
        for side in range(2):
            best = depth.best_bid_tick if side == 0 else depth.best_ask_tick
            known = depth.best_bid_qty > 0 if side == 0 else depth.best_ask_qty > 0
            target = best - offset if side == 0 else best + offset
            if current[side] != 0:
                order = orders.get(current[side])
                if order is None or not order.cancellable or (known and order.price_tick == target):
                    continue
                hbt.cancel(0, current[side], False)
                if not known:
                    continue
                if old[side] != 0:
                    return AT_ONCE_LATER
                old[side] = current[side]
            if not known:
                continue
            last += 1
            current[side] = last
            price = target * tick_size
            if side == 0:
                hbt.submit_buy_order(0, last, price, size * lot_size, GTX, LIMIT, False)
            else:
                hbt.submit_sell_order(0, last, price, size * lot_size, GTX, LIMIT, False)
    return n if going == END else -abs(going) - 1


IDLE, QUOTE = numba.njit(_idle), numba.njit(_quote)
_data: dict[str, Any] = {}
_warm: set[tuple[str, str]] = set()


def events(path: str) -> Any:
    """The events of a file, read once."""
    if path not in _data:
        with np.load(path, allow_pickle=False) as archive:
            _data[path] = archive["data"]
    return _data[path]


def backtest(job: dict[str, Any], rows: Any) -> Any:
    """The peer on `rows`, ready to go."""
    method, n_parameters = QUEUES[job["queue"][0]]
    asset = hft.BacktestAsset().data(rows).linear_asset(1.0)
    asset = asset.constant_order_latency(job["entry_ns"], job["response_ns"])
    asset = getattr(asset, method)(*job["queue"][1 : 1 + n_parameters])
    asset = asset.no_partial_fill_exchange().trading_value_fee_model(job["maker_fee"], job["taker_fee"])
    asset = asset.tick_size(job["tick_size"]).lot_size(job["lot_size"])
    if job["depth"] == "hashmap":
        return hft.HashMapMarketDepthBacktest([asset])
    return hft.ROIVectorMarketDepthBacktest([asset.roi_lb(job["roi"][0]).roi_ub(job["roi"][1])])


def run(job: dict[str, Any], rows: Any) -> tuple[dict[str, Any], Any]:
    """One replay: its answer and its fills."""
    span = int(rows["local_ts"][-1] - rows["exch_ts"][0])
    wakes = span // job["refresh_ns"] + 2
    found = np.zeros((2 * wakes + 8, 4), np.int64)
    hbt = backtest(job, rows)
    cpu, wall = time.process_time(), time.perf_counter()
    if job["strategy"] == "idle":
        n = IDLE(hbt, span + 10**12) - END
    else:
        n = QUOTE(
            hbt, job["offset"], job["size"], job["refresh_ns"], job["tick_size"], job["lot_size"], found
        )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if n < 0:
        raise RuntimeError(f"{job['strategy']}: the replay ended with {n}")
    values = hbt.state_values(0)
    answer = {
        "wall": wall,
        "cpu": cpu,
        "rows": len(rows),
        "fills": int(n),
        "position": float(values.position),
        "balance": float(values.balance),
        "fee": float(values.fee),
        "trades": int(values.num_trades),
    }
    hbt.close()
    return answer, found[:n]


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job; the first of a depth and strategy runs a short piece before, so that no compilation is timed."""
    rows = events(job["data"])[: job.get("rows")]
    kind = (job["depth"], job["strategy"])
    if kind not in _warm:
        run(job, rows[:WARM_ROWS])
        _warm.add(kind)
    said, found = run(job, rows)
    if said["trades"] != said["fills"]:
        raise RuntimeError(f"fills: expected the peer's own count, {said['trades']}, got {said['fills']}")
    if job.get("fills"):
        order = np.lexsort((found[:, 2], found[:, 1], found[:, 0]))
        np.savez(job["fills"], fills=np.ascontiguousarray(found[order]).view(FILL).ravel())
    return said


def main() -> None:
    """Say who is here, then answer until stdin ends."""
    versions = {name: importlib.import_module(name).__version__ for name in ("hftbacktest", "numba", "numpy")}
    print(json.dumps({"versions": versions}), flush=True)
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # what went wrong is for the other side to say
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
