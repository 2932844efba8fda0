"""``quantrl backtest --policy``: a trained policy on one account of a pair, from the command line to a run folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.table import Table

from quantrl.agents.dqn_statarb.backtest.market import market
from quantrl.agents.dqn_statarb.backtest.result import PairResult
from quantrl.agents.dqn_statarb.backtest.run import START, run_pair
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.cli import page as pages
from quantrl.cli import pair_config, place
from quantrl.cli.backtest import pair_folder
from quantrl.cli.console import Output
from quantrl.cli.pair_config import AGENT
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError
from quantrl.runs import Trial, TrialLedger, new_run, run_id, sha256_json


@dataclass(frozen=True)
class Asked:
    """What the command line says, apart from config and policy."""

    events: Sequence[Path] = ()
    facts: Path | None = None
    latency: str | None = None
    fees: str | None = None
    queue: str | None = None
    decisions: int | None = None
    seed: int | None = None
    start: str | None = None
    sets: Sequence[str] = ()

    @property
    def words(self) -> list[str]:
        """The same again."""
        flags = {
            "--latency": self.latency,
            "--fees": self.fees,
            "--queue": self.queue,
            "--decisions": self.decisions,
            "--seed": self.seed,
            "--from": self.start,
        }
        words = pair_config.events_words(self.events, self.facts)
        words += [word for name, value in flags.items() if value is not None for word in (name, str(value))]
        return words + [word for text in self.sets for word in ("--set", text)]


@dataclass(frozen=True)
class PairJob:
    """A finished backtest, and what its folder says of it."""

    name: str
    policy: PairPolicy
    result: PairResult
    command: str

    @property
    def settings(self) -> dict[str, Any]:
        """What decides what comes out."""
        return {
            "policy": self.policy.spec["sha256"],
            "pair": self.result.pair.identity,
            "seed": self.result.seed,
            "decisions": len(self.result.equity),
            "start_ns": self.result.start_ns,
            "capital": self.result.capital,
        }

    @property
    def id(self) -> str:
        """Name plus eight hex digits over settings, books and code."""
        return run_id(self.name, ["backtest", self.settings], self.result.pair.id)

    @property
    def trial(self) -> Trial:
        """Its line in the trial ledger."""
        pair = self.result.pair
        window = pair.segment if pair.has_tape else pair.venue
        sharpe = self.result.measures["sharpe"]
        return Trial(AGENT, pair.id, window, sha256_json(self.settings), self.result.seed, sharpe=sharpe)


def run(
    config: Path | None,
    policy: Path,
    asked: Asked,
    output: Output,
    *,
    out: Path | None,
    root: Path,
    page: bool,
) -> None:
    """Trade, write the folder, print what came out.

    Raises
    ------
    QuantrlError
        Whatever went wrong; no folder is left behind then.
    """
    if out is not None:
        place.check(out)
    job = _traded(config, policy, asked)
    target = out or root / job.id
    place.check(target)
    page = pages.wanted(output, asked=page)
    ledger = TrialLedger(root)
    with _counted(ledger, job.trial), new_run(target) as aside:
        count = ledger.count(data_id=job.trial.data_id)
        report = pair_folder.write(aside, job, {"this_run": 1, "on_data": count})
        if page:
            pages.draw(aside)
        pair_folder.write_manifest(aside, job)
    where = target / "report.html" if page else None
    output.say(_table(job.result), f"run: {target}", *([f"report: {where}"] if where else []))
    own = {name: report[name] for name in ("name", "venue", "decisions", "fills", "equity", "measures")}
    output.finish({**own, "status": "done"}, run=target, report=where)


@contextmanager
def _counted(ledger: TrialLedger, trial: Trial) -> Iterator[None]:
    """A trial counts even if its folder is never finished."""
    ledger.read()  # a damaged ledger is found before anything is written
    ledger.append([replace(trial, status="started", sharpe=None)])
    try:
        yield
    except BaseException:
        ledger.append([replace(trial, status="failed", sharpe=None)])
        raise
    ledger.append([trial])


def _traded(config: Path | None, folder: Path, asked: Asked) -> PairJob:
    read = {} if config is None else pair_config.read(config)
    policy = load_policy(folder)
    given = {field: value for _, field, value in pair_config.assigned(asked.sets, ("pair",))}
    if asked.queue is not None:
        given["queue"] = asked.queue
    own, changes = _market(policy.pair, read.get("pair", {}), bool(asked.events))
    pair = market(
        own,
        asked.events or None,
        asked.facts,
        latency=asked.latency,
        fee_bps=_fees(asked.fees),
        first_stock=policy.first_stock,
        **pair_config.tuples({**changes, **given}),
    )
    if asked.queue is not None and not pair.works:
        raise ConfigError(
            "--queue: orders of this pair rest in no queue; give --set pair.leg_ms=500, or train with styles = 2"
        )
    how: dict[str, Any] = {
        "seed": asked.seed or 0,
        "decisions": asked.decisions,
        "start": asked.start or START,
    }
    result = run_pair(policy.native, pair, names=policy.names, **how)
    words = ["quantrl", "backtest", *([] if config is None else [str(config)]), "--policy", str(folder)]
    return PairJob(read.get("name", AGENT), policy, result, shlex.join([*words, *asked.words]))


def _market(own: PairConfig, section: Mapping[str, Any], recorded: bool) -> tuple[PairConfig, dict[str, Any]]:
    """What is traded where no events are given, and what the config changes of it."""
    if recorded:
        return own, pair_config.without_simulation(section)
    if section.get("venue", own.venue) == own.venue:
        return own, {name: value for name, value in section.items() if name != "venue"}
    return PairConfig.of(**pair_config.tuples(section)), {}


def _fees(text: str | None) -> tuple[float, float] | None:
    """``1.5`` or ``0.2,1.7``: basis points a side of each leg."""
    if text is None:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in (1, 2):
        raise ConfigError(f"--fees: expected basis points such as 1.5, or 0.2,1.7 by leg, got {text!r}")
    return found[0], found[-1]


def _table(result: PairResult) -> Table:
    measures = result.measures
    one, two = (leg.symbol for leg in result.instruments)
    found = Table(title=f"{one} against {two}, {result.pair.venue}", title_justify="left")
    for name in (
        "decisions",
        "fills",
        "hours",
        "net U/h (95 %)",
        "gross U/h",
        "costs U/h",
        "worst fall",
        "equity",
    ):
        found.add_column(name, justify="right", no_wrap=True)
    found.add_row(
        f"{len(result.equity):,}",
        f"{result.fills.height:,}",
        f"{measures['hours']:,.2f}",
        f"{measures['net']:+.3f} ({measures['low']:+.3f} to {measures['high']:+.3f})",
        f"{measures['gross']:+.3f}",
        f"{measures['cost']:.3f}",
        f"{measures['max_drawdown']:.2%}",
        f"{result.equity[-1]:,.2f}",
    )
    return found
