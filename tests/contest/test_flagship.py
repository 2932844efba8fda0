"""The flagship: every kind of agent in one contest, over a shortened period; and the daemon that trades the same."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console

from live.paper_books import logs
from live.test_differential import InPpb
from quantrl.config import Config
from quantrl.contest.researcher import PlainResearcher
from quantrl.data import Panel, load
from quantrl.live.checking import verify
from quantrl.live.closing import capital_ppm
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.run_folder import fill_run
from quantrl.selection import Contest, leaderboard
from quantrl.selection.entrant import Entrant
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.recorded import RecordedReturns
from selection.test_determinism import digest

FILE = Path(__file__).parents[2] / "strategies" / "flagship" / "config.toml"
START, END = "2014-09-02", "2015-10-30"
PAIR = "dqn_statarb_simulated"
# Ranked and funded early, so that a short period holds rounds that fund somebody.
EARLY = {"half_life": 20.0, "psr_enter": 0.0, "psr_stay": 0.0, "cusum_cut": 1e9, "drawdown_cut": 100.0}


@cache
def config() -> PaperConfig:
    whole = PaperConfig.from_toml(FILE)
    data = whole.data.model_copy(update={"start": START, "end": END})
    return whole.model_copy(update={"data": data, "selection": whole.selection.model_copy(update=EARLY)})


@cache
def panel() -> Panel:
    return load(config().data)


def contest(entrants: Any = None, prices: Panel | None = None, threads: int = 1) -> Contest:
    settings: Config = config()
    return Contest(
        settings.agents if entrants is None else entrants,
        prices or panel(),
        Pipeline.default(settings.selection, seed=settings.seed, periods_per_year=252.0),
        fill="next_close",
        seed=settings.seed,
        threads=threads,
    )


@cache
def finished() -> Any:
    return contest().run()


def test_every_kind_of_agent_competes() -> None:
    result = finished()
    kinds = {entrant.kind for entrant in result.entrants}
    assert kinds == {"rule", "rl", "researcher", "recorded"}
    assert result.audit().breaches == 0
    rows = result.ledger.frame()
    for entrant in result.entrants:
        # Some rules want more history than this period has before they hold anything.
        assert rows.filter(agent=entrant.label)["acted"].sum() > (-1 if entrant.kind == "rule" else 150)
    assert (result.shares.max(axis=0) > 0).sum() > 5


def test_the_simulated_books_are_called_simulated() -> None:
    result = finished()
    run = result.entrants[result.labels.index(PAIR)].agent
    assert isinstance(run, RecordedReturns)
    assert run.venue == "simulated books"
    assert run.SPEC.params["venue"] == "simulated books"
    console = Console(width=200, file=StringIO())
    console.print(leaderboard(result).table())
    assert f"{PAIR} (recorded, simulated books)" in console.file.getvalue()


def test_threads_and_processes_give_the_same_bytes(tmp_path: Path) -> None:
    found = digest(finished())
    assert digest(contest(threads=2).run()) == found
    child = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from contest.test_flagship import finished\n"
        "from selection.test_determinism import digest\n"
        "print(digest(finished()))"
    )
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", child, tests], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == found


def later_changed(entrant: Entrant, now: int) -> Entrant:
    """The same entrant in a world that is another one after `now`."""
    agent = entrant.agent
    if isinstance(agent, PlainResearcher):
        texts = agent._documents.mapped(
            lambda d: (
                d
                if d.available_at <= now
                else replace(d, text=f"Strong gains. {d.text} Record growth.", title="X")
            )
        )
        return replace(
            entrant, agent=PlainResearcher(entrant.params["belief"], texts, days=entrant.params["days"])
        )
    if isinstance(agent, RecordedReturns):
        return replace(entrant, agent=replace(agent, net=np.where(agent.time > now, -0.01, agent.net)))
    return entrant


def test_later_texts_prices_and_sessions_reach_no_earlier_byte() -> None:
    clean, cut = finished(), 250
    now = int(panel().time[cut])
    assert sum(d.available_at > now for d in texts_of(clean.entrants)) > 0, "there are later texts to change"
    close = np.array(panel()["close"])
    close[cut + 1 :] = close[cut + 1 :][::-1] * 3.0
    made = contest([later_changed(one, now) for one in clean.entrants], panel().with_columns(close=close))
    for bar in range(cut + 1):
        made.step(bar)
    assert made.audit.lines == clean.trail.lines[: cut + 1]
    assert made.shares[: cut + 1].tobytes() == clean.shares[: cut + 1].tobytes()
    assert made.targets[: cut + 1].tobytes() == clean.targets[: cut + 1, 0].tobytes()


def texts_of(entrants: Any) -> Any:
    return next(one.agent for one in entrants if isinstance(one.agent, PlainResearcher))._documents.as_of(
        2**62
    )


def test_the_daemon_decides_as_the_contest_does(tmp_path: Path) -> None:
    """Started, ended and started again: capital and ledger are those of the contest, and all of it can be derived again."""
    book, prices = tmp_path / "book", panel()
    with Daemon.create(book, config(), panel=prices) as daemon:
        daemon.run(until=int(prices.time[200]))
    with Daemon.open(book, panel=prices) as daemon:
        daemon.run()
        ours = [log.allocated for log in logs(daemon)]
        assert "sleeve:" + PAIR in daemon.setup.panel.instruments
    made = contest([in_ppb(one) for one in contest().entrants])
    for t, mine in enumerate(ours):
        made.step(t)
        ppm = capital_ppm(made.shares[t], made.scales[t], made.wanted, made.max_gross)
        assert mine == {agent: part for agent, part in enumerate(ppm) if part}, f"bar {t}"
    assert sum(map(bool, ours)) > 100
    found = pl.read_parquet(fill_run(book, tmp_path / "run", prices) / "ledger.parquet")
    expected = made.ledger.frame()
    for name in found.columns:
        # A belief is kept in parts per billion, too.
        exact = found[name].round(9) if name == "belief" else found[name]
        assert exact.equals(expected[name].round(9) if name == "belief" else expected[name]), name
    assert verify(book, rederive=True, panel=prices).ok


def in_ppb(entrant: Entrant) -> Entrant:
    """Weights as the journal keeps them; a recorded run has none."""
    if isinstance(entrant.agent, RecordedReturns):
        return entrant
    return replace(entrant, agent=InPpb(entrant.agent))


def test_the_sessions_are_made_again_byte_for_byte() -> None:
    script = FILE.with_name("sessions.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert "pair_sessions.csv: equal, byte for byte" in done.stdout
