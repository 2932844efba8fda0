"""The results page, generated from results alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quantrl.runs import write_json

NAME = "dqn_statarb"
_ORDER = ("random_matched", "ou_optimal", "gatev", "z_rule", "hold_spread", "flat")
_HEAD = """# dqn_statarb

Generated from the files in [dqn_statarb](dqn_statarb) by `quantrl evaluate RUN ... --page FILE`. A reimplementation in the spirit of
arXiv 2311.10718, whose text has no data, code or numbers: everything concrete is ours. Simulated spreads only; nothing here says that
any of it makes money on prices.

A value is a long-run mean per unit of kappa s, by conditional means of what each position may expect to earn, less the costs paid; the
optimum is exact, by dynamic programming on the same clock. Means are corrected by what the optimal rule met on the same spreads of the
exact world (regression on a control variate), so that luck of the paths is not skill.
"""


def results_page(results: Sequence[Mapping[str, Any]]) -> str:
    """Markdown of several evaluations: what fell short first, then the ratios, the rules and how it was made."""
    parts = [_HEAD, *_shortfalls(results), *_truth(results), *_rules(results), *_made(results)]
    return "\n".join(parts) + "\n"


def keep(results: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the page and the figures behind it, one file an evaluation."""
    below = folder / NAME
    below.mkdir(parents=True, exist_ok=True)
    for found in results:
        pair = found["pair"]
        write_json(below / f"{pair['venue']}-{pair['cost']:g}.json", dict(found))
    (folder / f"{NAME}.md").write_text(results_page(results), encoding="utf-8")


def _name(found: Mapping[str, Any]) -> str:
    pair, train = found["pair"], found["train"]
    extra = [
        pair[key]
        for key, usual in (("features", "core"), ("z", "known"), ("hedge", "fixed"))
        if pair[key] != usual
    ]
    return ", ".join([pair["venue"], train["algo"], *extra])


def _shortfalls(results: Iterable[Mapping[str, Any]]) -> list[str]:
    said = ["## What fell short", ""]
    for found in results:
        name, cost = _name(found), found["pair"]["cost"]
        ended = [run for run in found["runs"] if run["status"] != "done"]
        if ended:
            said.append(
                f"- {name}, k = {cost:g} s: {len(ended)} of {len(found['runs'])} runs did not end as done."
            )
        if found["optimum"] is None:
            said.append(f"- {name}, k = {cost:g} s: no edge. The spread is a random walk.")
        elif found["ratio"] is not None and found["ratio"]["low"] < 1.0:
            low = found["ratio"]
            said.append(
                f"- {name}, k = {cost:g} s: {1 - low['iqm']:.1%} of the optimum is missed, "
                f"{1 - low['worst']:.1%} by the worst seed."
            )
    return [*said, ""]


def _truth(results: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = [
        "## Share of the optimum",
        "",
        "| world | k / s | optimum | IQM of seeds | 95 % interval | worst seed | mean of seeds' Q | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in results:
        best, ratio, own = found["optimum"], found["ratio"], found["deployed"]
        if best is None or ratio is None or own is None:
            continue
        rows.append(
            f"| {_name(found)} | {found['pair']['cost']:g} | {best['value']:.4f} | {ratio['iqm']:.3f} | "
            f"{ratio['low']:.3f} to {ratio['high']:.3f} | {ratio['worst']:.3f} | {own['ratio']:.3f} | {ratio['n']} |"
        )
    return [*rows, ""]


def _rules(results: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = [
        "## Rules and luck on the same paths, as shares of the optimum",
        "",
        "| world | k / s | " + " | ".join(_ORDER) + " |",
        "|---|---|" + "---|" * len(_ORDER),
    ]
    for found in results:
        ratios = {row["name"]: row["ratio"] for row in found["baselines"]}
        cells = ["" if ratios.get(name) is None else f"{ratios[name]:+.3f}" for name in _ORDER]
        rows.append(f"| {_name(found)} | {found['pair']['cost']:g} | " + " | ".join(cells) + " |")
    said = (
        "`ou_optimal` fits kappa and s on paths of its own and turns at the threshold of theory; `random_matched` switches as often as "
        "the policy and sees nothing."
    )
    return [*rows, "", said, ""]


def _made(results: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = [
        "## How it was made",
        "",
        "| world | k / s | run | command | steps | trials on these data |",
        "|---|---|---|---|---|---|",
    ]
    for found in results:
        trials = (found["trials"] or {}).get("on_data", "")
        rows.append(
            f"| {_name(found)} | {found['pair']['cost']:g} | {found['run']} | `{found['train_command']}` | "
            f"{found['train']['steps']:,} | {trials} |"
        )
    return rows
