"""``quantrl contest`` with documents: run, look into the run, repeat it, take it apart; every way a run can end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contest.small_contest import config as small
from contest.small_contest import run as run_small
from contest.small_contest import talking, unsynced, world
from quantrl.cli import exits
from quantrl.cli.main import run
from quantrl.contest.journal import STEPS

CONFIG = """
name = "tiny"
start = "2030-01-21"
end = "2030-01-23"
documents = "planted"
agents = ["contest/researcher:catalyst", "contest/researcher:contrarian", "rules/equal_weight"]

[contest]
context = { capacity = 1_600 }
"""
DAYS = 3


@pytest.fixture(scope="module", autouse=True)
def short_world() -> Iterator[None]:
    """The planted world ends after 30 days, and nothing waits for the disk."""
    with unsynced(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("quantrl.contest.inputs.load_planted", lambda seed=0: world())
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for every test that only reads it."""
    root = tmp_path_factory.mktemp("trade")
    (root / "tiny.toml").write_text(CONFIG)
    assert run(["contest", "run", str(root / "tiny.toml"), "--runs", str(root / "runs")]) == 0
    (folder,) = (path for path in (root / "runs").iterdir() if path.is_dir())
    return folder


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose answers were recorded, two days of a model that says what rules would say."""
    out = tmp_path_factory.mktemp("recorded") / "run"
    made = small(2, llm="scripted:double", documents="planted")
    run_small(out, made, llms={"scripted": talking()}).report(html=False)
    return out


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.toml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    """The recorded run, to be spoilt."""
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def test_a_run_without_a_terminal_says_one_line_a_step(cli: Any, tiny: Path) -> None:
    said = cli("contest", "run", tiny, "--no-report")
    assert said.code == 0, said.err
    lines = said.err.splitlines()
    assert lines[0] == "Deterministic rules and a word list. No language model was used."
    assert [line.split()[5] for line in lines[1:]] == list(STEPS) * DAYS
    assert lines[1].startswith("2030-01-21 day 1 of 3 OPEN")
    assert said.out.startswith(lines[0])
    assert "Results after costs" in said.out
    assert "run: runs/tiny-" in said.out


def test_json_of_a_run(cli: Any, tiny: Path) -> None:
    said = cli("contest", "run", tiny, "--no-report", "--json", "--engine", "selection", "--seed", "3")
    assert said.code == 0, said.err
    found = said.json
    assert (found["ok"], found["status"], found["report"]) == (True, "done", None)
    assert found["banner"].startswith("Deterministic rules")
    assert {book["name"] for book in found["books"]} >= {"book", "paper", "selection", "equal", "buy_hold"}
    assert set(found["weights"]) == set(world()[0].instruments)
    assert len(found["digest"]) == 64
    assert found["spend"]["calls"]["cap"] is None
    summary = json.loads((Path(found["run"]) / "summary.json").read_text())
    assert summary["command"].endswith("--seed 3 --engine selection")
    assert summary["research_contest"]["engine"] == "selection"


def test_the_same_command_finds_the_run_and_does_nothing(cli: Any, finished: Path) -> None:
    before = (finished / "journal.jsonl").read_bytes()
    config = finished.parent.parent / "tiny.toml"
    said = cli("contest", "run", config, "--runs", finished.parent, "--no-report", "--json")
    assert said.json["run"] == str(finished)
    assert (finished / "journal.jsonl").read_bytes() == before


def test_only_some_instruments_on_one_day(cli: Any, tiny: Path) -> None:
    words = ("--symbol", "QVLT", "--symbol", "BRZK", "--date", "2030-01-22")
    found = cli("contest", "run", tiny, "--no-report", "--json", *words).json
    assert set(found["weights"]) == {"QVLT", "BRZK"}
    assert [path.name for path in (Path(found["run"]) / "days").iterdir()] == ["00014-2030-01-22"]


def test_the_config_in_the_folder_gives_the_same_run(cli: Any, finished: Path) -> None:
    said = cli("contest", "run", finished / "config.toml", "--runs", finished.parent, "--no-report", "--json")
    assert said.json["run"] == str(finished)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--date", "2030-01-21", "--from", "2030-01-21"], exits.USAGE, "--date"),
        (["--preset", "best"], exits.USAGE, "preset"),
        (["--preset", "paper-v3"], exits.USAGE, "calibration"),
        (["--engine", "luck"], exits.USAGE, "engine"),
        (["--llm", "oracle"], exits.USAGE, "--llm"),
        (["--llm", "replay:nowhere"], exits.IO, "nowhere"),
        (["--llm", "openai:some-model"], exits.USAGE, ""),
        (["--symbol", "AAPL"], exits.DATA, "AAPL"),
        (["--from", "1999-01-01", "--to", "1999-02-01"], exits.USAGE, "1999"),
        (["--resume", "nowhere"], exits.IO, "nowhere"),
        (["--fork", "nowhere"], exits.IO, "nowhere"),
        (["--resume", "x", "--out", "y"], exits.USAGE, "--resume"),
    ],
)
def test_run_refuses(
    cli: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, message: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = cli("contest", "run", tiny, *words, "--no-report", "--json")
    assert said.code == code, said.err
    assert message in said.json["error"]["message"]
    assert not list(Path().glob("runs/tiny*/summary.json"))


@pytest.mark.parametrize(
    "flag", ["--preset", "--engine", "--symbol", "--llm", "--resume", "--fork", "--date"]
)
def test_options_of_a_contest_with_documents_need_documents(cli: Any, config: Path, flag: str) -> None:
    said = cli("contest", "run", config, flag, "x")
    assert said.code == exits.USAGE
    assert flag in said.error


def test_a_folder_that_is_no_contest_is_kept(cli: Any, tiny: Path) -> None:
    Path("precious").mkdir()
    Path("precious/file").write_text("keep me")
    assert cli("contest", "run", tiny, "--out", "precious", "--json").code == exits.IO
    assert [path.name for path in Path("precious").iterdir()] == ["file"]


def test_a_budget_that_cuts_is_exit_5(cli: Any, tiny: Path) -> None:
    tiny.write_text(CONFIG + "\n[budget.run]\ncalls = 60\n")
    said = cli("contest", "run", tiny, "--no-report", "--json")
    assert said.code == exits.PARTIAL
    assert (said.json["ok"], said.json["status"]) == (False, "partial")
    assert said.json["spend"]["calls"]["used"] <= 60
    assert "partial" in said.err


def test_a_cap_in_usd_lets_rules_answer(cli: Any, tiny: Path) -> None:
    words = ("--budget-usd", "1", "--date", "2030-01-21", "--no-report", "--json")
    assert cli("contest", "run", tiny, *words).json["spend"]["usd"] == {"cap": 1.0, "used": 0.0}


def test_explain_a_day_an_entrant_and_a_reader(cli: Any, finished: Path) -> None:
    day = cli("contest", "explain", "--run", finished, "--json").json["explanation"]
    assert {row["agent"] for row in day["agents"]} == {"catalyst", "contrarian", "rules/equal_weight"}
    said = cli("contest", "explain", "catalyst", "--run", finished, "--date", "2030-01-22")
    assert said.out.startswith("catalyst on 2030-01-22")
    assert "because" in said.out
    found = cli(
        "contest", "explain", "courier", "--run", finished.name, "--runs", finished.parent, "--json"
    ).json
    lines = found["explanation"]["lines"]
    assert len(lines) == found["explanation"]["factor"]["lines"] > 0
    assert sum(len(line["ratings"]) for line in lines) == found["explanation"]["factor"]["pairs"]
    assert lines[0]["text"] in cli("contest", "explain", "courier", "--run", finished).out
    assert cli("contest", "explain", "nobody", "--run", finished).code == exits.USAGE


def test_board_of_the_end_and_of_a_day(cli: Any, finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text())
    assert cli("contest", "board", finished, "--json").json["leaderboard"] == report["leaderboard"]
    found = cli("contest", "board", finished, "--date", "2030-01-22", "--json").json
    assert found["date"] == "2030-01-22"
    assert len(found["leaderboard"]) == 3
    assert cli("contest", "board", finished, "--verify").code == exits.USAGE


def test_report_again_gives_the_same_bytes(cli: Any, finished: Path) -> None:
    assert cli("report", finished, "--html").code == 0
    before = {name: (finished / name).read_bytes() for name in ("report.json", "report.md", "report.html")}
    said = cli("report", finished, "--html", "--json")
    assert said.code == 0, said.err
    assert said.json["report"] == str(finished / "report.html")
    assert {name: (finished / name).read_bytes() for name in before} == before
    assert cli("report", finished, "--text").out.startswith("Deterministic rules")


def test_replay_of_rules_works_everything_out_again(cli: Any, finished: Path) -> None:
    found = cli("contest", "replay", finished, "--json").json
    assert (found["equal"], found["days"], found["steps"]) == (True, DAYS, DAYS * len(STEPS))


def test_replay_that_comes_out_otherwise_is_exit_6(
    cli: Any, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantrl.contest.analysts.rules.ground_rate.polarity", lambda text: 0.0)
    said = cli("contest", "replay", finished)
    assert said.code == exits.REPLAY_MISMATCH
    assert "RATED" in said.error


def test_replay_from_a_record(cli: Any, recorded: Path) -> None:
    assert cli("contest", "replay", recorded, "--json").json["equal"] is True


def test_replay_without_an_answer_is_exit_4(cli: Any, copy: Path) -> None:
    next(iter(sorted((copy / "llm" / "objects").rglob("*.json")))).unlink()
    assert cli("contest", "replay", copy).code == exits.REPLAY_MISS


def test_replay_of_an_altered_answer_is_exit_3(cli: Any, copy: Path) -> None:
    for file in (copy / "llm" / "objects").rglob("*.json"):
        raw = bytearray(file.read_bytes())
        raw[len(raw) // 2] ^= 1
        file.write_bytes(bytes(raw))
    assert cli("contest", "replay", copy).code == exits.DATA


def test_cost_as_recorded_and_at_other_prices(cli: Any, recorded: Path, tmp_path: Path) -> None:
    found = cli("contest", "cost", recorded, "--json").json
    assert found["total"]["replies"] == found["total"]["calls"] > 0
    prices = tmp_path / "prices.toml"
    entry = '[[price]]\nprovider = "scripted"\nmodel = "double"\ninput = 1.0\noutput = 2.0\n'
    prices.write_text(f"as_of = 2030-01-01\n{entry}")
    priced = cli("contest", "cost", recorded, "--prices", prices, "--json").json
    assert priced["prices_of"] == "2030-01-01"
    assert "What answers cost" in cli("contest", "cost", recorded).out
    assert cli("contest", "cost", recorded, "--prices", "none.toml").code == exits.USAGE


def test_a_packed_record_answers_a_run(cli: Any, recorded: Path) -> None:
    found = cli("contest", "pack", recorded, "--out", "record.gz", "--json").json
    again = cli("contest", "pack", recorded, "--out", "again.gz", "--json").json
    assert found["sha256"] == again["sha256"]
    words = ("--llm", "replay:record.gz", "--out", "replayed", "--no-report", "--json")
    said = cli("contest", "run", recorded / "config.toml", *words)
    assert said.code == 0, said.err
    assert said.json["digest"] == json.loads((recorded / "summary.json").read_text())["digest"]
    assert said.json["spend"]["usd"]["used"] == 0


def test_rules_leave_nothing_to_pack(cli: Any, finished: Path) -> None:
    assert cli("contest", "pack", finished).code == exits.USAGE


def test_momentum(cli: Any, finished: Path) -> None:
    found = cli("contest", "momentum", finished, "--json").json
    assert [one["contest"] for one in found["contests"]] == ["data", "research"]
    assert "must not be chosen" in cli("contest", "momentum", finished).out


def test_ablations_that_ask_nobody_need_no_leave(cli: Any, finished: Path) -> None:
    chosen = "no-research-contest,random-research,no-judge"
    said = cli("contest", "ablate", finished, "--variants", chosen, "--json")
    assert said.code == 0, said.err
    assert [(row["name"], row["seeds"]) for row in said.json["variants"]] == [
        ("no-research-contest", 1), ("random-research", 20), ("no-judge", 1),
    ]  # fmt: skip
    assert said.json["calls"] == 0
    assert cli("contest", "ablate", finished, "--variants", "no-luck").code == exits.USAGE


def test_ablations_of_recorded_rows_run_nothing(cli: Any, recorded: Path) -> None:
    said = cli("contest", "ablate", recorded, "--variants", "no-research-contest", "--json")
    assert said.code == 0, said.err
    assert [path.name for path in (recorded / "ablate").iterdir()] == ["comparison.json"]
    shutil.rmtree(recorded / "ablate")


def test_ablations_that_ask_a_model_need_leave(cli: Any, recorded: Path) -> None:
    said = cli("contest", "ablate", recorded, "--variants", "no-deep-research")
    assert said.code == exits.USAGE
    assert "--yes" in said.error
    assert "to be asked at most" in said.out
    assert not (recorded / "ablate").exists()


def test_probes(cli: Any, finished: Path) -> None:
    said = cli("contest", "probe", finished, "--json")
    assert said.code == 0, said.err
    hide, turn = said.json["probes"]
    assert (hide["kind"], turn["kind"]) == ("hide", "turn")
    assert turn["unchanged"]["value"] < hide["unchanged"]["value"]


def test_a_page_of_several_runs(cli: Any, finished: Path, recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.md"
    said = cli("contest", "page", finished, recorded, "--out", out, "--json")
    assert said.code == 0, said.err
    assert said.json["runs"] == [finished.name, recorded.name]
    text = out.read_text()
    assert text.startswith("# ContestTrade: results\n")
    assert text.count("### Results after costs") == 2
    assert text.count("### Record and replay") == 1
    assert cli("contest", "page", finished).out.startswith("# ContestTrade: results\n")
    assert cli("contest", "page", tmp_path / "none").code == exits.IO


@pytest.mark.parametrize("verb", ["replay", "cost", "ablate", "probe", "momentum", "pack"])
def test_verbs_of_a_contest_with_documents_refuse_another(cli: Any, verb: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_text('{"kind": "contest"}')
    assert cli("contest", verb, other).code == exits.USAGE
    assert cli("contest", verb, "nowhere").code == exits.IO


def test_decide_sends_to_run(cli: Any, tiny: Path) -> None:
    said = cli("contest", "decide", tiny)
    assert said.code == exits.USAGE
    assert "contest run" in said.error


def test_the_local_model_is_not_installed_without_leave(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    said = cli("contest", "install-local-llm")
    assert said.code == 0
    assert "Apache-2.0" in said.out
    assert "nothing was installed" in said.out


def test_a_true_sigint_and_the_same_command_again(tmp_path: Path, tiny: Path) -> None:
    tiny.write_text(CONFIG.replace("2030-01-23", "2030-01-25"))
    words = [sys.executable, "-m", "quantrl", "contest", "run", str(tiny), "--no-report", "--json"]
    process = subprocess.Popen(
        [*words, "--out", "cut"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    journal = tmp_path / "cut" / "journal.jsonl"
    while not journal.exists() or journal.read_bytes().count(b"\n") < 3:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == exits.INTERRUPTED, err
    assert "Traceback" not in err
    assert json.loads(out)["ok"] is False
    done = [
        subprocess.run([*words, "--out", name], cwd=tmp_path, capture_output=True, text=True, check=True)
        for name in ("cut", "whole")
    ]
    cut, whole = (json.loads(one.stdout) for one in done)
    assert (cut["status"], cut["digest"]) == ("done", whole["digest"])
