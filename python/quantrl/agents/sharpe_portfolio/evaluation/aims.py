"""What the agent was meant to reach, set before it was trained; reported either way, never a gate."""

from __future__ import annotations

from quantrl.typing import JsonObject

LEAD = 0.10
SIMPLE = ("equal_weight_21", "inverse_vol", "min_variance_252")
CALM = "min_variance_252"
SURE = 0.95


def aims(found: JsonObject) -> list[JsonObject]:
    """A row per aim: ``aim``, ``value``, ``needed`` and ``met``; None where a figure is missing.

    Parameters
    ----------
    found : dict
        ``agent`` and ``baselines`` of a results file.
    """
    agent = found["agent"]
    rivals = {row["name"]: row for row in found["baselines"]}
    sharpes = [rivals[name]["summary"]["sharpe"] for name in SIMPLE if name in rivals]
    known = [value for value in sharpes if value is not None]
    equal = rivals.get("equal_weight_21", {"versus": {"low": None}})
    calm = rivals.get(CALM, {"summary": {"max_drawdown": None}})
    return [
        _aim(
            "Sharpe ratio 0.10 above the best of equal weight, inverse volatility and min variance",
            agent["summary"]["sharpe"],
            max(known) + LEAD if known else None,
        ),
        _aim(
            "Lower 95 % bound of the Sharpe difference to equal weight above zero",
            equal["versus"]["low"],
            0.0,
            strict=True,
        ),
        _aim(
            "Deepest drawdown no deeper than that of min variance",
            agent["summary"]["max_drawdown"],
            calm["summary"]["max_drawdown"],
        ),
        _aim("Deflated Sharpe ratio of at least 0.95", agent["dsr"], SURE),
    ]


def _aim(aim: str, value: float | None, needed: float | None, *, strict: bool = False) -> JsonObject:
    met = None if value is None or needed is None else (value > needed if strict else value >= needed)
    return {"aim": aim, "value": value, "needed": needed, "met": met}
