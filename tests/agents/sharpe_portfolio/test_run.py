from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.sharpe_portfolio.small_market import TRAIN_ENV, panel, train_config

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from quantrl.agents._training import checkpoint
from quantrl.agents._training import folder as _folder
from quantrl.agents._training import run as running
from quantrl.agents.sharpe_portfolio import SharpePortfolio
from quantrl.agents.sharpe_portfolio.training import plan as plans
from quantrl.agents.sharpe_portfolio.training._handover import read_market, write_market
from quantrl.agents.sharpe_portfolio.training.plan import Plan
from quantrl.agents.sharpe_portfolio.training.run import resume
from quantrl.data import Panel
from quantrl.envs import Market
from quantrl.errors import ConfigError, DataError, RunError
from quantrl.runs import TrialLedger


def train(root: Path, **changes: Any) -> Any:
    settings = {"steps": 192, "eval_points": 2, **changes}
    data = settings.pop("data", None) or panel()
    out = settings.pop("out", None)
    return SharpePortfolio.train(data, TRAIN_ENV, train_config(**settings), root=root, out=out, quiet=True)


def shas(run: Any) -> list[str]:
    return [row["policy_sha"] for row in run.manifest["runs"]]


def test_a_training_leaves_policies_a_manifest_and_its_trials(tmp_path: Path) -> None:
    run = train(tmp_path, seeds=2, seed0=4, folds=2)
    known = run.manifest
    assert run.path == tmp_path / known["id"]
    assert (known["kind"], known["status"], known["seeds"]) == ("train", "done", [4, 5])
    assert known["market_id"] == Market.of(panel(), TRAIN_ENV).id
    assert [fold["test"] for fold in known["folds"]] == [[320, 360], [360, 400]]
    assert known["folds"][1]["validation"] == [315, 355]
    assert known["folds"][1]["dates"]["test"][1] == "1971-02-04"
    # softmax of 2 and three times -2, of -2 and three times 2
    top, low = np.exp(4) / (np.exp(4) + 3), np.exp(-4) / (np.exp(-4) + 3)
    assert known["action_bounds"] == pytest.approx({"w_max": top, "cash_max": top, "w_min": low})
    for row in known["runs"]:
        folder = run.path / "folds" / str(row["fold"]) / f"seed{row['seed']}"
        assert {file.name for file in folder.iterdir()} >= {
            "policy.safetensors",
            "policy.json",
            "progress.csv",
        }
        assert 1 <= len(checkpoint.listed(folder / "checkpoints")) <= 4
    header, *rows = (run.path / "log.csv").read_text().splitlines()
    assert header.startswith("fold,seed,steps,fps,")
    assert {tuple(row.split(",")[:2]) for row in rows} == {(f, s) for f in "01" for s in "45"}
    lines = TrialLedger(tmp_path).read()
    assert [line.status for line in lines] == ["started"] * 4 + ["done"] * 4
    assert {(line.family, line.data_id) for line in lines} == {("sharpe_portfolio", panel().id)}
    assert [(line.fold, line.seed) for line in lines[4:]] == [(0, 4), (0, 5), (1, 4), (1, 5)]
    assert all(line.sharpe is not None for line in lines[4:])
    assert known["trials"] == {"this_run": 4, "on_data": 4}
    assert not (run.path / "stop").exists()


def test_tensorboard_events_are_written_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run = train(tmp_path)
    assert list((run.path / "tb" / "fold0_seed0").glob("events.*"))


def test_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    here = train(tmp_path / "a", seeds=2)
    there = train(tmp_path / "b", seeds=2, executor="processes", jobs=2)
    assert shas(here) == shas(there)
    assert here.manifest["id"] == there.manifest["id"]


def test_the_test_segment_changes_no_policy(tmp_path: Path) -> None:
    data = panel()
    closes = data["close"].copy()
    closes[360:] *= np.exp(np.random.default_rng(4).normal(0, 0.1, closes[360:].shape))
    other = Panel({"close": closes}, data.time, data.instruments, periods_per_year=252.0)
    assert shas(train(tmp_path / "a")) == shas(train(tmp_path / "b", data=other))


def test_a_process_gets_no_row_of_the_test_segment(tmp_path: Path) -> None:
    plan = Plan.of(panel(), TRAIN_ENV, train_config(folds=2), "t", None)
    _, _, tasks = plan.work(tmp_path, plan.slots(tmp_path), tmp_path)
    assert [task["test_start"] for task in tasks] == [320, 360]
    for task in tasks:
        market = read_market(task["market"])
        assert len(market.time) == task["test_start"]
        assert market.id == Market.of(panel().head(task["test_start"]), TRAIN_ENV).id


def test_a_market_file_holds_opens_where_there_are_any(tmp_path: Path) -> None:
    data = panel()
    opens = {"close": data["close"], "open": data["close"] * 1.01}
    market = Market.of(Panel(opens, data.time, data.instruments, periods_per_year=252.0), TRAIN_ENV)
    write_market(tmp_path / "m.npz", market)
    assert read_market(str(tmp_path / "m.npz")).id == market.id


