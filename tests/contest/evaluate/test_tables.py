"""Tables of a run are read once and refused by file, column and row."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from contest.evaluate.fake_tables import AGENTS, FakeRun
from quantrl.contest.evaluate.tables import Tables
from quantrl.errors import DataError, RunError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FakeRun(n_days=12, seeds=2).write(tmp_path_factory.mktemp("tables") / "run")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_every_table_is_there(folder: Path) -> None:
    tables = Tables.read(folder)
    assert tables.n_days == 12
    assert tables.engines[0] == "book"
    assert tables.agents == AGENTS
    assert len(tables.decided) == 12
    assert np.allclose(tables.column("book"), tables.column("paper"))
    days, shares = tables.shares("equal")
    assert days.tolist() == list(range(12))
    assert np.allclose(shares, 0.2)


def test_tables_a_contest_may_lack_are_empty(copy: Path) -> None:
    for name in ("factors", "factor_ledger", "judgements", "signals", "weights", "predictions"):
        (copy / f"{name}.parquet").unlink()
    (copy / "calls.jsonl").unlink()
    tables = Tables.read(copy)
    assert tables.factors.height == 0
    assert tables.signals.columns[:3] == ["day", "agent", "symbol"]
    assert tables.calls == []


@pytest.mark.parametrize("name", ["ledger", "capital", "returns"])
def test_others_are_missed(copy: Path, name: str) -> None:
    (copy / f"{name}.parquet").unlink()
    with pytest.raises(RunError, match=f"{name}.parquet: no such table"):
        Tables.read(copy)


Change = Callable[[pl.DataFrame], pl.DataFrame]
DAMAGE: list[tuple[str, Change, str]] = [
    ("returns", lambda f: f.drop("net"), "returns.parquet: column 'net': missing"),
    ("returns", lambda f: f.with_columns(net=pl.lit("x")), "column 'net': expected float"),
    (
        "returns",
        lambda f: f.with_columns(gross=pl.lit(None, pl.Float64)),
        "column 'gross', row 0: expected a value",
    ),
    ("returns", lambda f: f.with_columns(cost=pl.lit(float("inf"))), "column 'cost', row 0: expected finite"),
    (
        "returns",
        lambda f: f.with_columns(net=pl.col("net") + 0.1),
        "column 'net', row 0: expected gross less cost",
    ),
    ("returns", lambda f: f.slice(1), "column 'day': engine 'book' has 11 days, others 12"),
    ("returns", lambda f: pl.concat([f, f.head(1)]), "row 0: day 0, engine book occurs twice"),
    ("returns", lambda f: f.filter(pl.col("engine") != "book"), "column 'engine': expected one 'book'"),
    ("returns", lambda f: f.with_columns(matured=pl.lit(7)), "column 'matured': expected later times"),
    ("capital", lambda f: f.with_columns(share=pl.lit(1.2)), "column 'share', row 0: expected -1e-09 to 1"),
    (
        "signals",
        lambda f: f.with_columns(action=pl.lit("short")),
        "column 'action', row 0: expected one of buy",
    ),
    (
        "signals",
        lambda f: f.with_columns(probability=pl.lit(101)),
        "column 'probability', row 0: expected 0 to 100",
    ),
    ("factors", lambda f: f.with_columns(tokens=pl.lit(-1)), "column 'tokens', row 0"),
    ("judgements", lambda f: f.with_columns(score=pl.lit(101.0)), "column 'score', row 0"),
    ("predictions", lambda f: f.with_columns(contest=pl.lit("third")), "column 'contest', row 0"),
    ("ledger", lambda f: f.with_columns(agent=pl.lit(3)), "column 'agent': expected text"),
]


@pytest.mark.parametrize(("name", "change", "message"), DAMAGE, ids=[d[2][:40] for d in DAMAGE])
def test_damage_is_named(copy: Path, name: str, change: Change, message: str) -> None:
    file = copy / f"{name}.parquet"
    change(pl.read_parquet(file)).write_parquet(file)
    with pytest.raises(DataError) as caught:
        Tables.read(copy)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_nan_is_known_only_where_it_means_something(copy: Path) -> None:
    file = copy / "signals.parquet"
    pl.read_parquet(file).with_columns(realised=pl.lit(float("nan"))).write_parquet(file)
    assert Tables.read(copy).signals["realised"].is_nan().all()


def test_not_parquet_and_not_json(copy: Path) -> None:
    (copy / "weights.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"weights.parquet: cannot be read as Parquet"):
        Tables.read(copy)
    (copy / "weights.parquet").unlink()
    (copy / "calls.jsonl").write_text("{}\n[1]\n")
    with pytest.raises(DataError, match=r"calls.jsonl: line 2: expected an object"):
        Tables.read(copy)
    (copy / "calls.jsonl").unlink()
    (copy / "summary.json").write_text('{"fallback": -1}')
    with pytest.raises(DataError, match=r"summary.json: fallback"):
        Tables.read(copy)
    (copy / "summary.json").write_text('{"fallback": NaN}')
    with pytest.raises(DataError, match=r"summary.json: not valid JSON"):
        Tables.read(copy)


def test_a_correction_replaces_its_row(copy: Path) -> None:
    file = copy / "ledger.parquet"
    frame = pl.read_parquet(file)
    later = frame.head(1).with_columns(gross=pl.lit(0.5), recorded=pl.col("recorded") + 1)
    pl.concat([frame, later]).write_parquet(file)
    rows = Tables.read(copy).ledger
    assert rows.height == frame.height
    assert rows.filter(pl.col("gross") == 0.5).height == 1


def test_summary_has_defaults(copy: Path) -> None:
    (copy / "summary.json").write_text(json.dumps({}))
    summary = Tables.read(copy).summary
    assert summary.data_contest.every == 3
    assert summary.periods_per_year == 252.0
    assert summary.n_trials == 0
