"""Settings and a strategy that the tests of the tick engine share, also in processes of their own."""

from __future__ import annotations

import hashlib

from quantrl.backtest import Fees, Latency, Queue, TickConfig, TickSession, actions

QUOTE = ("quote", {"offset": 1, "size": 3, "refresh": "10ms"})
CONFIG = TickConfig(
    queue=Queue.power(3),
    latency=Latency.const("250us", "250us"),
    fees=Fees(maker="-0.5bp", taker="7bp"),
    equity_every="100ms",
    seed=7,
)
ORDERS = CONFIG.but(queue=None, feed_unknown="50us")
CONFIGS = {"levels": CONFIG, "orders": ORDERS}


def act(session: TickSession) -> None:
    """Join both touches and take one lot: what to do depends on nothing but what is seen."""
    bid, ask = session.best()
    if bid is None or ask is None:
        return
    session.send(
        actions.limit("buy", bid, 2),
        actions.limit("sell", ask, 2),
        actions.limit("buy", ask, 1, tif="ioc"),
    )


def told(session: TickSession) -> str:
    """Hash of a session, and a digest of all it shows: executions, log, samples, account, own orders, book.

    Not of its snapshot: stamps in a queue start elsewhere in a copy, only their order counts.
    """
    frames = (session.fills(), session.log(), session.equity(), session.orders())
    shown = repr(([frame.rows() for frame in frames], session.account(), session.depth(50).tolist()))
    return f"{session.hash():016x} {hashlib.sha256(shown.encode()).hexdigest()}"
