"""What a contest left: every account, every decision, and the folder that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl.backtest import Result, run_weights
from quantrl.errors import AuditError, ConfigError
from quantrl.runs import TrialLedger, run_id, write_json
from quantrl.selection import _folder
from quantrl.selection._accounts import Accounts
from quantrl.selection._book import EQUITY
from quantrl.selection.audit import FILE, AuditTrail
from quantrl.selection.entrant import Entrant
from quantrl.selection.ledger import Ledger
from quantrl.selection.rival import CONTEST, run_books
from quantrl.typing import FloatArray, IntArray, JsonObject

if TYPE_CHECKING:
    from quantrl.backtest import AuditReport
    from quantrl.backtest.settings import Settings
    from quantrl.data import Panel
    from quantrl.selection._step import PipelineStep
    from quantrl.selection.runner import Contest
    from quantrl.selection.timeline import Timeline


@dataclass(frozen=True, eq=False)
class ContestResult:
    """A contest up to its last whole decision: T bars, A agents, B books, N instruments.

    Attributes
    ----------
    name, status : str
        Status is ``done`` or ``interrupted``.
    panel : Panel
        The bars that were taken.
    wide : Panel
        The same with the sleeves of recorded entrants after its instruments; N counts them.
    entrants : tuple of Entrant
    settings : Settings
        Of every account.
    header : dict
        Agents, pipeline and account settings, as in the first audit line.
    ledger : Ledger
    trail : AuditTrail
    last : PipelineStep
        The newest decision.
    shares, scales : (T, A) float64
        Capital shares of the contest, and factors to the target volatility.
    factors : (T,) float64
        What capital was multiplied by to respect the limit on exposure.
    traded : (T, 2) float64
        Fractions of equity: what the funded agents would trade in accounts of their own, and the netted book does.
    book_names : tuple of str
    targets : (T, B, N) float64
        Netted target weights; NaN where a book decided nothing.
    books, shadows : (T, B, 7), (T, A, 7) float64
        History of the accounts, `quantrl.selection._book.SERIES`.
    decisions : (T, A, N) float64 or None
        What every agent decided; None if it would not fit in memory.
    errors : list of (bar, agent, message)
    warnings : dict of message to count
    """

    name: str
    status: str
    panel: Panel
    wide: Panel
    entrants: tuple[Entrant, ...]
    settings: Settings
    header: JsonObject
    seed: int
    threads: int
    timeline: Timeline
    ledger: Ledger
    trail: AuditTrail
    last: PipelineStep
    shares: FloatArray
    scales: FloatArray
    factors: FloatArray
    traded: FloatArray
    book_names: tuple[str, ...]
    targets: FloatArray
    books: FloatArray
    shadows: FloatArray
    decisions: FloatArray | None
    errors: list[tuple[int, str, str]]
    warnings: dict[str, int]

    @staticmethod
    def of(contest: Contest) -> ContestResult:
        """From a contest, as far as it got.

        Raises
        ------
        ConfigError
            It has not decided anything yet.
        """
        n = contest.done
        if contest.last is None:
            raise ConfigError("contest: no decision has been made yet")
        panel = contest.panel if n == contest.panel.n_bars else contest.panel.head(n)
        rivals = contest.rivals.targets(n)
        wide = contest.sleeves.panel if n == contest.panel.n_bars else contest.sleeves.panel.head(n)
        books = run_books(wide, rivals, contest.settings, threads=contest.threads)
        return ContestResult(
            name=contest.name,
            status=contest.status,
            panel=panel,
            wide=wide,
            entrants=contest.entrants,
            settings=contest.settings,
            header=contest.audit.header,
            seed=contest.seed,
            threads=contest.threads,
            timeline=contest.timeline,
            ledger=contest.ledger,
            trail=contest.audit,
            last=contest.last,
            shares=contest.shares[:n],
            scales=contest.scales[:n],
            factors=contest.factors[:n],
            traded=contest.traded[:n],
            book_names=(CONTEST, *contest.rivals.names),
            targets=np.concatenate([contest.targets[:n, None], rivals], axis=1),
            books=np.concatenate([contest.book.history[:n], books], axis=1),
            shadows=contest.shadows.history[:n],
            decisions=None if contest.decisions is None else contest.decisions[:n],
            errors=[error for error in contest.errors if error[0] < n],
            warnings=contest.warnings,
        )

    @property
    def n_bars(self) -> int:
        """Bars taken, each with one decision."""
        return len(self.shares)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the agents."""
        return tuple(entrant.label for entrant in self.entrants)

    @property
    def time(self) -> IntArray:
        """(T,) end of each bar, ns."""
        return self.panel.time

    @cached_property
    def accounts(self) -> Accounts:
        """Measures of all books (``book:<name>``) and shadow accounts (``agent:<label>``)."""
        names = [*(f"book:{name}" for name in self.book_names), *(f"agent:{label}" for label in self.labels)]
        history = np.concatenate([self.books, self.shadows], axis=1)
        return Accounts(
            names, history, self.settings.initial_cash, self._annual(), seed=self.seed, threads=self.threads
        )

    def equity(self) -> pl.DataFrame:
        """``time``, ``book:<name>``, ``agent:<label>``: currency at each close."""
        history = np.concatenate([self.books, self.shadows], axis=1)[:, :, EQUITY]
        columns = {name: history[:, k] for k, name in enumerate(self.accounts.names)}
        return pl.DataFrame({"time": self.time, **columns})

    def targets_frame(self) -> pl.DataFrame:
        """``decided effective w:<instrument> c:<agent> gross``: the contest's netted target weights and capital."""
        contest = self.targets[:, 0]
        effective = [self.timeline.effective(t) for t in range(self.n_bars)]
        if self.timeline.delay and self.n_bars == len(self.timeline.time):
            effective[-1] = None
        columns: dict[str, Any] = {
            "decided": self.time,
            "effective": pl.Series(effective, dtype=pl.Int64),
            **{f"w:{name}": contest[:, n] for n, name in enumerate(self.wide.instruments)},
            **{f"c:{label}": self.shares[:, i] for i, label in enumerate(self.labels)},
            "gross": contest.sum(axis=1),
        }
        return pl.DataFrame(columns)

    def book(self, name: str = CONTEST) -> Result:
        """A book's targets run again as one batch; equal to what the contest's loop recorded, bit for bit.

        Raises
        ------
        ConfigError
            No such book.
        AuditError
            The two runs differ.
        """
        if name not in self.book_names:
            raise ConfigError(f"book: expected one of {', '.join(self.book_names)}; got {name!r}")
        b = self.book_names.index(name)
        return self._again(name, self.targets[:, b], self.books[:, b, EQUITY])

    def shadow(self, label: str) -> Result:
        """An agent's decisions run again as one batch; equal to its shadow account, bit for bit.

        Raises
        ------
        ConfigError
            No such agent, or the contest was too large to keep decisions.
        AuditError
            The two runs differ.
        """
        if label not in self.labels:
            raise ConfigError(f"agent: expected one of {', '.join(self.labels)}; got {label!r}")
        if self.decisions is None:
            raise ConfigError("agent decisions were not kept: the contest is too large")
        i = self.labels.index(label)
        return self._again(label, self.decisions[:, i], self.shadows[:, i, EQUITY])

    def audit(self, name: str = CONTEST) -> AuditReport:
        """Check every accounting identity of a book or of an agent's shadow account.

        Raises
        ------
        AuditError
            An identity does not hold, or the account cannot be reproduced.
        """
        account = self.book(name) if name in self.book_names else self.shadow(name)
        return account.audit()

    def write(
        self,
        folder: str | Path,
        *,
        run: str | None = None,
        command: str = "",
        config_toml: str | None = None,
        trials: Mapping[str, int] | None = None,
    ) -> JsonObject:
        """Write all files of a run folder but the page and the manifest; returns the contents of ``report.json``.

        Parameters
        ----------
        folder : str or Path
            Exists; see `quantrl.runs.new_run`.
        run : str, optional
            Id of the run; derived from config, data and code without it.
        command : str
            What gives this run again.
        config_toml : str, optional
            Text of ``config.toml``; not written without it.
        trials : mapping, optional
            ``this_run`` and ``on_data``; counted in ``trials.jsonl`` beside the folder without it.

        Notes
        -----
        Add the page, then call `seal`.
        """
        root = Path(folder)
        counted = dict(trials) if trials is not None else self._count_trials(root)
        account = self.book()
        self.ledger.frame(int(self.time[-1])).write_parquet(root / "ledger.parquet")
        self.targets_frame().write_parquet(root / "decisions.parquet")
        self.equity().write_parquet(root / "equity.parquet")
        account.fills.write_parquet(root / "fills.parquet")
        last_sha = self.trail.write(root / FILE, self.n_bars)
        if config_toml is not None:
            (root / "config.toml").write_text(config_toml, encoding="utf-8")
        report = _folder.report(
            self,
            run=run or self.id,
            command=command,
            trials=counted,
            books_audit=account.audit(),
            last_sha=last_sha,
        )
        write_json(root / "metrics.json", _folder.metrics_json(self))
        write_json(root / "report.json", report)
        (root / "log.txt").write_text(_folder.log(self, command), encoding="utf-8")
        return report

    def seal(self, folder: str | Path, *, run: str | None = None, command: str = "") -> None:
        """Write ``manifest.json``, with a sha256 of every file that is there by now."""
        _folder.seal(self, Path(folder), run=run or self.id, command=command)

    @property
    def id(self) -> str:
        """Name plus eight hex digits over settings, data and code."""
        return run_id(self.name, self.header, self.panel.id)

    def _annual(self) -> float:
        if self.panel.periods_per_year is None:
            raise ConfigError(
                "panel: periods_per_year is required here, for example 252; it is never guessed"
            )
        return self.panel.periods_per_year

    def _count_trials(self, root: Path) -> dict[str, int]:
        here = len(self.entrants)
        return {"this_run": here, "on_data": max(here, TrialLedger(root.parent).count(data_id=self.panel.id))}

    def _again(self, name: str, weights: FloatArray, equity: FloatArray) -> Result:
        options = self.settings
        found = run_weights(
            self.wide,
            np.ascontiguousarray(weights),
            fill=options.fill,
            sizing=options.sizing,
            costs=options.costs,
            initial_cash=options.initial_cash,
            keep="full",
            threads=1,
        )
        different = np.flatnonzero(found.equity != equity)
        if len(different):
            t = int(different[0])
            raise AuditError(
                f"{name}, bar {t}: equity {equity[t]!r} stepped, {found.equity[t]!r} in one batch"
            )
        return found
