"""Limits, locks and refusals, as the API tells them."""

from __future__ import annotations

from typing import Any

from quantrl.live.api.amounts import Names, cash, ppm, side
from quantrl.live.api.book_tables import engine, names_of, pulse_of
from quantrl.live.api.mirror import Mirror
from quantrl.live.gauges import CASH
from quantrl.live.locks import FOREVER
from quantrl.live.risk import ACCOUNT, GATES
from quantrl.live.vocabulary import Scope

_NAMES = {gate.code: gate.name for gate in GATES}


def risk(mirror: Mirror) -> dict[str, Any]:
    """Every limit and its use, what is quarantined, and refusals by gate."""
    names, pulse = names_of(mirror), pulse_of(mirror)
    refused = mirror.read("SELECT code, scope, agent, n, last FROM refusal ORDER BY code, n DESC")
    codes: dict[int, dict[str, Any]] = {}
    for code, scope, agent, n, last in refused:
        entry = codes.setdefault(
            code, {"gate": code, "name": _NAMES.get(code, ""), "n": 0, "last": 0, "agents": []}
        )
        entry["n"] += n
        entry["last"] = max(entry["last"], last)
        who = "account" if scope == ACCOUNT else names.agent(agent)
        entry["agents"].append({"agent": who, "n": str(n)})
    return {
        "gates": [_gauge(one) for one in pulse["gauges"]],
        "quarantined": [
            {"instrument": names.symbol(int(inst)), "reason": why}
            for inst, why in pulse["quarantined"].items()
        ],
        "refusals": [{**one, "n": str(one["n"]), "last": str(one["last"])} for one in codes.values()],
        "state": pulse["summary"]["state"],
        "reason": pulse["summary"]["reason"],
        "engine": engine(mirror),
    }


def locks(mirror: Mirror) -> dict[str, Any]:
    """Locks in force."""
    names = names_of(mirror)
    return {"rows": [_lock(names, *lock) for lock in pulse_of(mirror)["locks"]]}


def feed(mirror: Mirror) -> dict[str, Any]:
    """Where the feed is, how fast, and what it lacks."""
    pulse = pulse_of(mirror)
    told, about = pulse["feed"], mirror.about or {}
    ((traded, slippage, fees),) = mirror.read(
        "SELECT ifnull(sum(traded), 0), ifnull(sum(slippage), 0), ifnull(sum(fees), 0) FROM bar"
    )
    return {
        **told,
        "time": str(told["time"]),
        "available": str(told["available"]),
        "kind": about["feed"],
        "bars": about["bars"],
        "fill": about["fill"],
        "instruments": [
            {
                "symbol": one["symbol"],
                "lot": one["lot"],
                "tick": {"n": str(one["step"]), "scale": one["scale"]},
            }
            for one in about["instruments"]
        ],
        "traded": cash(traded),
        "slippage": cash(slippage),
        "fees": cash(fees),
        "slippage_ppm": ppm(slippage, traded),
        "engine": engine(mirror),
    }


def _gauge(one: dict[str, Any]) -> dict[str, Any]:
    money, limit, used = one["unit"] == CASH, one["limit"], one["used"]
    shown = cash if money else str
    share = None if used is None or one["unit"] == "flag" else ppm(used, limit)
    return {
        **one,
        "limit": shown(limit),
        "used": None if used is None else shown(used),
        "use_ppm": share,
        "ok": _ok(one),
    }


def _ok(one: dict[str, Any]) -> bool:
    used, limit = one["used"], one["limit"]
    if used is None:
        return True
    return bool(used == limit if one["unit"] == "flag" else used <= limit)


def _lock(names: Names, scope: int, key: str, way: int, reason: str, until: int) -> dict[str, Any]:
    parts = [int(part) for part in key.split(":")] if key else []
    agent = parts[0] if scope in (Scope.AGENT, Scope.AGENT_INSTRUMENT) else -1
    inst = parts[-1] if scope in (Scope.INSTRUMENT, Scope.AGENT_INSTRUMENT) else -1
    return {
        "scope": Scope(scope).name,
        "agent": names.agent(agent),
        "instrument": names.symbol(inst),
        "side": side(way),
        "reason": reason,
        "until": None if until == FOREVER else str(until),
    }
