"""ContestTrade: one contest from its first day to its tables, gone on with wherever it was left."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.contest import folder as folders
from quantrl.contest.analysts_of import RECORD, open_desk, record_of
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_run import ContestRun
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.figures import figures_of
from quantrl.contest.frames import Frames
from quantrl.contest.fundamentals import Fundamentals
from quantrl.contest.identity import identity
from quantrl.contest.journal import Hook, Journal
from quantrl.contest.llm.protocol import LLM
from quantrl.contest.runner import Progress, Recorded, Runner
from quantrl.contest.world import World
from quantrl.errors import ConfigError, ReplayMismatch
from quantrl.runs import Trial, TrialLedger, sha256_json

if TYPE_CHECKING:
    from quantrl.data import Panel


class ContestTrade:
    """The mechanism of arXiv 2508.00554 under one config.

    Parameters
    ----------
    config : ContestConfig
    llms : mapping of provider to LLM, optional
        Who answers, instead of those the config names.
    root : str or Path
        Where run folders and the ledger of trials are.
    threads : int
        Of batches; no result depends on it.
    command : str
        What a report shows as the way to repeat the run.
    """

    def __init__(
        self,
        config: ContestConfig,
        *,
        llms: Mapping[str, LLM] | None = None,
        root: str | Path = "runs",
        threads: int = 1,
        command: str = "",
    ) -> None:
        if threads < 1:
            raise ConfigError(f"threads: expected at least 1, got {threads}")
        self.config, self.root, self.threads, self.command = config, Path(root), threads, command
        self._llms = llms

    def folder(self, panel: Panel, docs: DocumentStore, fundamentals: Fundamentals | None = None) -> Path:
        """Where the run of these data is kept by default: name and eight digits over config, prompts, data and code."""
        who = identity(self.config, panel, docs, figures_of(self.config, fundamentals))
        return self.root / f"{self.config.name}-{sha256_json(who)[:8]}"

    def run(
        self,
        panel: Panel,
        docs: DocumentStore,
        *,
        fundamentals: Fundamentals | None = None,
        out: str | Path | None = None,
        fork: str | Path | None = None,
        progress: Progress | None = None,
        hook: Hook | None = None,
    ) -> ContestRun:
        """Decide every day of the config, or what is left of them.

        Parameters
        ----------
        panel : Panel
        docs : DocumentStore
        fundamentals : Fundamentals, optional
            Filed figures, instead of those the config names.
        out : str or Path, optional
            The run folder.
        fork : str or Path, optional
            A run whose recorded answers are used where its questions are asked again; nothing else is taken over.
        progress : callable, optional
            Told of each step that was done.
        hook : callable, optional
            Called after every write of the journal.

        Raises
        ------
        ConfigError
            Before any question is asked: a part is unknown or missing, or the folder holds another contest.
        DataError
            A file of the folder was altered, or the data cannot be used.
        LLMError, BudgetExceeded
            A day could not be ended; a further `run` goes on with it.
        """
        figures = figures_of(self.config, fundamentals)
        target = Path(out) if out is not None else self.folder(panel, docs, figures)
        if fork is not None and not folders.is_contest(target):
            if Path(fork).is_file():
                raise ConfigError(f"fork: expected the folder of a run, got {fork}")
            shutil.copytree(record_of(Path(fork)), target / RECORD, dirs_exist_ok=True)
        return self._run(panel, docs, target, figures, progress=progress, hook=hook)

    def repeat(self, run: ContestRun, target: Path, *, concurrency: int | None = None) -> ContestRun:
        """The whole contest again from recorded answers, each step compared with what it was.

        Raises
        ------
        ReplayMiss, ReplayMismatch, DataError
        """
        if target.exists():
            shutil.rmtree(target)
        again = self._run(
            run.panel,
            run.docs,
            target,
            run.fundamentals,
            expected=Recorded(run.folder, run.lines),
            concurrency=concurrency,
        )
        if len(again.lines) != len(run.lines):
            raise ReplayMismatch(f"replay: expected {len(run.lines)} steps, got {len(again.lines)}")
        return again

    def _run(
        self,
        panel: Panel,
        docs: DocumentStore,
        target: Path,
        fundamentals: Fundamentals | None,
        *,
        progress: Progress | None = None,
        hook: Hook | None = None,
        expected: Recorded | None = None,
        concurrency: int | None = None,
    ) -> ContestRun:
        replay = expected.folder if expected else None
        who = identity(self.config, panel, docs, fundamentals)
        with ExitStack() as stack:
            desk = stack.enter_context(
                open_desk(self.config, target, llms=self._llms, replay=replay, concurrency=concurrency)
            )
            world = World.of(self.config, panel, docs, desk, fundamentals)
            journal = Journal(target, who, hook=hook)
            stack.callback(journal.close)
            folders.write_config(target, self.config)
            trials = TrialLedger(target.parent)
            if not journal.lines and replay is None:
                trials.append([_trial(self.config, panel.id)])
            runner = Runner(world, journal, progress=progress, expected=expected)
            status = runner.run()
            frames = Frames.read(world, target, journal.lines)
            contents = folders.summary(
                frames,
                runner.standing,
                run=target.name,
                command=self.command,
                status=status,
                digest=journal.head,
            )
            folders.write_tables(target, frames, runner.standing, threads=self.threads)
            folders.write_summary(target, contents, desk.waves.lines, trials)
            folders.seal(target, contents, self.config)
            return ContestRun(
                self.config,
                panel,
                docs,
                target,
                journal.lines,
                status,
                root=self.root,
                llms=self._llms,
                fundamentals=fundamentals,
            )


def _trial(config: ContestConfig, data_id: str) -> Trial:
    return Trial("contest_trade", data_id, f"{config.start}..{config.end}", config.sha256, config.seed)
