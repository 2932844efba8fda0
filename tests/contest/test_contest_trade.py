"""The whole contest with rules: repeatable, open to questions, and blind to the future."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from contest.small_contest import AGENTS, PLENTY, config, run, unsynced, world
from counts import full_or
from quantrl.contest import ContestConfig, ContestRun, ContestTrade, DocumentStore, load_planted
from quantrl.contest.documents.clean import Record, make_document
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.journal import STEPS
from quantrl.contest.presets import JudgesConfig
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.runner import Event
from quantrl.contest.standing import Standing
from quantrl.contest.steps.research import limits_of
from quantrl.contest.types import Factor
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError, ReplayMismatch

DAYS = full_or(9, 4)
ENGINES = ("paper", "selection", "best_past", "equal", "random:3", "alone:rules/equal_weight")


@pytest.fixture(scope="module", autouse=True)
def _no_wait() -> Iterator[None]:
    """No machine loses power in these tests."""
    with unsynced():
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> ContestRun:
    """A contest with every kind of agent."""
    return run(tmp_path_factory.mktemp("contest") / "done", config(DAYS, **PLENTY))


def test_a_contest_without_a_data_contest_reads_all_there_is(tmp_path: Path) -> None:
    """Six factors are longer together than L*, which binds the knapsack and not those who take everything."""
    made = run(tmp_path / "all", config(1, contest={"context": {"name": "all", "capacity": 1_600}}))
    assert made.tables.factors["tokens"].sum() > 1_600
    assert made.tables.factors["chosen"].all()


def test_a_researcher_reads_whole_what_was_chosen() -> None:
    chosen = (Factor("a", 0, (), 20_000), Factor("b", 0, (), 30_000))
    standing: Any = SimpleNamespace(
        world=SimpleNamespace(config=config()), today=SimpleNamespace(read=chosen)
    )
    assert limits_of(standing).context_tokens == 50_000
    standing.today.read = chosen[:0]
    assert limits_of(standing) == ResearchLimits()


def test_every_step_of_every_day_is_done(done: ContestRun) -> None:
    assert done.status == "done"
    assert [line.step for line in done.lines] == list(STEPS) * DAYS
    tables = Tables.read(done.folder)
    assert tables.agents == ("catalyst", "contrarian", "rules/momentum", "rules/equal_weight")
    assert tables.n_days == DAYS - 1, "the last decision is pending"
    assert len(tables.engines) == 1 + 3 + 1 + 200 + 4 + 1
    assert tables.signals["accepted"].any()
    assert tables.judgements.height
    assert set(done.summary["kinds"].values()) == {"rules"}
    assert done.summary["digest"] == done.digest()


def test_the_ledger_says_what_each_alone_earned(done: ContestRun) -> None:
    """Shadow accounts, stepped day by day, and the batch of books priced at the end."""
    tables = Tables.read(done.folder)
    for agent in tables.agents:
        rows = tables.ledger.filter(pl.col("agent") == agent).sort("decided")
        net = (rows["gross"] - rows["cost"]).to_numpy()
        assert net == pytest.approx(tables.column(f"alone:{agent}"), abs=1e-12)
    decided = pl.read_parquet(done.folder / "ledger.parquet")
    assert (decided["decided"] < decided["effective"]).all()
    assert (decided["effective"] < decided["matured"]).all()


def test_capital_of_the_book_is_that_of_its_engine(done: ContestRun) -> None:
    tables = Tables.read(done.folder)
    assert np.array_equal(tables.column("book"), tables.column("paper"))
    _, shares = tables.shares("paper")
    sums = shares.sum(axis=1)
    assert (np.isclose(sums, 1.0) | (sums == 0.0)).all()
    assert (tables.weights["weight"] <= 0.25 + 1e-9).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_reallocation_repeats_what_was_stored(done: ContestRun, engine: str) -> None:
    again = done.reallocate(engine=engine)
    tables = Tables.read(done.folder)
    assert np.array_equal(again.table()["net"].to_numpy(), tables.column(engine))
    assert np.array_equal(again.shares, tables.shares(engine)[1])
    assert again.digest() == done.reallocate(engine=engine, threads=2).digest()


def test_questions_that_cannot_be_answered(done: ContestRun) -> None:
    for engine in ("best", "random:x", "alone:nobody"):
        with pytest.raises(ConfigError, match="engine"):
            done.reallocate(engine=engine)
    with pytest.raises(ConfigError, match="agent"):
        done.explain("nobody", date="2030-01-22")
    with pytest.raises(ConfigError, match="date"):
        done.explain(date="2031-01-22")


def test_explain_tells_why(done: ContestRun) -> None:
    said = done.explain("catalyst", date="2030-01-22")
    assert "because [" in said
    assert "against: " in said
    assert "judges (5)" in said
    assert "capital: paper" in said
    assert "wants: " in done.explain("rules/equal_weight", date="2030-01-22")
    assert "tokens" in done.explain("courier", date="2030-01-22")
    assert "factors read" in done.explain(date="2030-01-22")


def test_it_reads_as_a_report(done: ContestRun) -> None:
    assert isinstance(done.verdict, str)
    assert "book" in done.table()["engine"].to_list()
    assert done.calibration()["rows"] > 0
    assert {path.name for path in done.report(html=False)} >= {"report.json", "report.md"}
    assert ContestRun.open(done.folder, *world()).digest() == done.digest()


def test_nothing_but_speed_changes_with_speed(done: ContestRun, tmp_path: Path) -> None:
    tables = {path.name: path.read_bytes() for path in done.folder.glob("*.parquet")}
    for concurrency, threads in ((1, 2), (4, 8)):
        slow = config(DAYS, **PLENTY, llm={"concurrency": concurrency})
        other = run(tmp_path / f"run{concurrency}", slow, threads=threads)
        assert other.digest() == done.digest()
        for path in other.folder.glob("*.parquet"):
            if path.name in tables and not path.name.startswith(("equity", "decisions")):
                assert path.read_bytes() == tables[path.name], path.name


def test_a_replay_is_equal_and_compared(done: ContestRun, tmp_path: Path) -> None:
    again = done.replay(concurrency=1)
    assert again.digest() == done.digest()
    assert again.folder != done.folder
    other = ContestRun(config(DAYS, **PLENTY, seed=5), *world(), done.folder, done.lines, "done")
    with pytest.raises(ReplayMismatch, match="came out otherwise|never done"):
        ContestTrade(config(DAYS, agents=AGENTS[2:]), root=tmp_path).repeat(other, tmp_path / "again")


def test_a_finished_contest_is_not_run_twice(done: ContestRun) -> None:
    seen: list[Event] = []
    again = run(done.folder, config(DAYS, **PLENTY), progress=seen.append)
    assert not seen
    assert again.digest() == done.digest()
    with pytest.raises(ConfigError, match="another config"):
        run(done.folder, config(DAYS, **PLENTY, seed=1))
    panel, docs = world()
    fewer = DocumentStore(list(docs.as_of(int(panel.time[-1])))[1:], entities=docs.entities)
    with pytest.raises(ConfigError, match="another documents"):
        ContestTrade(config(DAYS, **PLENTY)).run(panel, fewer, out=done.folder)


def altered(t: int) -> tuple[Panel, DocumentStore]:
    """The world up to d(t), and another one after it."""
    from quantrl.contest.clock import Clock

    panel, docs = world()
    now = Clock.of_panel(panel).d(t)
    late = panel.time > now
    scale = np.where(late, 1.0 + 0.1 * np.arange(panel.n_bars) % 0.7, 1.0)[:, None]
    columns: dict[str, Any] = {
        name: panel[name] * scale for name in ("open", "high", "low", "close") if name in panel
    }
    known = list(docs.as_of(now))
    canary = [
        make_document(Record(i, now + 1 + i * 10**9, "CANARY", f"CANARY rises {i}", lang="en"), source, 0)
        for i, source in enumerate(docs.sources)
    ]
    return panel.with_columns(**columns), DocumentStore([*known, *canary], entities=docs.entities)


@pytest.mark.parametrize("t", range(13, 16) if DAYS > 4 else [14])
def test_the_future_changes_nothing_before_it(done: ContestRun, tmp_path: Path, t: int) -> None:
    other = ContestTrade(config(DAYS, **PLENTY), root=tmp_path).run(*altered(t), out=tmp_path / "other")
    first = int(done.lines[0].day[:5])
    upto = (t - first + 1) * len(STEPS)
    assert 0 < upto < len(done.lines)
    assert [line.out_sha for line in other.lines[:upto]] == [line.out_sha for line in done.lines[:upto]]
    assert other.digest() != done.digest()
    for line in other.lines[:upto]:
        assert "CANARY" not in (other.folder / f"days/{line.day}/{line.step}.json").read_text()


@pytest.mark.parametrize("late", [2, 3])
def test_a_price_that_comes_late_is_waited_for(done: ContestRun, tmp_path: Path, late: int) -> None:
    """Its day matures a day later; what was decided before stays, and what is learnt from stays in its place."""
    panel, docs = world()
    last = int(done.lines[-1].day[:5])
    bar = last - DAYS + late
    at = np.repeat(panel.time[:, None], panel.n_instruments, axis=1)
    at[bar, 0] = panel.time[bar + 1]
    columns = {name: panel[name] for name in panel.columns}
    held_up = type(panel)(
        columns, panel.time, panel.table, periods_per_year=252, available_at={"close": at}, adjust="total",
        name=panel.name, source=panel.source,
    )  # fmt: skip
    other = ContestTrade(config(DAYS, **PLENTY), root=tmp_path).run(held_up, docs, out=tmp_path / "late")
    upto = late * len(STEPS)
    assert [line.out_sha for line in other.lines[:upto]] == [line.out_sha for line in done.lines[:upto]]
    assert other.digest() != done.digest()


def test_judgements_stand_by_their_day() -> None:
    """(scored + 2) rows, the last of them today's, whatever the delay of today."""
    mechanism = SimpleNamespace(judges=JudgesConfig())
    for judged, scored, expected in (
        (6, 4, [0, 1, 2, 3, 4, 5]),
        (6, 3, [0, 1, 2, 3, 5]),
        (6, 5, [0, 1, 2, 3, 4, np.nan, 5]),
    ):
        standing: Any = SimpleNamespace(
            world=SimpleNamespace(mechanism=mechanism, calendar=SimpleNamespace(delay=2)),
            judged=[np.full((1, 1), float(day)) for day in range(judged)],
        )
        found = Standing.judgements(standing, scored)
        assert found is not None
        assert found[:, 0, 0] == pytest.approx(expected, nan_ok=True)