def test_a_finished_run_is_returned_as_it_is(tmp_path: Path) -> None:
    run = train(tmp_path)
    before = (run.path / "manifest.json").read_bytes()
    assert train(tmp_path).path == run.path
    assert (run.path / "manifest.json").read_bytes() == before
    assert len(TrialLedger(tmp_path).read()) == 2


def interrupt_after(events: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C when the parent has seen so many rows of progress."""
    from contextlib import contextmanager

    @contextmanager
    def display(*args: Any, **options: Any) -> Any:
        seen = 0

        def show(index: int, row: dict[str, Any]) -> None:
            nonlocal seen
            seen += 1
            if seen == events:
                os.kill(os.getpid(), signal.SIGINT)

        yield show

    monkeypatch.setattr(running, "display", display)


@pytest.mark.parametrize(("executor", "jobs", "again"), [("serial", 1, True), ("auto", 2, False)])
def test_ctrl_c_checkpoints_and_the_run_goes_on(
    executor: str, jobs: int, again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = train(tmp_path / "straight", steps=512, seeds=2)
    settings = {"steps": 512, "seeds": 2, "executor": executor, "jobs": jobs, "out": tmp_path / "run"}
    with monkeypatch.context() as patched:
        interrupt_after(3, patched)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, **settings)
    assert _folder.manifest(tmp_path / "run")["status"] == "interrupted"
    folders = [tmp_path / "run" / "folds" / "0" / f"seed{seed}" for seed in (0, 1)]
    assert any(checkpoint.listed(folder / "checkpoints") for folder in folders)
    assert not all((folder / "policy.json").exists() for folder in folders)
    assert "interrupted" in {line.status for line in TrialLedger(tmp_path).read()}
    if again:
        run = train(tmp_path, **settings)
    else:
        run = resume(tmp_path / "run", panel(), root=tmp_path, jobs=1, quiet=True)
    assert run.manifest["status"] == "done"
    assert shas(run) == shas(straight)
    assert TrialLedger(tmp_path).count(data_id=panel().id) == 2


def test_resuming_on_other_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        interrupt_after(1, patched)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, out=tmp_path / "run")
    with pytest.raises(DataError, match=r"data\.id: expected"):
        resume(tmp_path / "run", panel(seed=8), root=tmp_path, quiet=True)


def test_a_run_that_fails_is_a_trial_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise DataError("broken")

    monkeypatch.setattr(plans, "write_market", broken)
    with pytest.raises(DataError, match="broken"):
        train(tmp_path, out=tmp_path / "run")
    assert [line.status for line in TrialLedger(tmp_path).read()] == ["started", "failed"]
    assert _folder.manifest(tmp_path / "run")["status"] == "failed"


def test_another_runs_folder_and_other_folders_are_refused(tmp_path: Path) -> None:
    run = train(tmp_path, out=tmp_path / "run")
    with pytest.raises(RunError, match=f"holds the run {run.manifest['id']}, not"):
        train(tmp_path, out=tmp_path / "run", steps=200)
    (tmp_path / "mine").mkdir()
    with pytest.raises(RunError, match="is not a run folder"):
        train(tmp_path, out=tmp_path / "mine")


def test_two_processes_do_not_train_into_one_folder(tmp_path: Path) -> None:
    again = _folder.claimed(tmp_path / "run")
    with (
        _folder.claimed(tmp_path / "run"),
        pytest.raises(RunError, match="another process trains into it"),
        again,
    ):
        pass


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"overrides": {"n_stepz": 3}}, "n_stepz"),
        ({"overrides": {"gamma": 0.5}}, "gamma: expected that of the environment"),
        ({"min_train": 5_000}, "bars"),
    ],
)
def test_what_does_not_fit_leaves_nothing_behind(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        train(tmp_path / "runs", **changes)
    assert not (tmp_path / "runs").exists()


def test_the_last_date_used_cuts_the_data(tmp_path: Path) -> None:
    run = train(tmp_path, until="1971-01-05")
    known = run.manifest
    assert known["data"]["bars"] == 370
    assert known["data"]["window"] == "1970-01-01..1971-01-05"
    assert known["data"]["id"] == panel().id
    assert known["folds"][0]["test"] == [320, 360]


def test_a_policy_of_drawn_names_is_judged_on_all_of_them(tmp_path: Path) -> None:
    drawn = TRAIN_ENV.replace(assets="random", n_assets=2)
    run = SharpePortfolio.train(
        panel(), drawn, train_config(steps=192, eval_points=2), root=tmp_path, quiet=True
    )
    found = run.evaluate().results
    assert found["env"]["n_assets"] in (None, panel().shape[1])
    assert found["agent"]["summary"]["sharpe"] is not None
    vgg = SharpePortfolio.train(
        panel(),
        drawn,
        train_config(steps=192, eval_points=2, net="vgg"),
        root=tmp_path,
        quiet=True,
    )
    with pytest.raises(DataError, match="n_assets: .* names do not fit this network"):
        vgg.evaluate()
