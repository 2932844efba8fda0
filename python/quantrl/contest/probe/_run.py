"""A probe run in a folder of its own below the run it probes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from quantrl.contest.ablate._run import recorded
from quantrl.contest.config import ContestConfig
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.opens import SAMPLE_OPENS
from quantrl.contest.probe._hide import hide, hide_figures
from quantrl.contest.probe._turn import turn
from quantrl.contest.probe.comparison import Probe, compare
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun

KINDS = ("hide", "turn")
FOLDER = "probe"
WEEKS = 52 * 4
"""Four years: leap days fall as they did, so that the seasons stay."""


def probe(run: ContestRun, kind: str, *, weeks: int = WEEKS, people: Iterable[str] = ()) -> Probe:
    """Run the contest on changed input and compare.

    Parameters
    ----------
    run : ContestRun
    kind : {'hide', 'turn'}
        (a) names, tickers and people hidden, dates moved, prices from 100; (b) words of praise and blame turned round.
    weeks : int
        For ``hide``.
    people : iterable of str
        For ``hide``: full names to hide.

    Raises
    ------
    ConfigError
        Another kind.
    LLMError, BudgetExceeded
        The run could not be ended; the same call goes on with it.
    """
    from quantrl.contest.contest_trade import ContestTrade

    if kind not in KINDS:
        raise ConfigError(f"probe: expected one of {', '.join(KINDS)}, got {kind!r}")
    config, panel, docs, reveal = run.config, run.panel, turn(run.docs), None
    figures = run.fundamentals
    if kind == "hide":
        hidden = hide(run.panel, run.docs, weeks=weeks, people=people)
        config, panel, docs, reveal = (
            moved(run.config, weeks, run.panel.source),
            hidden.panel,
            hidden.docs,
            hidden.pseudonyms.reveal,
        )
        figures = figures and hide_figures(figures, hidden.pseudonyms, weeks)
    contest = ContestTrade(config, llms=run.llms, root=run.root)
    out = run.folder / FOLDER / kind
    made = contest.run(panel, docs, fundamentals=figures, out=out, fork=recorded(run))
    return compare(Tables.read(run.folder), Tables.read(made.folder), kind=kind, reveal=reveal)


def moved(config: ContestConfig, weeks: int, source: str = "") -> ContestConfig:
    """The config with every date of it moved, and the open time said that the name of a sample stands for."""
    step = dt.timedelta(weeks=weeks)

    def date(text: str) -> str:
        return (dt.date.fromisoformat(text) + step).isoformat()

    span = config.calibration
    calibration = span and span.model_copy(update={"start": date(span.start), "end": date(span.end)})
    known = (at for name, at in SAMPLE_OPENS.items() if source.startswith(name))
    return config.model_copy(
        update={
            "start": date(config.start),
            "end": date(config.end),
            "calibration": calibration,
            "open_time": config.open_time or next(known, None),
        }
    )
