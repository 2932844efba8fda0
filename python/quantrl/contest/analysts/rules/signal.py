"""Signals on the symbols with the strongest scores, each with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.rules._belief import Opinion, Rule, opinions, sayings, tone

_CITED = 4


def answer(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Buys and sells by size of the score, above the threshold, on symbols something shown is about."""
    rule = Rule.of(payload["rule"])
    limits: Mapping[str, int] = payload["limits"]
    shown = _by_symbol(payload)
    closed = set(payload.get("not_tradable", ()))
    found = [
        opinion
        for opinion in opinions(payload, rule)
        if abs(opinion.score) >= rule.threshold and opinion.symbol in shown and opinion.symbol not in closed
    ]
    buys = [opinion for opinion in found if opinion.score > 0][: rule.buys]
    sells = [opinion for opinion in found if opinion.score < 0][: rule.sells]
    chosen = [opinion for opinion in found if opinion in buys or opinion in sells][: limits["signals"]]
    signals = [_signal(opinion, shown[opinion.symbol], limits) for opinion in chosen]
    reason = (
        None
        if signals
        else f"no symbol with a score of {rule.threshold:g} or more that something shown is about"
    )
    return {"signals": signals, "abstain_reason": reason}


def _signal(opinion: Opinion, cited: list[tuple[int, str, str]], limits: Mapping[str, int]) -> dict[str, Any]:
    side = 1 if opinion.score > 0 else -1
    ordered = sorted(cited, key=lambda each: -side * each[0])[: min(_CITED, limits["evidence"])]
    return {
        "symbol": opinion.symbol,
        "action": "buy" if side > 0 else "sell",
        "probability": opinion.probability,
        "evidence": [{"ref": ref, "claim": claim[: limits["claim"]]} for _, ref, claim in ordered],
        "limitations": [each[: limits["limitation"]] for each in _limitations(opinion, cited)][
            : limits["limitations"]
        ],
    }


def _limitations(opinion: Opinion, cited: list[tuple[int, str, str]]) -> list[str]:
    side = 1 if opinion.score > 0 else -1
    parts = ", ".join(f"{name} {value:+.2f}" for name, value in opinion.parts.items())
    against = sum(side * rating < 0 for rating, _, _ in cited)
    notes = [f"A fixed weighting of {parts} knows no context.", "The price may hold all of it already."]
    if against:
        notes.insert(0, f"{against} of {len(cited)} pieces of evidence speak against it.")
    return notes


def _by_symbol(payload: Mapping[str, Any]) -> dict[str, list[tuple[int, str, str]]]:
    """(rating, id, claim) of all that is about a symbol."""
    shown: dict[str, list[tuple[int, str, str]]] = {}
    for ref, text, symbols, _ in sayings(payload):
        for symbol in symbols:
            shown.setdefault(symbol, []).append((tone(text), ref, text))
    for step in payload.get("steps", ()):
        if step["tool"] in ("doc_search", "factor_lines"):
            continue
        for symbol in step["about"]:
            shown.setdefault(symbol, []).append((0, step["id"], _claim(step, symbol)))
    return shown


def _claim(step: Mapping[str, Any], symbol: str) -> str:
    output, tool = step["output"], step["tool"]
    if tool == "screen":
        place = next(i for i, row in enumerate(output["rows"], 1) if row[0] == symbol)
        return (
            f"{symbol} is number {place} of {output['of']} by {output['by']}: {output['rows'][place - 1][1]}"
        )
    if tool == "price_stats":
        moved, volatility = output["change_pct"], output["volatility_pct"]
        return f"{symbol} moved {moved} % over {output['returns']} returns, volatility {volatility} %"
    figures = ", ".join(f"{row['name']} {row['value']:g}" for row in output.get("rows", ()))
    return f"{tool} of {symbol}: {figures}"
