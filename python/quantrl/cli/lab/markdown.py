"""The results page of the lab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantrl.cli.lab.showing import CAVEAT, distance, number

if TYPE_CHECKING:
    from quantrl.selection.lab import Check, Rates, Table

_DEFAULT, _HINDSIGHT = "default", "BestInHindsight"


def page(seen: Table, fresh: Table, close: Table, checks: Sequence[Check], rates: Sequence[Rates]) -> str:
    """Markdown, the same for the same numbers."""
    from quantrl.selection import lab

    parts = [
        "# Selection on pools of known skill\n",
        f"`quantrl lab page --seeds {seen.seeds} --many {close.seeds} --runs {rates[0].runs}` "
        f"writes this page. {seen.seeds} pools of each "
        f"kind, {seen.days:,} days, net of 5 bp of what changes hands, every agent scaled to 10 % a year. Settings were "
        f"chosen on seed {seen.seed} of the published table's own pools; seed {fresh.seed} is fresh. The pools here are "
        "other draws of the same law, addressed by seed, so that figures repeat to the last bit on any number of threads.\n",
        "On the pools of the published table themselves every cell is met to .01 and its rounding, but for Hedge and "
        "FixedShare on P5, where agents arrive: `tests/selection/lab/test_published.py`, in full under `make gates "
        "ONLY=selection`. Ideas that were tried to better the default: [selection_tried.md](selection_tried.md).\n",
        f"{CAVEAT}\n",
        *(_table(one, lab.REFERENCE if one is seen else lab.FRESH) for one in (seen, fresh)),
        _mixed(fresh),
        _targets(fresh),
        f"What {fresh.seeds} pools leave open {close.seeds:,} settle, of the same seed:\n",
        _mixed(close),
        _losses(fresh),
        "## Loud checks\n\nOn P1: what a leak, a gamer or a relabelling would change.\n",
        "| check | held | what was seen |",
        "|---|---|---|",
        *(f"| {one.name} | {'yes' if one.passed else '**no**'} | {one.text} |" for one in checks),
        "",
        _rates(rates),
    ]
    return "\n".join(parts) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(made: Table, reference: object) -> str:
    from quantrl.selection.lab import Reference

    assert isinstance(reference, Reference)
    compared = made.compare(reference)
    apart = {(one.rule, one.pool): one.standard_errors for one in compared}
    lines = [
        f"## Net Sharpe ratio, seed {made.seed}\n",
        f"In brackets the distance to the published figure in standard errors of the difference; {distance(compared)}. "
        "Hedge and FixedShare give a newcomer "
        "an N-th of the leader's weight.\n",
        _row(["rule", *made.pools]),
        "|---|" + "---:|" * len(made.pools),
    ]
    for rule in made.rules:
        cells = []
        for pool in made.pools:
            shown = number(made.cells[rule, pool].sharpe)
            away = apart.get((rule, pool))
            cells.append(shown if away is None else f"{shown} ({away:+.1f})")
        lines.append(_row([rule, *cells]))
    return "\n".join(lines) + "\n"


def _mixed(made: Table) -> str:
    names = (
        "se",
        "p10",
        "precision",
        "tau",
        "turnover a year",
        "detection, days",
        "regret",
        "worst drawdown",
    )
    lines = [
        f"## More on P1, seed {made.seed}, {made.seeds:,} pools\n",
        _row(["rule", *names]),
        "|---|" + "---:|" * len(names),
    ]
    for rule in made.rules:
        cell = made.cells[rule, "P1"]
        figures = [number(v) for v in (cell.sharpe, cell.se, cell.p10, cell.precision, cell.tau)]
        figures += [
            number(cell.turnover, 1),
            number(cell.detection, 0),
            number(cell.regret),
            f"{cell.drawdown:.0%}",
        ]
        lines.append(_row([rule, *figures]))
    return "\n".join(lines) + "\n"


def _targets(made: Table) -> str:
    from quantrl.selection.lab import targets

    lines = [
        f"## Targets of the default engine, seed {made.seed}\n",
        "| figure | value | bound | met |",
        "|---|---:|---:|---|",
    ]
    for one in targets(made):
        bound = f"{'>=' if one.least else '<='} {one.bound:g}"
        lines.append(_row([one.name, number(one.figure), bound, "yes" if one.met else "**no**"]))
    return "\n".join(lines) + "\n"


def _losses(made: Table) -> str:
    """Who earns more than the default, by pool."""
    lines = [
        "## Where the default does not win\n",
        f"Rules with a higher mean on the same pools of seed {made.seed}, hindsight left out. Differences under .1 "
        f"are noise at {made.seeds} pools.\n",
    ]
    for pool in made.pools:
        mine = made.cells[_DEFAULT, pool].sharpe
        better = [
            (made.cells[rule, pool].sharpe - mine, rule)
            for rule in made.rules
            if rule not in (_DEFAULT, _HINDSIGHT) and made.cells[rule, pool].sharpe > mine
        ]
        shown = ", ".join(f"{rule} +{gap:.2f}" for gap, rule in sorted(better, reverse=True)) or "nobody"
        lines.append(f"- **{pool}** ({number(mine)}): {shown}")
    return "\n".join(lines) + "\n"


def _rates(rates: Sequence[Rates]) -> str:
    lines = [
        "## Skill claimed where there is none\n",
        "Share of skill-free pools in which a test at 5 % against cash finds something. Only StepM names may be "
        'called skill; "best alone" is what looking at the winner without correction would claim.\n',
        "| pools | days | runs | StepM names | SPA | White | e-process | best alone | held |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for one in rates:
        shares = (one.stepm, one.spa, one.white, one.evidence, one.best)
        held = "yes" if one.passed else "**no**"
        lines.append(_row([one.kind, str(one.days), str(one.runs), *(f"{v:.1%}" for v in shares), held]))
    return "\n".join(lines)
