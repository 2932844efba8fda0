"""Variants run one after the other, each in a folder of its own below the whole contest's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.contest.ablate.comparison import Comparison, compare
from quantrl.contest.ablate.variant import NAMES, Variant, variants
from quantrl.contest.evaluate.tables import Tables

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun

Progress = Callable[[int, int, str], None]
FOLDER = "ablate"


def ablate(
    run: ContestRun,
    names: Sequence[str] = NAMES,
    *,
    seeds: int = 20,
    progress: Progress | None = None,
) -> Comparison:
    """Run what the recorded rows do not answer, and compare.

    Parameters
    ----------
    run : ContestRun
        The whole contest; its record answers the questions that do not change.
    names : sequence of str
        Some of `variant.NAMES`.
    seeds : int
        Of each random choice, 20 or more.
    progress : callable, optional
        Told how many runs are done, of how many, and which comes next.

    Raises
    ------
    ConfigError
        An unknown variant, or too few seeds.
    LLMError, BudgetExceeded
        A run could not be ended; the same call goes on with it.
    """
    from quantrl.contest.contest_trade import ContestTrade

    chosen = variants(names, seeds=seeds)
    todo = [variant for variant in chosen if variant.reruns]
    base = Tables.read(run.folder)
    found: dict[Variant, Tables] = {variant: base for variant in chosen if not variant.reruns}
    for done, variant in enumerate(todo):
        if progress is not None:
            progress(done, len(todo), variant.label)
        contest = ContestTrade(variant.applied(run.config), llms=run.llms, root=run.root)
        made = contest.run(
            run.panel,
            run.docs,
            fundamentals=run.fundamentals,
            out=run.folder / FOLDER / variant.label,
            fork=recorded(run),
        )
        found[variant] = Tables.read(made.folder)
    return compare(base, _in_order(chosen, found))


def recorded(run: ContestRun) -> Path | None:
    """Where the run's recorded answers are; None where it kept none, as rules do not."""
    from quantrl.contest.analysts_of import RECORD

    return run.folder if (run.folder / RECORD).exists() else None


def _in_order(chosen: Sequence[Variant], found: Mapping[Variant, Tables]) -> dict[Variant, Tables]:
    return {variant: found[variant] for variant in chosen}
