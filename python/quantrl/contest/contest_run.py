"""A contest that has been run: its tables, and what can be asked of them without asking an agent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.figures import figures_of
from quantrl.contest.fundamentals import Fundamentals
from quantrl.contest.journal import Journal, Line, start
from quantrl.contest.llm.protocol import LLM
from quantrl.errors import RunError
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from quantrl.contest.evaluate.tables import Tables
    from quantrl.contest.reallocation import Reallocation
    from quantrl.data import Panel


@dataclass(frozen=True, eq=False)
class ContestRun:
    """What `ContestTrade.run` gives.

    Attributes
    ----------
    config : ContestConfig
    panel : Panel
    docs : DocumentStore
    folder : Path
    lines : list of Line
        The journal.
    status : {'done', 'partial', 'interrupted'}
    fundamentals : Fundamentals or None
    """

    config: ContestConfig
    panel: Panel
    docs: DocumentStore
    folder: Path
    lines: list[Line] = field(repr=False)
    status: str
    root: Path = Path("runs")
    llms: Mapping[str, LLM] | None = field(default=None, repr=False)
    fundamentals: Fundamentals | None = field(default=None, repr=False)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        panel: Panel,
        docs: DocumentStore,
        fundamentals: Fundamentals | None = None,
    ) -> ContestRun:
        """A run folder that was written before.

        Without `fundamentals` those its config names are read.

        Raises
        ------
        RunError, DataError, ConfigError
            No run, or one that was altered.
        """
        from quantrl.contest.folder import CONFIG, read_summary

        path = Path(folder)
        config = ContestConfig.read(path / CONFIG)
        try:
            status = str(read_summary(path)["status"])
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{path}: no finished contest: {error}") from None
        figures = figures_of(config, fundamentals)
        return cls(
            config, panel, docs, path, Journal.read(path), status, root=path.parent, fundamentals=figures
        )

    def digest(self) -> str:
        """Digest of every step of every day; neither time nor money is in it."""
        return self.lines[-1].head if self.lines else start()

    def replay(self, *, concurrency: int | None = None) -> ContestRun:
        """The contest again from its recorded answers, with no connection; equal, or an error that names the step.

        Raises
        ------
        ReplayMiss
            An answer is not recorded.
        ReplayMismatch
            A step came out otherwise.
        DataError
            A recorded answer was altered.
        """
        from quantrl.contest.contest_trade import ContestTrade

        again = ContestTrade(self.config, llms=self.llms, root=self.root)
        return again.repeat(self, self.folder / "replay", concurrency=concurrency)

    def reallocate(self, *, engine: str = "selection", threads: int = 1) -> Reallocation:
        """What another engine would have made of the recorded rows and answers.

        Parameters
        ----------
        engine : str
            ``paper``, ``selection``, ``equal``, ``best_past``, ``random:<seed>`` or ``alone:<agent>``.
        threads : int

        Raises
        ------
        ConfigError
            No such engine.
        """
        from quantrl.contest.reallocation import reallocate

        return reallocate(self, engine, threads=threads)

    @cached_property
    def tables(self) -> Tables:
        """Everything evaluation and report read."""
        from quantrl.contest.evaluate.tables import Tables

        return Tables.read(self.folder)

    @cached_property
    def _report(self) -> JsonObject:
        from quantrl.contest.report import build

        return build(self.tables)

    @property
    def verdict(self) -> str:
        """The result in one paragraph, with no more than its intervals allow."""
        return " ".join(self._report["verdict"])

    def table(self) -> pl.DataFrame:
        """Net results of the book, of the other engines, the baselines and every agent alone, with 95 % intervals."""
        rows = []
        for book in self._report["books"]:
            row: JsonObject = {"engine": book["name"], "label": book["label"]}
            for measure in ("total", "sharpe", "max_drawdown"):
                found = book["measures"][measure]
                row |= {
                    measure: found["value"],
                    f"{measure}_low": found["low"],
                    f"{measure}_high": found["high"],
                }
            rows.append(row | {"verdict": book["verdict"]})
        return pl.DataFrame(rows, infer_schema_length=None)

    def calibration(self) -> JsonObject:
        """Whether stated probabilities come true: Brier, skill, log score, reliability, and whether Platt's curve helps."""
        from quantrl.contest.evaluate.probabilities import probabilities

        return probabilities(self.tables)

    def explain(self, agent: str | None = None, *, date: str) -> str:
        """Why an entrant or a data agent did what it did; without an agent, the board of the day.

        Parameters
        ----------
        agent : str, optional
        date : str
            ISO date of the decision.

        Raises
        ------
        ConfigError
            No such agent or day.
        """
        from quantrl.contest.explain import explain

        return explain(self, agent, date)

    def report(self, *, html: bool | None = None) -> list[Path]:
        """Write ``report.json``, ``report.md`` and, where plotly is installed or `html` is set, ``report.html``."""
        from quantrl.contest.report import write

        return write(self.folder, html=html)

    @property
    def summary(self) -> JsonObject:
        """Contents of ``summary.json``."""
        from quantrl.contest.folder import read_summary

        return read_summary(self.folder)
