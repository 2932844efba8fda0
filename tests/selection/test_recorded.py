"""`recorded:RUN`: net returns of a run compete, are funded as a sleeve, and are refused where they cannot be true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.backtest import Costs
from quantrl.config import AgentConfig
from quantrl.contest.entrants import Entrants
from quantrl.errors import ConfigError, DataError, RunError
from quantrl.selection import Contest, ContestResult, decide, explain, leaderboard
from quantrl.selection._book import EQUITY
from quantrl.selection.recorded import RecordedReturns, read_recorded
from quantrl.typing import FloatArray, IntArray
from selection.toy import RULES, market, quick

PANEL = market(240, 6)
DAY = int(PANEL.time[1] - PANEL.time[0])
FIRST, LAST = 20, 220


def run_folder(path: Path, time: IntArray, net: FloatArray, **manifest: Any) -> Path:
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(json.dumps({"id": path.name, "kind": "pair", **manifest}))
    pl.DataFrame({"time": time, "net": net}).write_parquet(path / "daily.parquet")
    return path


def returns(seed: int = 0) -> FloatArray:
    """Better than anything in the market."""
    return 0.002 + 0.004 * np.random.default_rng(seed).standard_normal(LAST - FIRST)


@pytest.fixture
def pair_run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "pair-1", PANEL.time[FIRST:LAST], returns(), venue="books")


def contest(*agents: Any, fill: str = "next_close", costs: Costs | None = None) -> ContestResult:
    made = Contest(
        [*RULES, *agents], PANEL, quick(), fill=fill, costs=Costs() if costs is None else costs, seed=1
    )
    return made.run()


def recorded(path: Path, **params: Any) -> AgentConfig:
    return AgentConfig(id=f"recorded:{path}", name="pair", params=params)


@pytest.mark.parametrize("fill", ["next_open", "next_close", "close"])
def test_a_recorded_run_competes_and_its_account_is_its_returns(pair_run: Path, fill: str) -> None:
    result = contest(recorded(pair_run), fill=fill, costs=Costs.zero())
    i = result.labels.index("pair")
    growth = result.shadows[:, i, EQUITY] / result.settings.initial_cash
    held = returns()[1:]
    if fill == "next_close":  # decided at the end of the first period, filled one bar later
        held = held[1:]
    assert growth[FIRST] == 1.0
    # Decided flat at the last recorded day; filled at the next close, of a run that moves no more.
    assert growth[-1] == pytest.approx(np.prod(1 + held), rel=1e-7)
    assert result.shares[:, i].max() > 0
    rows = result.ledger.frame().filter(agent="pair")
    assert rows["gross"].abs().sum() > 0
    assert rows.filter(family="recorded").height == rows.height


def test_the_book_earns_what_its_sleeve_does_and_all_books_can_be_run_again(pair_run: Path) -> None:
    result = contest(recorded(pair_run))
    for name in (*result.book_names, "pair"):
        assert result.audit(name).breaches == 0
    sleeve = result.targets[:, 0, -1]
    assert sleeve.max() > 0
    account, close = result.book(), result.wide.marks()
    moved = (account.units[:-1] * np.diff(close, axis=0)).sum(axis=1)
    np.testing.assert_allclose(np.diff(account.equity), moved - account.cost[1:], atol=1e-6)
    held = account.units[:-1, -1] * close[:-1, -1] / account.equity[:-1]
    recorded_net = np.diff(close[:, -1]) / close[:-1, -1]
    np.testing.assert_allclose(recorded_net[FIRST : LAST - 1], returns()[1:], atol=1e-7)
    assert (held * recorded_net).sum() > 0
    market_book = result.targets[:, result.book_names.index("buy_and_hold")]
    assert np.isnan(market_book[:, -1]).all()


def test_the_others_see_and_hold_nothing_of_it(pair_run: Path) -> None:
    """Shadow accounts of the others are equal bit for bit with and without the recorded run."""
    alone, beside = contest(), contest(recorded(pair_run))
    for label in alone.labels:
        a, b = alone.labels.index(label), beside.labels.index(label)
        assert alone.shadows[:, a].tobytes() == beside.shadows[:, b].tobytes()


def test_what_is_recorded_later_changes_no_earlier_decision(tmp_path: Path) -> None:
    cut = 120
    net = returns()
    other = net.copy()
    other[cut - FIRST + 1 :] = -0.01
    first = contest(recorded(run_folder(tmp_path / "a", PANEL.time[FIRST:LAST], net)))
    second = contest(recorded(run_folder(tmp_path / "b", PANEL.time[FIRST:LAST], other)))
    assert first.shares[: cut + 1].tobytes() == second.shares[: cut + 1].tobytes()
    assert first.shares.tobytes() != second.shares.tobytes()


def test_finer_returns_are_compounded_to_the_clock_of_the_contest(tmp_path: Path) -> None:
    time = np.arange(PANEL.time[0], PANEL.time[10], DAY // 4) + 1
    net = np.full(len(time), 0.001)
    found = read_recorded(str(run_folder(tmp_path / "fine", time, net)))
    growth = found.index(PANEL.time[:3])
    assert growth == pytest.approx([1.0, 1.001**4, 1.001**8])
    assert found.venue == "bars"


def test_targets_of_today_leave_the_sleeve_in_cash(pair_run: Path) -> None:
    made = Contest([*RULES, recorded(pair_run)], PANEL, quick(), fill="next_close", seed=1)
    for t in range(200):
        made.step(t)
    held = made.targets[199, -1]
    targets = decide(made, asof=int(PANEL.time[200]))
    assert held > 0
    assert set(targets.weights) == set(PANEL.instruments)
    assert targets.cash >= made.targets[200, -1] - 1e-12
    assert all(set(part) == set(PANEL.instruments) for part in targets.by_agent.values())


def test_board_page_and_explanation_say_recorded_and_where(pair_run: Path, tmp_path: Path) -> None:
    result = contest(recorded(pair_run))
    report = result.write(_made(tmp_path / "out"))
    row = next(row for row in report["leaderboard"] if row["agent"] == "pair")
    assert row["kind"] == "recorded"
    assert row["params"]["venue"] == "books"
    assert "recorded (books)" in row["summary"]
    assert result.header["recorded"]["pair"]["venue"] == "books"
    names = list(leaderboard(result).table().columns[1].cells)
    assert "pair (recorded, books)" in names
    assert explain(result, "pair").json["evidence"] == "none recorded: returns of a run, nothing was decided"


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_equity_of_a_contest_or_backtest_is_a_record_too(tmp_path: Path) -> None:
    folder = tmp_path / "older"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"kind": "contest"}')
    worth = np.array([100.0, 110.0, 99.0, 99.0])
    frame = pl.DataFrame({"time": PANEL.time[:4], "book:contest": worth, "book:market": worth[::-1]})
    frame.write_parquet(folder / "equity.parquet")
    found = read_recorded(str(folder))
    assert found.net == pytest.approx([0.1, -0.1, 0.0])
    assert found.time.tolist() == PANEL.time[1:4].tolist()
    assert read_recorded(str(folder), column="book:market").net[0] == 0.0
    with pytest.raises(ConfigError, match=r"params.column: expected one of book:contest, book:market"):
        read_recorded(str(folder), column="book:x")
    frame.rename({"book:contest": "book:a"}).write_parquet(folder / "equity.parquet")
    with pytest.raises(ConfigError, match=r"name one of book:a, book:market"):
        read_recorded(str(folder))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"time": [1, 2, 3], "net": [0.1, -1.0, 0.1]}, "row 1: expected a return above -1"),
        ({"time": [1, 2, 3], "net": [0.1, None, 0.1]}, "row 1: net: expected a finite number, got nan"),
        ({"time": [1, 3, 3], "net": [0.1, 0.1, 0.1]}, "row 2: expected a time after 3, got 3"),
        ({"time": [1], "net": [0.1]}, "at least 2 returns, got 1"),
        ({"time": ["a", "b"], "net": [0.1, 0.1]}, "time: expected int64 ns UTC"),
        ({"time": [1, 2], "gross": [0.1, 0.1]}, "expected a column net of numbers"),
        ({"day": [1, 2], "net": [0.1, 0.1]}, "expected a column time"),
    ],
)
def test_files_that_cannot_be(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    folder = run_folder(tmp_path / "bad", PANEL.time[:3], np.zeros(3))
    pl.DataFrame(columns).write_parquet(folder / "daily.parquet")
    with pytest.raises(DataError, match=said):
        Contest([*RULES, recorded(folder)], PANEL, quick(), fill="next_close")


def test_what_else_is_refused(pair_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        contest(AgentConfig(id="recorded:nowhere"))
    with pytest.raises(ConfigError, match="expected no parameter but column"):
        contest(recorded(pair_run, venue="moon"))
    with pytest.raises(ConfigError, match="has one series of returns"):
        contest(recorded(pair_run, column="book:x"))
    (pair_run / "daily.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="cannot be read"):
        contest(recorded(pair_run))
    (pair_run / "daily.parquet").unlink()
    with pytest.raises(DataError, match="found neither"):
        contest(recorded(pair_run))
    bad = run_folder(tmp_path / "venue", PANEL.time[:3], np.zeros(3), venue=7)
    with pytest.raises(DataError, match="venue: expected a short name, got 7"):
        contest(recorded(bad))


def test_a_contest_with_documents_has_no_sleeves(pair_run: Path) -> None:
    with pytest.raises(ConfigError, match="of bars without documents only"):
        Entrants.of([recorded(pair_run)], seed=0, panel=PANEL, fill="next_close")


def test_no_instrument_of_the_contest_is_held_by_it(pair_run: Path) -> None:
    found = read_recorded(str(pair_run))
    assert isinstance(found, RecordedReturns)
    assert (found.decide(PANEL.as_of(int(PANEL.time[50]))).weights == 0).all()


def test_a_file_the_reader_gives_up_on_is_named(pair_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some damaged files end polars' reader in a panic, which is no ordinary exception."""

    def panics(*_: Any, **__: Any) -> None:
        raise pl.exceptions.PanicException("called `Result::unwrap()` on an `Err` value\nmore")

    monkeypatch.setattr(pl, "read_parquet", panics)
    with pytest.raises(DataError, match=r"daily.parquet: cannot be read: called") as found:
        read_recorded(str(pair_run))
    assert "more" not in str(found.value)
