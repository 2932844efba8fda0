"""Ablations: the contest without one of its parts, and with choices made at random, paired day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl.contest.again import Estimate, Paired, changed, estimate, run_again
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_run import ContestRun
from quantrl.contest.evaluate.tables import BOOK, EQUAL, Tables
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

SEEDS = 20
FOLDER = "ablate"
_RESEARCH = ("plan", "act", "signal", "judge")


@dataclass(frozen=True)
class Variant:
    """One ablation.

    Parameters
    ----------
    name : str
    summary : str
        What is different, for tables.
    changes : dict of str to Any, optional
        Fields of ``contest``; without them the recorded run is read under another engine.
    asks : tuple of str
        Tasks whose questions change.
    book : str
        The account that is compared.
    """

    name: str
    summary: str
    changes: dict[str, Any] | None = None
    asks: tuple[str, ...] = ()
    book: str = BOOK
    seeded: bool = False


_NO_JUDGE = {"judges": {"use": "off"}}
_ALL = {"context": {"name": "all", "params": {}}}
_SHALLOW = {"deep_research": False}
VARIANTS = {
    one.name: one
    for one in (
        Variant("no-judge", "nobody judges", _NO_JUDGE),
        Variant("no-data-contest", "every factor is read", _ALL, _RESEARCH),
        Variant("no-research-contest", "all with equal capital", book=EQUAL),
        Variant(
            "no-deep-research", "one question instead of plan and look-ups", _SHALLOW, ("signal", "judge")
        ),
        Variant("none", "none of the four", {**_NO_JUDGE, **_ALL, **_SHALLOW}, ("signal",), EQUAL),
        Variant("random-research", "capital by lot", book="random:", seeded=True),
        Variant("random-data", "factors by lot", {}, _RESEARCH, seeded=True),
    )
}


@dataclass(frozen=True)
class Ablation:
    """What each part is worth here.

    Attributes
    ----------
    json : dict
        ``days``, ``sharpe`` of the whole, and ``rows`` of ``variant summary runs sharpe difference calls usd`` where
        `difference` is the Sharpe ratio of the whole less that without the part.
    """

    json: JsonObject


def plan(run: ContestRun, variants: Sequence[str] = (), seeds: int = SEEDS) -> list[Estimate]:
    """What the ablations will ask, before anything is asked.

    Raises
    ------
    ConfigError
        No such variant, or fewer than 1 seed.
    """
    if seeds < 1:
        raise ConfigError(f"seeds: expected at least 1, got {seeds}")
    calls = run.tables.calls
    return [
        estimate(one.name, calls, _runs(one, seeds), one.asks)
        for one in (_variant(name) for name in variants or VARIANTS)
    ]


def ablate(
    run: ContestRun,
    variants: Sequence[str] = (),
    *,
    seeds: int = SEEDS,
    threads: int = 1,
    tell: Callable[[str], None] = lambda name: None,
) -> Ablation:
    """Run the contest without its parts and compare.

    Parameters
    ----------
    run : ContestRun
        Runs of the variants are kept below its folder and gone on with.
    variants : sequence of str
        Out of `VARIANTS`; all by default.
    seeds : int
        Of the random ones.
    threads : int
    tell : callable
        Told of each run before it starts.

    Raises
    ------
    ConfigError
        No such variant, or the run has fewer random accounts than `seeds`.
    QuantrlError
        What a run raises.
    """
    chosen = [_variant(name) for name in variants or VARIANTS]
    base = run.tables
    nets: dict[str, FloatArray] = {BOOK: base.column(BOOK)}
    names: dict[str, list[str]] = {}
    asked = {one.name: one for one in plan(run, variants, seeds)}
    for one in chosen:
        made = _books(run, one, seeds, threads, tell)
        nets |= made
        names[one.name] = list(made)
    paired = Paired.of(nets, base.summary.periods_per_year, base.summary.settings.seed)
    rows = [
        {
            "variant": one.name,
            "summary": one.summary,
            "runs": asked[one.name].runs,
            "seeds": len(names[one.name]) if one.seeded else None,
            "sharpe": paired.sharpe(names[one.name]),
            "difference": paired.less(names[one.name]).json(),
            "calls": asked[one.name].calls,
            "usd": asked[one.name].usd,
        }
        for one in chosen
    ]
    return Ablation(
        {"run": run.folder.name, "days": base.n_days, "sharpe": paired.sharpe([BOOK]), "rows": rows}
    )


def _books(
    run: ContestRun, variant: Variant, seeds: int, threads: int, tell: Callable[[str], None]
) -> dict[str, FloatArray]:
    """Net returns of the compared account of every run of a variant."""
    if variant.changes is None:
        accounts = [f"{variant.book}{seed}" for seed in range(seeds)] if variant.seeded else [variant.book]
        missing = next((name for name in accounts if name not in run.tables.engines), None)
        if missing is not None:
            raise ConfigError(f"seeds: the run has no account {missing!r}; ask for fewer")
        return {f"{variant.name}:{name}": run.tables.column(name) for name in accounts}
    found = {}
    for place in range(_runs(variant, seeds)):
        name = f"{variant.name}-{place}" if variant.seeded else variant.name
        tell(name)
        config = _without(run.config, variant, place)
        made = run_again(run, config, run.folder / FOLDER / name, threads=threads)
        found[name] = Tables.read(made.folder).column(variant.book)
    return found


def _without(config: ContestConfig, variant: Variant, seed: int) -> ContestConfig:
    contest = config.contest.model_dump(exclude_unset=True)
    changes = variant.changes or {"context": {"name": "random", "params": {"seed": seed}}}
    for name, value in changes.items():
        below = contest.get(name)
        contest[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return changed(config, contest=contest)


def _runs(variant: Variant, seeds: int) -> int:
    if variant.changes is None:
        return 0
    return seeds if variant.seeded else 1


def _variant(name: str) -> Variant:
    if name not in VARIANTS:
        raise ConfigError(f"variants: expected some of {', '.join(VARIANTS)}, got {name!r}")
    return VARIANTS[name]


def folder_of(run: ContestRun) -> Path:
    """Where the runs of the variants are."""
    return run.folder / FOLDER
