"""From a run folder to figures: the folder is real, only the network behind a policy file is a table."""

from __future__ import annotations

import json

import pytest

from agents.sharpe_portfolio import run_folder
from agents.sharpe_portfolio.worlds import CONFIG, RULES, Jitter, independent
from quantrl.agents.sharpe_portfolio.evaluation import loading
from quantrl.agents.sharpe_portfolio.evaluation.evaluate import evaluate
from quantrl.agents.sharpe_portfolio.evaluation.loading import load_study
from quantrl.cli.main import run as quantrl
from quantrl.data import load_sample
from quantrl.envs import Market
from quantrl.errors import ConfigError, DataError, RunError
from quantrl.runs import Trial, TrialLedger, open_run

PANEL = independent(0)
FEW = {"draws": 3, "bootstrap": 100, "baselines": RULES}


@pytest.fixture(autouse=True)
def _policies_are_tables(monkeypatch):
    def policy(place, market, config):
        return Jitter(json.loads((place / "policy.json").read_text())["seed"])

    monkeypatch.setattr(loading, "_policy", policy)


def _load(folder, panel=PANEL):
    return load_study(open_run(folder), panel, TrialLedger(folder.parent))


def test_a_run_is_evaluated_and_written_beside_it(tmp_path):
    folder = run_folder.write(tmp_path, PANEL)
    TrialLedger(tmp_path).append(
        [
            Trial("sharpe_portfolio", PANEL.id, "1970-01-02..1971-08-25", "c", seed, fold, "done", 0.1 * seed)
            for seed in (0, 1, 2, 3)
            for fold in (0, 1, 2)
        ]
    )
    report = evaluate(folder, PANEL, costs_bps=(0, 50), **FEW)
    assert report.path == folder / "results.json"
    assert json.loads(report.path.read_text()) == report.results
    assert report.results["trials"]["n"] == 12
    assert [row["bps"] for row in report.results["sweep"]] == [0.0, 50.0]
    assert [row["seed"] for row in report.results["seeds"]] == [0, 1]
    assert report.results["run"]["command"] == "quantrl train sharpe_portfolio --data world"
    again = evaluate(folder, PANEL, costs_bps=(0, 50), **FEW)
    assert again.results == report.results


def test_runs_that_left_no_policy_are_named_and_the_others_deployed(tmp_path):
    folder = run_folder.write(tmp_path, PANEL, without=((2, 1), (0, 0)))
    found = evaluate(folder, PANEL, **FEW).results
    assert found["missing"] == [
        {"fold": 0, "seed": 0, "status": "not run"},
        {"fold": 2, "seed": 1, "status": "diverged"},
    ]
    assert found["seeds"] == []
    assert [(row["fold"], row["seed"]) for row in found["fold_seed"]] == [(0, 1), (1, 0), (1, 1), (2, 0)]
    # A ledger without lines: the runs of the manifest count all the same.
    assert found["trials"]["n"] == 6


def test_other_data_are_refused(tmp_path):
    folder = run_folder.write(tmp_path, PANEL)
    with pytest.raises(DataError, match=f"expected the panel {PANEL.id}"):
        _load(folder, independent(1))
    with pytest.raises(DataError, match="pass the panel"):
        _load(folder, None)
    wrong = run_folder.write(tmp_path / "b", PANEL, market_id="0" * 64)
    with pytest.raises(DataError, match="market_id: expected 0000"):
        _load(wrong)


def test_rows_after_the_last_one_used_are_cut_off(tmp_path):
    short = PANEL.head(550)
    about = {**run_folder.manifest(PANEL)["data"], "bars": 550}
    folder = run_folder.write(tmp_path, short, data=about)
    study, _ = _load(folder, PANEL)
    assert study.panel.n_bars == 550


def _on_us20(root):
    sample = load_sample("us20")
    about = run_folder.manifest(PANEL)["data"]
    about |= {"id": sample.id, "section": {"sample": "us20"}, "bars": sample.n_bars}
    return run_folder.write(root, PANEL, data=about, market_id=Market.of(sample, CONFIG).id)


def test_data_are_loaded_as_the_manifest_says(tmp_path):
    assert _load(_on_us20(tmp_path), None)[0].panel.id == load_sample("us20").id


def test_another_kind_of_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="expected 'train', got 'contest'"):
        _load(run_folder.write(tmp_path, PANEL, kind="contest"))


def test_unknown_options_are_refused_by_name(tmp_path):
    folder = run_folder.write(tmp_path, PANEL)
    with pytest.raises(ConfigError, match="unknown option 'shuffles'"):
        evaluate(folder, PANEL, shuffles=3)


def test_the_command_prints_one_object_and_writes_the_page(tmp_path, capsys):
    folder = _on_us20(tmp_path)
    page, audit = tmp_path / "docs" / "page.md", tmp_path / "audit.md"
    audit.write_text("| item | value |\n")
    words = [
        "evaluate",
        "study-1",
        "--runs",
        str(tmp_path),
        "--costs",
        "0,25",
        "--draws",
        "2",
        "--bootstrap",
        "50",
    ]
    assert quantrl([*words, "--page", str(page), "--audit", str(audit), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert printed["run"] == str(folder)
    assert printed["results"]["command"] == "quantrl evaluate study-1 --costs 0,25 --draws 2 --bootstrap 50"
    assert "series" not in printed["results"]
    assert page.read_text().startswith("# Sharpe portfolio: results\n")
    assert page.read_text().endswith("| item | value |\n")
    before = (folder / "results.json").read_bytes()
    (folder / "folds" / "0" / "seed0" / "policy.json").unlink()
    assert quantrl(["evaluate", str(folder), "--reuse", "--runs", str(tmp_path), "--page", str(page)]) == 0
    assert (folder / "results.json").read_bytes() == before
    assert "Inverse volatility" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--costs", "ten"], 2, "--costs: expected basis points"),
        (["--costs", "-1"], 2, "costs: expected basis points from 0"),
        (["--audit", "nowhere.md"], 3, "nowhere.md: cannot be read"),
    ],
)
def test_bad_options_end_in_one_line(tmp_path, capsys, words, code, said):
    run_folder.write(tmp_path, PANEL)
    assert quantrl(["evaluate", "study-1", "--runs", str(tmp_path), *words]) == code
    assert said in capsys.readouterr().err


def test_no_such_run_is_an_error_of_input(tmp_path, capsys):
    assert quantrl(["evaluate", "nothing", "--runs", str(tmp_path)]) == 8
    assert "nothing: no run folder" in capsys.readouterr().err
