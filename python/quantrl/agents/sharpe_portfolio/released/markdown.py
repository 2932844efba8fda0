"""The audit as Markdown, to close the results page of the agent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from quantrl.agents.sharpe_portfolio.released.baselines import Baseline
from quantrl.agents.sharpe_portfolio.released.item import number

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.audit import ReleasedAudit

_THANKS = """\
The authors of arXiv 2412.18563 published their training code, the daily record of a backtest and the series of their
baselines. We thank them for it: every figure below is computed from those files, and none could be without them."""

_CONVENTION = """\
Every Sharpe ratio in this section is that of log returns, times √252, over the population standard deviation. Log returns
follow the rule of the released code for the agent and for every control alike: wealth grows by exp(Σ w ln y), each trade
costs 25 bp of what it moves, and the first one is made from cash. Ratios elsewhere on this page are of simple returns. A
row whose input was not at hand says so."""

_NOT_READ = """\
Not read: the notebook that wrote this record. In two sibling notebooks of the same repository, those for ResNet with PPO
and for ViT with SAC, `predict` receives the observation of the reset at every step and draws the action at random; whether
this one does is not known to us. Its weights agree with a constant mean plus noise, which is an inference from the rows on
logits. The closing prices behind the relatives were not at hand either, nor were the dates after the end of the table of
relatives."""


def audit_markdown(audit: ReleasedAudit) -> str:
    """Section "What the released artefacts show" without its heading.

    Parameters
    ----------
    audit : ReleasedAudit
        From `audit_released`.

    Returns
    -------
    str
        Thanks, convention, the table, the baselines where there are any, and what was not read.
    """
    rows = [(item.item, item.published, item.found) for item in audit.items]
    parts = [_THANKS, _CONVENTION, _table(("Item", "Published or expected", "Found"), rows)]
    if audit.baselines is not None:
        parts += [_about(audit.baselines), _baselines(audit.baselines)]
    return "\n\n".join([*parts, _NOT_READ]) + "\n"


def _about(baselines: tuple[Baseline, ...]) -> str:
    return (
        f"The {len(baselines)} baselines in the table given, replayed from their own weights on the relatives of their "
        "dates; the last columns are the final value in their file, and the one where wealth earns w·y."
    )


def _baselines(baselines: tuple[Baseline, ...]) -> str:
    return _table(
        ("Baseline", "Dates", "Sharpe", "Largest error of the replay", "Published value", "Arithmetic value"),
        (
            (
                one.name,
                f"{one.first} to {one.last}",
                number(one.sharpe, 3),
                "absent: no relatives" if math.isnan(one.error) else f"{one.error:.1g}",
                number(one.published, 4),
                number(one.arithmetic, 4),
            )
            for one in baselines
        ),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rules = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in cells)} |" for cells in (header, rules, *rows))


def _cell(text: str) -> str:
    """Text from a file cannot end its cell, nor become markup."""
    return "".join(f"\\{char}" if char in "|`<>[]*_" else char for char in " ".join(text.split()))
