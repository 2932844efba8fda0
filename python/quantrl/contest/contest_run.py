"""A contest that has been run: its tables, and what can be asked of them without asking an agent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.journal import Journal, Line, start
from quantrl.contest.llm.protocol import LLM
from quantrl.errors import RunError
from quantrl.typing import JsonObject

if TYPE_CHECKING:
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
    """

    config: ContestConfig
    panel: Panel
    docs: DocumentStore
    folder: Path
    lines: list[Line] = field(repr=False)
    status: str
    root: Path = Path("runs")
    llms: Mapping[str, LLM] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: str | Path, panel: Panel, docs: DocumentStore) -> ContestRun:
        """A run folder that was written before.

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
        return cls(config, panel, docs, path, Journal.read(path), status, root=path.parent)

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

    @property
    def summary(self) -> JsonObject:
        """Contents of ``summary.json``."""
        from quantrl.contest.folder import read_summary

        return read_summary(self.folder)
