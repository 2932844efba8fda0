"""`quantrl pairs select` and `simulate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("statsmodels")

from quantrl.data.events import Zi, simulate

ROWS = 700


@pytest.fixture
def mids(tmp_path: Path) -> Path:
    """Three instruments every 10 s from 2024-01-02T00:00:00Z: Y reverts to 2 U, W walks alone."""
    random = np.random.default_rng(4)
    u, w = 1e-4 * np.cumsum(random.normal(size=(2, ROWS)), axis=1)
    x = np.zeros(ROWS)
    for t in range(1, ROWS):
        x[t] = 0.9 * x[t - 1] + 6e-4 * random.normal()
    folder = tmp_path / "mids"
    folder.mkdir()
    time = np.datetime64("2024-01-02T00:00:00", "ns") + np.arange(ROWS) * np.timedelta64(10, "s")
    frame = pl.DataFrame({"time": time, "U": np.exp(u), "W": np.exp(w), "Y": np.exp(2 * u + x)})
    frame.with_columns(pl.col("time").dt.replace_time_zone("UTC")).write_parquet(folder / "mids.parquet")
    (folder / "notes.txt").write_text("left alone")
    return folder


def test_a_planted_pair_goes_to_the_file(cli: Any, mids: Path) -> None:
    said = cli("pairs", "select", mids, "--out", "pair.json", "--draws", "50")
    assert said.code == 0, said.err
    assert "1 of 3 pairs left, on 700 rows from 2024-01-02T00:00:00Z to 2024-01-02T01:56:30Z" in said.out
    assert "half-spreads assumed, not measured: U, W, Y" in said.out
    kept = json.loads(Path("pair.json").read_text())
    assert set(kept["pair"]["symbols"]) == {"U", "Y"}
    assert kept["settings"]["half_spread_bps"] == {"U": 1.0, "W": 1.0, "Y": 1.0}
    assert kept["tests"] == 3


def test_without_a_pair_the_exit_is_1_and_nothing_is_written(cli: Any, mids: Path) -> None:
    frame = pl.read_parquet(mids / "mids.parquet")
    frame.select("time", "U", "W").write_parquet(mids / "mids.parquet")
    said = cli("pairs", "select", mids, "--out", "pair.json", "--json")
    assert said.code == 1
    found = json.loads(said.out)
    assert (found["pair"], found["file"], found["tests"]) == (None, None, 1)
    assert found["tested"][0]["reason"]
    assert not Path("pair.json").exists()


def test_the_test_segment_is_not_read(cli: Any, mids: Path) -> None:
    words = ("pairs", "select", mids, "--draws", "20", "--json", "--test-from", "2024-01-02T01:40:00")
    before = cli(*words)
    frame = pl.read_parquet(mids / "mids.parquet")
    late = pl.col("time").dt.hour() * 60 + pl.col("time").dt.minute() >= 100
    noise = pl.when(late).then(5.0).otherwise(pl.col("U")).alias("U")
    frame.with_columns(noise).write_parquet(mids / "mids.parquet")
    after = cli(*words)
    assert json.loads(before.out)["window"]["to"] == "2024-01-02T01:39:50Z"
    assert json.loads(after.out)["tested"] == json.loads(before.out)["tested"]
    said = cli(*words, "--to", "2024-01-02T01:45:00")
    assert said.code == 1
    assert "in the test segment from 2024-01-02T01:40:00Z" in said.error


def test_event_files_bring_their_spreads(cli: Any, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    for seed, name in enumerate(("A", "B")):
        simulate(folder / f"{name}.qev", Zi(), seed=seed, messages=20_000, symbol=name)
    said = cli("pairs", "select", folder, "--sample", "100ms", "--fee-bps", "0", "--json")
    assert said.code in (0, 1), said.err
    found = json.loads(said.out)
    assert found["settings"]["half_spreads_measured"] == ["A", "B"]
    assert all(0 < bps < 100 for bps in found["settings"]["half_spread_bps"].values())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 3, "nowhere: no such folder"),
        (["empty"], 3, "expected files that end in .qev"),
        (["mids", "--sample", "soon"], 2, "sample: expected a time"),
        (["mids", "--sample", "1min"], 3, "at least 500 rows in the window, got 117"),
        (["mids", "--from", "2025-01-01"], 3, "no time in common"),
        (["mids", "--out", "no/where.json"], 2, "--out: no is no folder"),
        (["double"], 3, "U: stands in a.csv and in b.csv"),
        (["single"], 3, "expected two or more instruments, found 1"),
        (["negative"], 3, "negative.csv"),
    ],
)
def test_what_is_refused(cli: Any, mids: Path, words: list[str], code: int, said: str) -> None:
    for name in ("empty", "double", "single", "negative"):
        Path(name).mkdir()
    row = "2024-01-01T00:00:00Z"
    for name in ("double/a", "double/b", "single/a"):
        Path(f"{name}.csv").write_text(f"time,U\n{row},1.0\n")
    Path("negative/negative.csv").write_text(f"time,U,W\n{row},1.0,-1.0\n")
    found = cli("pairs", "select", mids if words[0] == "mids" else words[0], *words[1:])
    assert (found.code, said in found.error) == (code, True), found.err


def test_a_simulated_pair_is_written_and_said_to_be_one(cli: Any, tmp_path: Path) -> None:
    folder = tmp_path / "flow"
    said = cli("pairs", "simulate", folder, "--seconds", "300", "--seed", "2", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert [Path(name).name for name in found["files"]] == ["first.qev", "second.qev"]
    facts = json.loads((folder / "pair.json").read_text())
    assert facts["pair"]["sha256"] == found["sha256"]
    assert (facts["pair"]["kappa"], facts["pair"]["s"]) == (0.004, pytest.approx(20e-4))
    events = (
        "--events",
        folder / "first.qev",
        "--events",
        folder / "second.qev",
        "--pair",
        folder / "pair.json",
    )
    for words, expected in (
        (("--venue", "replay", *events), "expected flow, which --events are, got replay"),
        (("--venue", "flow"), "quantrl pairs simulate DIR makes"),
    ):
        refused = cli("train", "dqn_statarb", *words)
        assert refused.code == 2
        assert expected in refused.err
    assert cli("pairs", "simulate", folder, "--seconds", "300", "--pull", "5").code == 2
