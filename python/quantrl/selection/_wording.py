"""Explanations as text."""

from __future__ import annotations

from typing import Any

from quantrl.typing import JsonObject

_SHOWN = 12


def decision(found: JsonObject) -> str:
    """A decision as a whole."""
    lines = [f"{found['date']}, decision {found['decision']} of {found['run']}", ""]
    funded = [a for a in found["agents"] if a["capital"]]
    if funded:
        lines.append(f"Funded ({len(funded)} of {found['slots']} slots):")
        lines += [
            f"  {a['agent']}: capital {a['capital']:.0%}, scale {a['scale']:.2f}, place {a['pos']}, "
            f"key {_number(a['key'], 4)}, P(top {found['slots']}) {_percent(a['p_top_k'])}"
            for a in funded
        ]
    else:
        lines.append("Nobody is funded: all cash.")
    lines += ["", *_runner_up(found["runner_up"])]
    waiting = [a for a in found["agents"] if not a["capital"]]
    if waiting:
        lines += ["", "Not funded:"]
        lines += [f"  {a['pos']:>3} {a['agent']}: {'; '.join(a['why'])}" for a in waiting[:_SHOWN]]
        if len(waiting) > _SHOWN:
            lines.append(f"  ... and {len(waiting) - _SHOWN} more")
    held = sorted(((w, n) for n, w in found["targets"].items() if w), reverse=True)
    if held:
        lines += ["", "Target weights: " + ", ".join(f"{name} {weight:.2%}" for weight, name in held)]
        lines.append(f"Cash: {1 - sum(weight for weight, _ in held):.2%}")
    lines += _moves(found["transitions"])
    lines += [f"Note: {warning}" for warning in found["warnings"]]
    return "\n".join(lines) + "\n"


def agent(found: JsonObject) -> str:
    """One agent at one decision."""
    lines = [f"{found['agent']} on {found['date']}, decision {found['decision']} of {found['run']}", ""]
    lines.append(f"State {found['state']}, capital {found['capital']:.0%}.")
    if "score" not in found:
        return "\n".join([*lines, *found["why"]]) + "\n"
    lines[-1] += f" Scale to the target volatility {found['scale']:.3f}."
    lines += [f"Not funded: {'; '.join(found['why'])}."] if found["why"] else []
    lines += ["", *_score(found), "", *_gates(found["gates"]), "", *_runner_up(found["runner_up"])]
    since = found["since_adoption"]
    if since:
        lines.append(
            f"Since {since['since']} ({since['rows']} matured rows): own account {since['own_return']:+.2%}, "
            f"its share of the book {since['contribution']:+.2%} of equity."
        )
    lines += _moves(found["transitions"][-_SHOWN:])
    given = "" if found["evidence_date"] in (None, found["date"]) else f", given on {found['evidence_date']}"
    lines += ["", f"Evidence of its own decision{given}:", *_evidence(found["evidence"])]
    return "\n".join(lines) + "\n"


def _score(found: JsonObject) -> list[str]:
    score, kth = found["score"], found["kth"]
    if score["post"] is None:
        return [f"No score yet: {score['rows']} rows, {score['acted']} scored."]
    lines = [
        f"Score: {score['rows']} rows ({score['acted']} scored, n_eff {_number(score['n_eff'], 1)}), "
        f"shrunken {score['post']:.4f} ± {score['sd']:.4f}",
        f"Key: {_key(score)}, place {found['pos']}, P(top K) {_percent(found['p_top_k'])}",
    ]
    if kth["agent"] is not None:
        lines.append(f"Last funded key: {kth['key']:.4f} ({kth['agent']}); difference {kth['gap']:+.4f}")
    return lines


def _key(score: JsonObject) -> str:
    if "ballots" in score:
        places = ", ".join(f"{place:g}" for place in score["ballots"])
        return f"{score['key']:.4f} of ballots that place it {places}"
    return f"{score['post']:.4f} + {score['bonus']:.4f} for being funded = {score['key']:.4f}"


def _gates(gates: JsonObject) -> list[str]:
    psr, cusum, fall = gates["psr"], gates["cusum"], gates["drawdown"]
    lines = [
        "Gates: " + ("open" if gates["ok"] else "closed by " + ", ".join(gates["reasons"])),
        f"  PSR {_number(psr['value'], 3)}, needs {_number(psr['need'], 2)} (margin {_number(psr['margin'], 3)})",
        f"  CUSUM {_number(cusum['value'], 2)}, {_cut(cusum['cut'], 'g')} "
        f"(margin {_number(cusum['margin'], 2)}{'' if cusum['acts'] else ', acts only on funded agents'})",
        f"  drawdown {_percent(fall['value'])}, {_cut(fall['cut'], '.1%')}"
        f"{'' if fall['acts'] else ', acts only on funded agents'}",
    ]
    if gates["copies"]:
        lines.append(
            f"  moves with {', '.join(gates['copies'])}; only one of them may be funded: {gates['original']}"
        )
    if gates["failed_now"]:
        lines.append("  its decision failed: it keeps what it holds")
    return lines


def _runner_up(found: JsonObject | None) -> list[str]:
    if found is None:
        return ["No runner-up."]
    gap = found["key_gap"]
    return [
        f"Runner-up: {found['agent']}" + ("" if gap is None else f", {gap:.4f} behind the last funded key")
    ]


def _moves(moves: list[JsonObject]) -> list[str]:
    if not moves:
        return []
    return [
        "",
        "Changes of state:",
        *(f"  {m['date']} {m['agent']}: {m['from']} -> {m['to']} ({m['why']})" for m in moves),
    ]


def _evidence(found: list[JsonObject] | str) -> list[str]:
    if isinstance(found, str):
        return [f"  {found}"]
    return [
        f"  {e['kind']} {e['name']} = {_value(e['value'])}" + (f" ({e['source']})" if e["source"] else "")
        for e in found
    ]


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(value: float | None, digits: int) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"


def _cut(value: float | None, form: str) -> str:
    return "no cut" if value is None else f"cut at {value:{form}}"


def _percent(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.0%}"
