"""What did not work, in sentences; the results page begins with these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantrl.agents.sharpe_portfolio.evaluation.overfitting import LEAST_CONFIGURATIONS
from quantrl.agents.sharpe_portfolio.evaluation.wording import REASONS, amount, p_value, percent, ratio
from quantrl.typing import JsonObject


def negative(found: JsonObject) -> list[str]:
    """Sentences on one study, the weightiest first.

    Parameters
    ----------
    found : dict
        Contents of ``results.json``.
    """
    return [*_unbeaten(found), *_static(found), *_costs(found), *_aims(found), *_gaps(found)]


def negative_overall(groups: Sequence[JsonObject]) -> list[str]:
    """Sentences on the choice among configurations; `groups` as `overfitting` gives them."""
    said = []
    for group in groups:
        where = f"{group['name']}, {group['first']} to {group['last']}"
        if group["configurations"] < LEAST_CONFIGURATIONS:
            said.append(
                f"{where}: {group['configurations']} configurations are shown here; the probability of backtest "
                f"overfitting needs {LEAST_CONFIGURATIONS}."
            )
        elif group["pbo"] is not None and group["pbo"] >= 0.5:
            said.append(
                f"{where}: the best configuration of one half of the dates was in the lower half of the other in "
                f"{percent(group['pbo'])} of the splits; choosing it chose noise."
            )
    return said


def beaten(found: JsonObject) -> str:
    """Which baselines may be called beaten."""
    names = [row["label"] for row in found["baselines"] if row["name"] in found["beats"]]
    if not names:
        return "The agent beats no baseline at a Holm-adjusted p-value below 0.05."
    return f"Beats, at a Holm-adjusted p-value below 0.05: {'; '.join(names)}."


def moving(found: JsonObject) -> str:
    """Whether the policy may be called dynamic."""
    static, shuffled = found["controls"]["static_val"]["versus"], found["controls"]["shuffled"]
    word = "dynamic" if found["dynamic"] else "not dynamic"
    return (
        f"By the rule of this page the policy is {word}: the lower 95 % bound of its Sharpe ratio less that of its own "
        f"mean validation weights is {ratio(static['low'])} (above zero is needed), and it beats "
        f"{percent(shuffled['beaten'])} of {shuffled['n']} twins that see the market in another order (95 % is needed)."
    )


def _unbeaten(found: JsonObject) -> Iterator[str]:
    if not found["beats"]:
        yield beaten(found)
    behind = [row for row in found["baselines"] if (row["versus"]["value"] or 0.0) < 0.0]
    if behind:
        listed = "; ".join(f"{row['label']} ({ratio(row['versus']['value'])})" for row in behind)
        yield f"Sharpe ratio below that of: {listed}."
    open_ones = [
        row
        for row in found["baselines"]
        if row["name"] not in found["beats"] and (row["versus"]["value"] or 0) > 0
    ]
    if open_ones:
        listed = "; ".join(f"{row['label']} ({p_value(row['versus']['p_holm'])})" for row in open_ones)
        yield f"Ahead, but not beyond chance by the adjusted p-value: {listed}."


def _static(found: JsonObject) -> Iterator[str]:
    if not found["dynamic"]:
        yield moving(found)
    corners = found["controls"]["corners"]
    if corners["beaten"] is not None and corners["beaten"] < 0.95:
        yield f"It beats {percent(corners['beaten'])} of {corners['n']:,} static portfolios that know nothing."


def _costs(found: JsonObject) -> Iterator[str]:
    even = found["break_even"]
    if even is None:
        return
    if even["reason"] == "behind_without_costs":
        yield "It is behind equal weight even without costs."
    elif even["bps"] is not None:
        yield f"Its lead over equal weight is gone at {amount(even['bps'])} bp a side."
    elif even["reason"] == "undefined":
        yield f"Break-even cost against equal weight: {REASONS[even['reason']]}."


def _aims(found: JsonObject) -> Iterator[str]:
    for row in found["aims"]:
        if row["met"] is False:
            yield f"Aim missed: {_inside(row['aim'])} ({ratio(row['value'])}, needed {ratio(row['needed'])})."
        elif row["met"] is None:
            yield f"Aim not decided, a figure is missing: {_inside(row['aim'])}."


def _gaps(found: JsonObject) -> Iterator[str]:
    if found["missing"]:
        listed = "; ".join(f"fold {r['fold']} seed {r['seed']} ({r['status']})" for r in found["missing"])
        yield f"Runs without a policy: {listed}."
    if found["absent"]:
        yield f"Baselines that could not run because skfolio is not installed: {', '.join(found['absent'])}."
    for row in found["baselines"]:
        if row["failures"]:
            yield f"{row['label']}: the solver failed {row['failures']} times and the last weights were held."
    if found["trials"]["unfinished"]:
        yield f"{found['trials']['unfinished']} of {found['trials']['n']} trials were not finished; all count."


def _inside(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
