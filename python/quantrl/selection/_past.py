"""A contest that was run, in memory or in its folder, as `explain` reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl.errors import ConfigError, DataError, QuantrlError, RunError
from quantrl.runs import open_run
from quantrl.selection.audit import FILE
from quantrl.typing import FloatArray, IntArray, JsonObject
from quantrl.units import iso_date, ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.selection._result import ContestResult

_QUIET = '"transitions":[]'


@dataclass(frozen=True, eq=False)
class Past:
    """Decisions of a contest with what they rest on.

    Attributes
    ----------
    name : str
    lines : sequence of str
        The audit trail.
    decisions : polars.DataFrame
        ``decided``, ``w:<instrument>``, ``c:<agent>``.
    ledger : polars.DataFrame
    agents : list of dict
        ``label id params``.
    folder : Path or None
    market : Panel or None
        The data, where they are at hand.
    """

    name: str
    lines: Sequence[str]
    decisions: pl.DataFrame
    ledger: pl.DataFrame
    agents: list[JsonObject]
    folder: Path | None = None
    market: Panel | None = None

    @staticmethod
    def of(run: ContestResult | str | Path) -> Past:
        """From a result, a run folder, or the id of a run below ``runs/``.

        Raises
        ------
        RunError
            No such run, or not one of a contest.
        """
        if not isinstance(run, str | Path):
            agents = [{"label": e.label, "id": e.id, "params": e.params} for e in run.entrants]
            rows = run.ledger.frame(int(run.time[-1]))
            return Past(
                run.name, run.trail.lines[: run.n_bars], run.targets_frame(), rows, agents, market=run.panel
            )
        found = open_run(run)
        if found.manifest.get("kind") != "contest":
            raise RunError(f"{found.path}: expected the run of a contest, got {found.manifest.get('kind')!r}")
        try:
            lines = (found.path / FILE).read_text(encoding="utf-8").removesuffix("\n").split("\n")
            decisions = pl.read_parquet(found.path / "decisions.parquet")
            rows = pl.read_parquet(found.path / "ledger.parquet")
            board = found.json("report.json")["leaderboard"]
            agents = [{"label": r["agent"], "id": r["id"], "params": r["params"]} for r in board]
        except (Exception, pl.exceptions.PanicException) as error:
            raise RunError(f"{found.path}: cannot be read: {error}") from None
        return Past(found.path.name, lines, decisions, rows, agents, folder=found.path)

    @cached_property
    def header(self) -> JsonObject:
        """Agents, pipeline and account settings."""
        header: JsonObject = self.line(0)["header"]
        return header

    @property
    def labels(self) -> list[str]:
        """Names of the agents, by id."""
        labels: list[str] = self.header["agents"]
        return labels

    @cached_property
    def decided(self) -> IntArray:
        """(T,) times of the decisions."""
        return self.decisions["decided"].to_numpy()

    def line(self, t: int) -> JsonObject:
        """One line of the trail.

        Raises
        ------
        RunError
            There is none, or it is not JSON.
        """
        try:
            line: JsonObject = json.loads(self.lines[t])
        except (IndexError, ValueError) as error:
            raise RunError(f"{self.name}: line {t + 1} of {FILE} cannot be read: {error}") from None
        return line

    def at(self, date: str | int | None) -> int:
        """Number of the newest decision up to a date or time (ns); of the last one without it.

        Raises
        ------
        ConfigError
            Not a date, or before the first decision.
        """
        if date is None:
            return len(self.decided) - 1
        t = date if isinstance(date, int) else ns_from_iso(date, end_of_day=True)
        place = int(np.searchsorted(self.decided, t, side="right")) - 1
        if place < 0:
            raise ConfigError(f"date {date}: the first decision was on {iso_date(int(self.decided[0]))}")
        return place

    def id_of(self, label: str) -> int:
        """Id of an agent by its label, or by its registry id if only one has it.

        Raises
        ------
        ConfigError
            No such agent.
        """
        if label in self.labels:
            return self.labels.index(label)
        same = [agent["label"] for agent in self.agents if agent["id"] == label]
        if len(same) == 1:
            return self.labels.index(same[0])
        raise ConfigError(f"agent: expected one of {', '.join(self.labels)}; got {label!r}")

    def capital(self, agent: int) -> FloatArray:
        """(T,) capital shares of one agent."""
        return self.decisions[f"c:{self.labels[agent]}"].to_numpy()

    def held_before(self, t: int) -> set[int]:
        """Agents funded by the decision before."""
        return set(self.line(t - 1)["selected"]) if t else set()

    def transitions(self, agent: int, t: int) -> list[JsonObject]:
        """Changes of one agent's state up to a decision, oldest first."""
        moves = []
        for text in self.lines[: t + 1]:
            if _QUIET not in text:
                line = json.loads(text)
                moves += [{"now": line["now"], **m} for m in line["transitions"] if m["agent"] == agent]
        return moves

    def rows(self, agent: int, first: int, last: int) -> pl.DataFrame:
        """Ledger rows of an agent decided in [first, last] and known by `last`."""
        known = pl.max_horizontal("matured", "recorded") <= last
        ours = (pl.col("agent") == self.labels[agent]) & pl.col("decided").is_between(first, last)
        return self.ledger.filter(ours & known).sort("decided")

    def panel(self) -> Panel | None:
        """The data of the run, if they can still be loaded."""
        if self.market is not None or self.folder is None:
            return self.market
        from quantrl import data
        from quantrl.config import load_config

        try:
            return data.load(load_config(self.folder / "config.toml").data)
        except (QuantrlError, OSError):
            return None

    def params(self, agent: int) -> Any:
        """Registry id and parameters of an agent; the id is empty for one that was handed in as an object."""
        label = self.labels[agent]
        found = next((a for a in self.agents if a["label"] == label), None)
        if found is None:
            raise DataError(f"{self.name}: no entry for agent {label!r}")
        return found["id"], found["params"]
