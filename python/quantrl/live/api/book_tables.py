"""The book as a whole and bar by bar, as the API tells it."""

from __future__ import annotations

import time
from typing import Any

from quantrl.live.api.amounts import Names, cash, ppm, text
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.killfile import NAME as KILL
from quantrl.live.view import ints_of


def names_of(mirror: Mirror) -> Names:
    """Names of what the book trades and who trades.

    Raises
    ------
    Refusal
        The engine has not answered yet.
    """
    if mirror.about is None:
        raise Refusal(503, "engine", "the engine has not answered yet", retry_s=1.0)
    return Names(mirror.about)


def pulse_of(mirror: Mirror) -> dict[str, Any]:
    """The engine's newest pulse; raises as `names_of`."""
    if mirror.pulse is None:
        raise Refusal(503, "engine", "the engine has not answered yet", retry_s=1.0)
    return mirror.pulse


def engine(mirror: Mirror) -> dict[str, Any]:
    """How well the engine is heard."""
    silence = mirror.silence_s
    return {
        "connected": mirror.connected,
        "silence_ms": None if silence > 1e9 else round(silence * 1_000),
        "behind": max(mirror.committed - mirror.head, 0),
        "rebuilds": mirror.rebuilds,
    }


def state(mirror: Mirror) -> dict[str, Any]:
    """The first screen's numbers."""
    names_of(mirror)
    pulse, about = pulse_of(mirror), mirror.about or {}
    summary, feed = pulse["summary"], pulse["feed"]
    gauges = {one["note"]: one for one in pulse["gauges"]}
    equity, peak, start = summary["equity"], pulse["peak"], pulse["day_start"]
    return {
        "name": summary["name"],
        "currency": summary["currency"],
        "state": summary["state"],
        "reason": summary["reason"],
        "session": summary["session"],
        "day": "bar" if about["feed"] == "bars" else "session" if summary["session"] else "day",
        "time": str(summary["time"]),
        "bar": summary["bar"],
        "bars": summary["bars"],
        "kind": about["feed"],
        "capital": cash(about["capital"]),
        "equity": cash(equity),
        "cash": cash(summary["cash"]),
        "treasury": cash(summary["treasury"]),
        "peak": cash(peak),
        "drawdown_ppm": ppm(equity - peak, peak),
        "return_ppm": ppm(equity - about["capital"], about["capital"]),
        "day_pnl": cash(equity - start),
        "day_pnl_ppm": ppm(equity - start, start),
        "gross": cash(gauges["gross"]["used"]),
        "net": cash(gauges["net"]["used"]),
        "gross_ppm": ppm(gauges["gross"]["used"], equity),
        "positions": len(summary["positions"]),
        "funded": len(summary["funded"]),
        "agents": len(about["agents"]),
        "unknown": summary["unknown"],
        "head": {"seq": str(summary["seq"]), "ord": str(summary["ord"]), "digest": summary["digest"]},
        "seq": str(mirror.head),
        "feed": {**feed, "time": str(feed["time"]), "available": str(feed["available"])},
        "quarantined": len(pulse["quarantined"]),
        "kill_file": (mirror.folder / KILL).exists(),
        "boot": pulse["vitals"]["boot"],
        "vitals": {name: str(value) for name, value in pulse["vitals"].items()},
        "commit_ms": _mean_ms(pulse["timings"]["commit"]),
        "cycle_ms": _mean_ms(pulse["timings"]["cycle"]),
        "tally": {name: str(n) for name, n in mirror.read("SELECT name, n FROM tally")},
        "engine": engine(mirror),
        "now": str(time.time_ns()),
    }


def equity(mirror: Mirror, cursor: int | None, limit: int, every: int, by_agent: bool) -> dict[str, Any]:
    """Bars in order of time, those after a seq, every so many of them and the newest."""
    names = names_of(mirror)
    columns = (
        "bar, seq, ts, state, equity, cash, treasury, traded, fees, slippage, peak, gross, net, breaches"
    )
    rows = mirror.read(
        f"SELECT {columns} FROM bar WHERE seq > ? AND (bar % ? = 0 OR bar = (SELECT max(bar) FROM bar))"
        " ORDER BY bar LIMIT ?",
        (cursor or 0, every, limit),
    )
    own: dict[int, dict[str, Any]] = {}
    if by_agent and rows:
        marks = ", ".join("?" * len(rows))
        for at, index, worth in mirror.read(
            f"SELECT bar, agent, equity FROM agent_bar WHERE bar IN ({marks})", tuple(row[0] for row in rows)
        ):
            own.setdefault(at, {})[str(names.agent(index))] = cash(worth)
    found = []
    for (
        at,
        seq,
        ts,
        trading,
        worth,
        free,
        treasury,
        traded,
        fees,
        slippage,
        peak,
        gross,
        net,
        breaches,
    ) in rows:
        one = {
            "bar": at,
            "seq": str(seq),
            "ts": str(ts),
            "state": trading,
            "equity": cash(worth),
            "cash": cash(free),
            "treasury": cash(treasury),
            "traded": cash(traded),
            "fees": cash(fees),
            "slippage": cash(slippage),
            "peak": cash(peak),
            "drawdown_ppm": ppm(worth - peak, peak),
            "gross": cash(gross),
            "net": cash(net),
            "breaches": breaches,
        }
        found.append(one | ({"agents": own.get(at, {})} if by_agent else {}))
    return {"rows": found, "next": str(rows[-1][1]) if len(rows) == limit else None}


def marks_of(mirror: Mirror, count: int) -> list[int]:
    """(N,) ticks each instrument was last marked at; 0 = never."""
    marks = [0] * count
    for (data,) in mirror.read("SELECT close FROM price ORDER BY bar DESC LIMIT 20"):
        marks = [mark or close for mark, close in zip(marks, ints_of(data), strict=True)]
        if all(marks):
            break
    return marks


def _mean_ms(timing: dict[str, Any]) -> str | None:
    count = sum(timing["counts"])
    return f"{timing['total_s'] * 1_000 / count:.2f}" if count else None


def values_of(values: Any) -> dict[str, Any]:
    """An event's fields by name."""
    return {name: text(value) for name, value in values._asdict().items()}
