"""``quantrl contest``: run, then read, explain and verify what was written; Ctrl-C leaves a valid folder."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl import registry
from quantrl.cli import page, place
from quantrl.cli.exits import CHECK_FAILED, INTERRUPTED, IO, USAGE
from quantrl.cli.main import run
from quantrl.config import load_config
from quantrl.runs import TrialLedger

AGENTS = {"rules/equal_weight", "rules/momentum", "rules/inverse_volatility", "rules/random_entry"}
FILES = {
    "audit.jsonl", "config.toml", "decisions.parquet", "equity.parquet", "fills.parquet", "ledger.parquet",
    "log.txt", "manifest.json", "metrics.json", "report.html", "report.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, small_config: str) -> Path:
    """A contest run once for every test that only reads it."""
    root = tmp_path_factory.mktemp("contest")
    (root / "small.toml").write_text(small_config)
    assert run(["contest", "run", str(root / "small.toml"), "--runs", str(root / "runs")]) == 0
    (folder,) = (path for path in (root / "runs").iterdir() if path.is_dir())
    return folder


def _folders(root: Path = Path("runs")) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.exists() else []


def test_the_folder_is_whole(finished: Path) -> None:
    assert {file.name for file in finished.iterdir()} == FILES
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["status"] == "done"
    assert manifest["id"] == finished.name
    assert set(manifest["files"]) == FILES - {"manifest.json"}


def test_the_config_in_the_folder_is_the_effective_one(finished: Path) -> None:
    config = load_config(finished / "config.toml")
    assert config.seed == 3
    assert {agent.id for agent in config.agents} == AGENTS


def test_json_of_a_run(cli: Any, config: Path) -> None:
    said = cli("contest", "run", config, "--to", "2015-12-31", "--seed", "4", "--no-report", "--json")
    assert said.code == 0, said.err
    found = said.json
    assert found["ok"] is True
    assert found["status"] == "done"
    assert found["report"] is None
    assert {row["agent"] for row in found["leaderboard"]} == AGENTS
    assert {book["name"] for book in found["books"]} >= {
        "contest",
        "equal_weight",
        "follow_the_leader",
        "delay_1",
    }
    assert [row["delay"] for row in found["delay"]] == [0, 1]
    assert 0 <= sum(found["weights"].values()) <= 1 + 1e-9
    settings = tomllib.loads((Path(found["run"]) / "config.toml").read_text())
    assert settings["seed"] == 4
    assert settings["data"]["end"] == "2015-12-31"
    assert json.loads((Path(found["run"]) / "report.json").read_text())["command"].endswith(
        "--seed 4 --to 2015-12-31"
    )


def test_people_see_leaderboard_books_and_delay(cli: Any, config: Path) -> None:
    said = cli("contest", "run", config, "--to", "2015-12-31", "--no-report")
    assert "Leaderboard" in said.out
    assert "Buy and hold" in said.out
    assert "feedback one day later" in said.out
    assert "run: runs/small-" in said.out
    assert said.err == ""


def test_same_run_whatever_the_threads(cli: Any, config: Path) -> None:
    words = ("contest", "run", config, "--to", "2015-12-31", "--no-report")
    one = Path(cli(*words, "--out", "one", "--json").json["run"])
    two = Path(cli(*words, "--out", "two", "--threads", "2", "--json").json["run"])
    for name in ("decisions.parquet", "equity.parquet"):
        assert pl.read_parquet(one / name).equals(pl.read_parquet(two / name), null_equal=True)
    assert (one / "audit.jsonl").read_bytes() == (two / "audit.jsonl").read_bytes()


def test_trials_are_written_at_start_and_end(finished: Path) -> None:
    trials = TrialLedger(finished.parent).read()
    assert [trial.status for trial in trials] == ["started"] * 4 + ["done"] * 4
    assert {trial.family for trial in trials} == AGENTS
    assert all(trial.sharpe is not None for trial in trials[4:])
    assert TrialLedger(finished.parent).count(data_id=trials[0].data_id) == 4


def test_explain_the_decision(cli: Any, finished: Path) -> None:
    assert "Funded" in cli("contest", "explain", "--run", finished, "--date", "2016-06-01").out
    found = cli("contest", "explain", "--run", finished, "--json").json["explanation"]
    assert {row["agent"] for row in found["agents"]} == AGENTS


def test_explain_an_agent_by_id_of_the_run(cli: Any, finished: Path) -> None:
    words = ("contest", "explain", "rules/momentum", "--run", finished.name, "--runs", finished.parent)
    said = cli(*words, "--date", "2016-06-01", "--json")
    found = said.json["explanation"]
    assert found["agent"] == "rules/momentum"
    assert found["date"] == "2016-06-01"
    assert said.json["run"] == str(finished)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nobody"], USAGE, "nobody"),
        (["--date", "1980-01-01"], USAGE, "1980-01-01"),
        (["--date", "yesterday"], USAGE, "yesterday"),
    ],
)
def test_explain_refuses(cli: Any, finished: Path, words: list[str], code: int, message: str) -> None:
    said = cli("contest", "explain", "--run", finished, *words)
    assert said.code == code
    assert message in said.error


def test_board_is_that_of_the_report(cli: Any, finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text())
    assert cli("contest", "board", finished, "--json").json["leaderboard"] == report["leaderboard"]
    assert "rules/momentum" in cli("contest", "board", finished).out


def test_board_on_a_date(cli: Any, finished: Path) -> None:
    found = cli("contest", "board", finished, "--date", "2016-01-03", "--json").json
    assert found["date"] == "2015-12-31"
    assert sorted(row["pos"] for row in found["leaderboard"]) == [1, 2, 3, 4]
    assert "ranking on 2015-12-31" in cli("contest", "board", finished, "--date", "2016-01-03").out


def test_board_verifies_and_finds_a_changed_ledger(cli: Any, finished: Path, tmp_path: Path) -> None:
    assert cli("contest", "board", finished, "--verify", "--json").json["verified"] == 504
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in finished.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    ledger = pl.read_parquet(copy / "ledger.parquet")
    row = 900
    ledger = ledger.with_columns(
        gross=pl.when(pl.int_range(pl.len()) == row).then(pl.col("gross") + 0.01).otherwise(pl.col("gross"))
    )
    ledger.write_parquet(copy / "ledger.parquet")
    said = cli("contest", "board", copy, "--verify")
    assert said.code == CHECK_FAILED
    assert "audit.jsonl line" in said.err.splitlines()[-1]


def test_decide_is_the_last_decision_of_a_run_up_to_that_day(cli: Any, config: Path, finished: Path) -> None:
    said = cli("contest", "decide", config, "--asof", "2016-06-04", "--json")
    found = said.json
    assert found["date"] == "2016-06-03"
    decisions = pl.read_parquet(finished / "decisions.parquet")
    row = decisions.filter(pl.col("decided") == found["decided"]).row(0, named=True)
    assert found["weights"] == {name[2:]: value for name, value in row.items() if name.startswith("w:")}
    assert _folders() == []
    assert "AAPL" in cli("contest", "decide", config, "--asof", "2016-06-04").out


def test_decide_before_the_data(cli: Any, config: Path) -> None:
    assert cli("contest", "decide", config, "--asof", "1999-01-01").code == USAGE


def test_a_finished_page_is_rebuilt_from_the_folder(cli: Any, finished: Path) -> None:
    text = (finished / "report.html").read_bytes()
    assert cli("report", finished, "--html", "--json").code == 0
    assert (finished / "report.html").read_bytes() == text


def test_a_full_disk_leaves_nothing(cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        assert folder.is_dir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "draw", full)
    said = cli("contest", "run", config, "--to", "2015-06-30")
    assert said.code == IO
    assert "No space left" in said.error
    assert _folders() == []
    assert [trial.status for trial in TrialLedger("runs").read()] == ["started"] * 4 + ["failed"] * 4


def test_a_folder_that_is_no_run_is_refused_before_the_work(cli: Any, config: Path) -> None:
    Path("precious").mkdir()
    Path("precious/file").write_text("keep me")
    said = cli("contest", "run", config, "--out", "precious")
    assert said.code == IO
    assert "precious" in said.error
    assert Path("precious/file").read_text() == "keep me"
    assert not Path("runs").exists()


class _Interrupts:
    """Stands in for Ctrl-C on a bar of its own."""

    def __init__(self, bar: int) -> None:
        self.bar = bar

    def decide(self, view: Any) -> Any:
        from quantrl.agent import Decision

        if view.n == self.bar:
            raise KeyboardInterrupt
        return Decision.cash(view.n_instruments)


def _interrupt_at(bar: int, monkeypatch: pytest.MonkeyPatch) -> None:
    build = registry.build_agent

    def interrupting(agent_id: str, *rest: Any, **key: Any) -> Any:
        return _Interrupts(bar) if agent_id == "rules/random_entry" else build(agent_id, *rest, **key)

    monkeypatch.setattr(registry, "build_agent", interrupting)


def test_ctrl_c_leaves_a_valid_folder(cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _interrupt_at(100, monkeypatch)
    said = cli("contest", "run", config, "--json")
    assert said.code == INTERRUPTED
    assert said.json["status"] == "interrupted"
    folder = Path(said.json["run"])
    assert {file.name for file in folder.iterdir()} == FILES
    assert json.loads((folder / "manifest.json").read_text())["status"] == "interrupted"
    assert len(pl.read_parquet(folder / "decisions.parquet")) == 99
    assert cli("contest", "board", folder, "--verify").code == 0


def test_ctrl_c_before_the_first_decision_leaves_nothing(
    cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt_at(1, monkeypatch)
    said = cli("contest", "run", config)
    assert said.code == INTERRUPTED
    assert _folders() == []


def test_an_interrupted_run_does_not_replace_a_finished_one(tmp_path: Path) -> None:
    done = tmp_path / "run"
    done.mkdir()
    assert place.final(done, "interrupted") == done
    (done / "manifest.json").write_text('{"status": "done"}')
    assert place.final(done, "done") == done
    assert place.final(done, "interrupted").name == "run-interrupted"
    (done / "manifest.json").write_text('{"status": "interrupted"}')
    assert place.final(done, "interrupted") == done


def test_a_true_sigint(tmp_path: Path, config: Path) -> None:
    config.write_text(
        config.read_text().replace('start = "2015-01-01", end = "2016-12-31"', 'end = "2022-12-28"')
    )
    words = [sys.executable, "-m", "quantrl", "contest", "run", str(config), "--json", "--no-report"]
    found: dict[str, Any] = {}
    # On a busy machine half a second may not be enough for one decision, and before it there is nothing to keep.
    for pause in (0.5, 3.0, 12.0):
        process = subprocess.Popen(
            words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        trials = tmp_path / "runs" / "trials.jsonl"
        before = trials.stat().st_size if trials.exists() else 0
        while not trials.exists() or trials.stat().st_size == before:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == INTERRUPTED, err
        found = json.loads(out)
        if "run" in found:
            break
    manifest = json.loads((tmp_path / found["run"] / "manifest.json").read_text())
    assert (found["status"], manifest["status"]) == ("interrupted", "interrupted")
    assert "Traceback" not in err
