"""B6, the second half: a whole replay without a strategy, beside nautilus_trader's BacktestEngine on the same updates."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.backtest import replay
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.cli.bench.tick_rows.flow import LOT_SIZE, TICK_SIZE, Flow, wl2
from quantrl.cli.bench.tick_rows.levels import LEVELS, Nautilus, side_of
from quantrl.cli.bench.tick_rows.replayed import CONFIG
from quantrl.data.events import EventFile
from quantrl.typing import FloatArray

OURS, PEER = "replay, noop", "nautilus BacktestEngine"
SIZES = {"full": 200_000, "small": 2_000}
TIMES = 100.0


def cases(size: str) -> Iterator[RateCase]:
    """Level updates of W-L2; loading is not timed on either side."""
    whole = wl2(SIZES[size])
    level = ~whole.trade
    flow = Flow(
        whole.ts_ns[level], whole.trade[level], whole.sell[level], whole.tick[level], whole.lots[level]
    )
    n = len(flow)
    title, goals = f"{n:,} level updates of W-L2, no strategy", (Goal(OURS, TIMES, PEER),)
    with tempfile.TemporaryDirectory(prefix="quantrl-") as folder:
        file = EventFile(flow.write(Path(folder) / "wl2.qev"))
        ours = Contender(OURS, lambda: replay(file, "noop", CONFIG), n)
        try:
            peer = Engine(flow)
        except ImportError as error:
            absent = {PEER: f"not installed here ({error})"}
            yield RateCase("B6", title, "updates", (ours,), goals, (), absent, flow.sha256)
            return
        yield RateCase(
            id="B6",
            title=title,
            unit="updates",
            contenders=(ours, Contender(PEER, peer.run, n)),
            goals=goals,
            checks=(Check(f"{LEVELS} levels at the end", _depth(file), lambda: _watched(flow), 0.0),),
            sha256=flow.sha256,
        )


def _depth(file: EventFile) -> Callable[[], FloatArray]:
    return lambda: replay(file, "noop", CONFIG).session.depth(LEVELS).astype(float)


class Engine:
    """The peer, with one simulated venue and no strategy; its data are loaded once.

    Raises
    ------
    ImportError
        nautilus_trader is not installed.
    """

    def __init__(self, flow: Flow) -> None:
        engine: Any = importlib.import_module("nautilus_trader.backtest.engine")
        configs: Any = importlib.import_module("nautilus_trader.backtest.config")
        common: Any = importlib.import_module("nautilus_trader.config")
        currencies: Any = importlib.import_module("nautilus_trader.model.currencies")
        identifiers: Any = importlib.import_module("nautilus_trader.model.identifiers")
        instruments: Any = importlib.import_module("nautilus_trader.model.instruments")
        objects: Any = importlib.import_module("nautilus_trader.model.objects")
        updates = Nautilus(flow)
        enums, usd, digits = updates.enums, currencies.USD, len(TICK_SIZE.partition(".")[2])
        quiet = configs.BacktestEngineConfig(
            logging=common.LoggingConfig(bypass_logging=True), run_analysis=False
        )
        self.engine = engine.BacktestEngine(quiet)
        self.engine.add_venue(
            venue=identifiers.Venue("SIM"),
            oms_type=enums.OmsType.NETTING,
            account_type=enums.AccountType.CASH,
            base_currency=usd,
            starting_balances=[objects.Money(1_000_000, usd)],
            book_type=enums.BookType.L2_MBP,
        )
        self.engine.add_instrument(
            instruments.Equity(
                instrument_id=updates.id,
                raw_symbol=identifiers.Symbol("WL2"),
                currency=usd,
                price_precision=digits,
                price_increment=objects.Price(float(TICK_SIZE), digits),
                lot_size=objects.Quantity(float(LOT_SIZE), 0),
                ts_event=0,
                ts_init=0,
            )
        )
        self.engine.add_data(updates.deltas)
        self.id = updates.id

    def run(self) -> None:
        """All updates, from a clean state."""
        self.engine.reset()
        self.engine.run()

    def watch(self) -> None:
        """Let an actor keep the book, for a check that is not timed: without one nobody sees the venue's."""
        actor: Any = importlib.import_module("nautilus_trader.common.actor").Actor
        kind: Any = importlib.import_module("nautilus_trader.model.enums").BookType.L2_MBP
        instrument = self.id

        class Watcher(actor):  # type: ignore[misc]
            def on_start(self) -> None:
                self.subscribe_order_book_deltas(instrument, kind)

        self.engine.add_actor(Watcher())

    def depth(self) -> FloatArray:
        """(2, LEVELS, 2) ticks and lots of the watched book after a run."""
        self.run()
        book = self.engine.cache.order_book(self.id)
        return np.array([side_of(book.bids()), side_of(book.asks())])


def _watched(flow: Flow) -> FloatArray:
    peer = Engine(flow)
    peer.watch()
    return peer.depth()
