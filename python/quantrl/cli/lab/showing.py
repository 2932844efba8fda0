"""How the lab reads: tables for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table as Rich

if TYPE_CHECKING:
    from quantrl.selection.lab import Check, Rates, Table, Target, WhatIf
    from quantrl.selection.lab._table import Difference

CAVEAT = (
    "Skill here is constant, flips, takes turns or decays. Agents with short momentum could favour short windows: "
    "test on real pools. BestInHindsight knows what is to come and cannot be had."
)
ENOUGH = 60
APART = 3.0


def sharpe(made: Table, compared: Sequence[Difference]) -> list[RenderableType]:
    """Net Sharpe ratios, and how far they are from the published ones."""
    title = f"net Sharpe ratio, {made.seeds} pools each, seed {made.seed}, {made.days:,} days"
    table = Rich("rule")
    far = {(one.rule, one.pool) for one in compared if abs(one.standard_errors) > APART}
    for pool in made.pools:
        table.add_column(pool, justify="right")
    for rule in made.rules:
        cells = ((made.cells[rule, pool], (rule, pool) in far) for pool in made.pools)
        table.add_row(rule, *(number(cell.sharpe) + ("*" if apart else "") for cell, apart in cells))
    if not compared:
        return [title, table]
    return [title, table, distance(compared)]


def distance(compared: Sequence[Difference]) -> str:
    """In one sentence."""
    apart = [one.standard_errors for one in compared]
    root = math.sqrt(sum(value**2 for value in apart) / len(apart))
    worst = max(compared, key=lambda one: abs(one.standard_errors))
    return (
        f"beside the published table: {len(apart)} cells, root mean square {root:.2f} standard errors of the "
        f"difference, {sum(abs(value) > APART for value in apart)} beyond {APART:g}; farthest "
        f"{worst.rule} on {worst.pool}: {worst.here:.2f}, published {worst.published:.2f} "
        f"({worst.standard_errors:+.1f})"
    )


def more(made: Table) -> list[RenderableType]:
    """What else was measured on P1."""
    if "P1" not in made.pools:
        return []
    table = Rich("rule", title="P1", title_justify="left")
    for name in ("se", "p10", "precision", "tau", "turnover", "detection", "regret", "worst drawdown"):
        table.add_column(name, justify="right")
    for rule in made.rules:
        cell = made.cells[rule, "P1"]
        figures = (cell.se, cell.p10, cell.precision, cell.tau)
        rest = (number(cell.turnover, 1), number(cell.detection, 0), number(cell.regret))
        table.add_row(rule, *map(number, figures), *rest, f"{cell.drawdown:.0%}")
    return [table]


def bounds(found: Sequence[Target]) -> list[RenderableType]:
    """Targets of the default engine."""
    if not found:
        return []
    table = Rich("target of the default", title="targets", title_justify="left")
    for name in ("figure", "bound", "met"):
        table.add_column(name, justify="right")
    for one in found:
        bound = f"{'at least' if one.least else 'at most'} {one.bound:g}"
        table.add_row(one.name, number(one.figure), bound, "yes" if one.met else "NO")
    return [table]


def checked(found: Sequence[Check]) -> RenderableType:
    """One line a check."""
    table = Rich("check", "held", "what was seen", title="loud checks on P1", title_justify="left")
    for one in found:
        table.add_row(one.name, "yes" if one.passed else "NO", one.text)
    return table


def rates(found: Sequence[Rates]) -> RenderableType:
    """One line a kind and length."""
    title = "share of skill-free pools in which a test at 5 % finds something"
    table = Rich("pools", title=title, title_justify="left")
    for name in ("days", "runs", "StepM names", "SPA", "White", "e-process", "best alone", "limit", "held"):
        table.add_column(name, justify="right")
    for one in found:
        shares = (one.stepm, one.spa, one.white, one.evidence, one.best, one.limit)
        held = "yes" if one.passed else "NO"
        table.add_row(one.kind, str(one.days), str(one.runs), *(f"{v:.1%}" for v in shares), held)
    return table


def compared(found: Sequence[WhatIf]) -> RenderableType:
    """One line a pipeline, the one that ran first."""
    title = f"net of costs over {len(found[0].net):,} decisions, on paper; single comparisons"
    table = Rich("pipeline", title=title, title_justify="left")
    for name in (
        "Sharpe",
        "volatility",
        "max drawdown",
        "capital moved a year",
        f"less {found[0].name} [95 %]",
        "p",
    ):
        table.add_column(name, justify="right")
    for one in found:
        gap = "-" if math.isnan(one.gap) else f"{one.gap:+.2f} [{one.low:+.2f}, {one.high:+.2f}]"
        figures = (number(one.sharpe), f"{one.vol:.1%}", f"{one.drawdown:.1%}", number(one.turnover, 1))
        table.add_row(one.name, *figures, gap, number(one.p, 3))
    return table


def number(value: float, digits: int = 2) -> str:
    """A dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
