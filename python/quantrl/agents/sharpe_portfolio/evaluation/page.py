"""The results page, from ``results.json`` alone: negative findings first, then every figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from quantrl.agents.sharpe_portfolio.evaluation import sections
from quantrl.agents.sharpe_portfolio.evaluation.findings import beaten, moving, negative, negative_overall
from quantrl.agents.sharpe_portfolio.evaluation.overfitting import overfitting
from quantrl.agents.sharpe_portfolio.evaluation.wording import p_value, ratio, table
from quantrl.typing import JsonObject

_INTRODUCTION = """\
Every figure on this page is read from the `results.json` of the runs named below; `quantrl evaluate RUN --page FILE` writes
it. Policies are trained on the past of each fold, chosen on its validation rows and judged on test rows that training never
read. What is deployed is the mean of the seeds' target weights. Agent, controls and baselines trade the same dates in the
same engine at the same costs; returns are simple, after costs, and labelled with the date of the price they end on.
Intervals are 95 %, from the stationary bootstrap on joint rows; p-values are one-sided and adjusted by Holm over the
baselines. "Beats" needs an adjusted p-value below 0.05."""


def results_page(results: Sequence[JsonObject], audit: str | None = None) -> str:
    """Markdown of ``docs/results/sharpe_portfolio.md``.

    Parameters
    ----------
    results : sequence of dict
        Contents of ``results.json``, one per configuration and data set, in the order shown.
    audit : str, optional
        Section on the released artefacts, without its heading.

    Returns
    -------
    str
    """
    groups = overfitting(results)
    parts = [
        "# Sharpe portfolio: results",
        _INTRODUCTION,
        "## Negative findings",
        _negatives(results, groups),
    ]
    for found in results:
        parts += [f"## {title(found)}", *_study(found)]
    parts += ["## Choice among configurations", _overfitting(groups)]
    if audit is not None:
        parts += ["## What the released artefacts show", audit.strip()]
    return "\n\n".join(parts) + "\n"


def title(found: JsonObject) -> str:
    """What a study is called: its run, and how it was trained."""
    train = found["run"]["train"]
    return f"{found['run']['id']}: {train['algo']} {train['net']}, {found['env']['reward']}"


def _negatives(results: Sequence[JsonObject], groups: Sequence[JsonObject]) -> str:
    lines = []
    for found in results:
        said = negative(found)
        lines.append(f"**{title(found)}**" + ("" if said else ": none of the checks on this page failed."))
        lines += [f"- {sentence}" for sentence in said]
        lines.append("")
    return "\n".join([*lines, *(f"- {sentence}" for sentence in negative_overall(groups))]).strip()


def _study(found: JsonObject) -> list[str]:
    return [
        sections.origin(found),
        f"{beaten(found)} {moving(found)}",
        "### Agent and baselines",
        sections.rivals(found),
        "### Controls",
        sections.controls(found),
        sections.crowds(found),
        "### Other costs",
        sections.sweep(found),
        "### Folds and seeds",
        sections.pooled(found),
        sections.folds(found),
        sections.seeds(found),
        "### Trials",
        sections.trials(found),
        "### Aims",
        sections.aims(found),
        "### What the policies do",
        sections.diagnostics(found),
    ]


def _overfitting(groups: Sequence[JsonObject]) -> str:
    return table(
        ("Data and dates", "Configurations", "Bars", "Overfitting probability", "Slope", "Loss probability"),
        (
            (
                f"{row['name']}, {row['first']} to {row['last']}",
                f"{row['configurations']}",
                f"{row['bars']:,}",
                p_value(row["pbo"]),
                ratio(row["slope"]),
                p_value(row["loss"]),
            )
            for row in groups
        ),
    )