def test_both_contests_under_the_selection_engine(tmp_path: Path) -> None:
    made = run(tmp_path / "run", config(2).with_engine("selection"))
    day = json.loads((made.folder / f"days/{made.lines[0].day}/CONTEXT.json").read_text().splitlines()[0])
    assert day["engine"] == "selection"
    tables = Tables.read(made.folder)
    assert np.array_equal(tables.column("book"), tables.column("selection"))


def test_an_agent_that_fails_is_in_cash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantrl.agents.rules import equal_weight

    def fail(self: object, view: object) -> None:
        raise RuntimeError("no idea")

    agent = type(equal_weight.build())
    monkeypatch.setattr(agent, "decide", fail)
    made = run(tmp_path / "run", config(4))
    assert any("no idea" in text for text in made.summary["warnings"])
    assert not Tables.read(made.folder).column("alone:rules/equal_weight").any()
    last = json.loads((made.folder / f"days/{made.lines[-1].day}/ALLOCATED.json").read_text())
    assert last["faulty"] == [3], "three in a row, and it is off"
    assert last["paper"][3] == 0.0


def test_calibration_days_are_decided_and_not_reported(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm")
    span = {"start": "2030-01-09", "end": "2030-01-10"}
    one = [{"id": "all", "sources": ["courier", "ledger"]}]
    made = run(
        tmp_path / "run",
        config(2, preset="paper-v3", calibration=span, agents=AGENTS[2:], data_agents=one),
    )
    tables = Tables.read(made.folder)
    assert len(made.lines) // len(STEPS) == 10
    assert tables.n_days == 1
    assert made.summary["calibration_end"] == made.summary["days"]["test"] - 1
    near = {"start": "2030-01-04", "end": "2030-01-17"}
    with pytest.raises(ConfigError, match="calibration"):
        run(tmp_path / "near", config(2, preset="paper-v3", calibration=near, agents=AGENTS[2:]))


def test_a_day_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no day of 'planted'"):
        ContestTrade(ContestConfig(start="2029-01-01", end="2029-02-01", agents=AGENTS), root=tmp_path).run(
            *load_planted(0, n_days=10)
        )
    with pytest.raises(ConfigError, match="belief"):
        ContestTrade(config(agents=["contest/researcher:astrology"]), root=tmp_path).run(*world())
    with pytest.raises(ConfigError, match="reads 'times'"):
        ContestTrade(config(data_agents=[{"id": "a", "sources": ["times"]}]), root=tmp_path).run(*world())
    with pytest.raises(ConfigError, match="market"):
        ContestTrade(config(contest={"market": "moon"}), root=tmp_path).run(*world())
    assert not list(tmp_path.glob("*/journal.jsonl")), "nothing was asked"


def test_nothing_to_trade_is_refused_by_day(tmp_path: Path) -> None:
    panel, docs = world()
    t = 13
    shut = panel["close"].copy()
    shut[t:] = np.nan
    with pytest.raises(DataError, match="nothing can be traded on 2030-01-22"):
        ContestTrade(config(), root=tmp_path).run(panel.with_columns(close=shut), docs)
