"""The book in numbers for Prometheus, made when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from quantrl.live.api.amounts import CASH_SCALE
from quantrl.live.api.mirror import Mirror
from quantrl.live.timings import EDGES_S
from quantrl.live.vocabulary import OrderState, TradingState

UNIT = 10.0**CASH_SCALE
COUNTED = ("events", "refusals", "fills", "orders", "boots", "rounds", "alarms")
_TIMED = {
    "cycle": "a whole bar",
    "decision": "a bar to its last answer",
    "commit": "one commit",
    "lag": "how late clients are heard",
}


def metrics(mirror: Mirror) -> bytes:
    """Text of every metric."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Book(mirror))
    return generate_latest(registry)


class _Book(Collector):
    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def collect(self) -> Iterator[Any]:
        mirror = self._mirror
        yield _gauge("engine_up", "1 where the engine answers", float(mirror.connected))
        yield _gauge(
            "view_behind_events",
            "events committed that the view has not taken",
            mirror.committed - mirror.head,
        )
        if mirror.pulse is None or mirror.about is None:
            return
        tally = dict(mirror.read("SELECT name, n FROM tally"))
        for name in COUNTED:
            yield CounterMetricFamily(f"quantrl_{name}", f"{name} in the journal", value=tally.get(name, 0))
        yield from self._gauges(mirror.pulse)
        yield from self._histograms(mirror.pulse["timings"])

    def _gauges(self, pulse: dict[str, Any]) -> Iterator[Any]:
        summary, feed, vitals = pulse["summary"], pulse["feed"], pulse["vitals"]
        peak = max(pulse["peak"], 1)
        yield _gauge("feed_age_seconds", "wall time since the newest bar was taken", feed["taken_ms"] / 1_000)
        yield _gauge("feed_missing_prices", "instruments without a price at the newest bar", feed["missing"])
        yield _gauge("feed_bar", "bars taken", summary["bar"])
        yield _gauge("drawdown_ratio", "equity below its peak", max(1 - summary["equity"] / peak, 0.0))
        yield _gauge("outbox_messages", "messages not delivered", vitals["outbox"])
        yield _gauge("journal_bytes", "of the journal and its log", vitals["journal_bytes"])
        yield _gauge("disk_free_bytes", "where the journal is", vitals["disk_free_bytes"])
        yield _gauge("engine_rss_bytes", "memory of the engine", vitals["rss_bytes"])
        yield _gauge("engine_fds", "files the engine has open", vitals["fds"])
        equity = GaugeMetricFamily(
            "quantrl_equity", "equity in currency, for people; the ledger is exact", labels=["owner"]
        )
        equity.add_metric(["account"], summary["equity"] / UNIT)
        equity.add_metric(["treasury"], summary["treasury"] / UNIT)
        for label, worth in summary["funded"]:
            equity.add_metric([f"agent/{label}"], worth / UNIT)
        yield equity
        state = GaugeMetricFamily("quantrl_trading_state", "1 for the state the book is in", labels=["state"])
        for one in TradingState:
            state.add_metric([one.name], float(one.name == summary["state"]))
        yield state
        counts = dict(self._mirror.read("SELECT state, count(*) FROM order_at GROUP BY state"))
        orders = GaugeMetricFamily("quantrl_orders_by_state", "orders", labels=["state"])
        for kind in OrderState:
            orders.add_metric([kind.name], counts.get(int(kind), 0))
        yield orders

    def _histograms(self, timings: dict[str, Any]) -> Iterator[Any]:
        for name, words in _TIMED.items():
            timing, total, buckets = timings[name], 0, []
            for edge, count in zip([*map(str, EDGES_S), "+Inf"], timing["counts"], strict=True):
                total += count
                buckets.append((edge, total))
            full = f"quantrl_{'loop_lag' if name == 'lag' else name}_seconds"
            yield HistogramMetricFamily(full, words, buckets=buckets, sum_value=timing["total_s"])


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"quantrl_{name}", words, value=value)
