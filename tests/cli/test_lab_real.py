"""``quantrl lab real``, ``tried`` and ``ledger``: pages, what is kept, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.cli.exits import DATA, INTERRUPTED, IO, USAGE
from quantrl.cli.main import run
from quantrl.data import samples
from quantrl.runs import new_run
from quantrl.selection import lab
from quantrl.selection.lab import _trials
from quantrl.selection.lab.real import entry, grid
from quantrl.selection.runner import Contest
from selection.toy import finished

BARS = 510


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The command on a short file and ten agents."""
    kinds = ("equal_weight", "random_weights", "buy_and_hold", "price_above_sma")
    small = grid.pool(20, kinds)[:10]
    monkeypatch.setattr(entry, "pool", lambda n: small)
    frame = pl.read_parquet(samples.sample_path("us20")).tail(BARS)
    frame.write_csv(tmp_path / "tail.csv")
    words = ["lab", "real", "--data", str(tmp_path / "tail.csv"), "--close-time", "16:00 America/New_York"]
    return [*words, "--periods-per-year", "252", "--out", str(tmp_path / "page.md")]


def test_a_page_that_is_the_same_again(
    few: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*few, "--threads", "1"]) == 0
    page, figures = tmp_path / "page.md", tmp_path / "page" / "tail.json"
    text, bytes_ = page.read_text(encoding="utf-8"), figures.read_bytes()
    for words in (
        "## tail",
        "### The selector less the others",
        "### Shown to have skill",
        "### Adopted",
        "(control)",
    ):
        assert words in text
    assert "not distinguishable" in text or "distinguishable from 0" in text
    assert run([*few, "--threads", "2", "--fresh"]) == 0
    assert (page.read_text(encoding="utf-8"), figures.read_bytes()) == (text, bytes_)

    def never(self: Contest, progress: Any = None) -> Any:
        raise AssertionError("what is there was run again")

    monkeypatch.setattr(Contest, "run", never)
    capfd.readouterr()
    assert run([*few, "--json"]) == 0
    assert page.read_text(encoding="utf-8") == text
    assert json.loads(capfd.readouterr().out)["panels"][0] == json.loads(bytes_)


def test_an_interrupt_leaves_nothing_half_written(
    few: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Contest.step

    def stopped(self: Contest, t: int) -> Any:
        if t == 100:
            raise KeyboardInterrupt
        return real(self, t)

    monkeypatch.setattr(Contest, "step", stopped)
    assert run(few) == INTERRUPTED
    assert not (tmp_path / "page.md").exists()
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--data", "csi300", "--shared", "nowhere"], DATA, "no such file"),
        (["--data", "us20", "--data", "us20"], USAGE, "each panel once"),
        (["--data", "a.csv"], USAGE, "never guessed"),
    ],
)
def test_what_is_refused(
    words: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["lab", "real", *words]) == code
    assert message in capfd.readouterr().err


def test_ideas_are_chosen_on_one_seed_and_judged_on_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_trials, "POOLS", ("P1", "P8"))
    monkeypatch.setattr(_trials, "FAMILIES", {"calm": _trials.FAMILIES["calm and wild"][:2]})
    out = tmp_path / "tried.md"
    assert run(["lab", "tried", "--seeds", "2", "--out", str(out), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    best = max(said["seen"]["calm"], key=lambda gain: gain["mean"])
    assert [gain["idea"] for gain in said["fresh"]] == [best["idea"], _trials.MIX, _trials.COPIES]
    assert set(said["detection"]) == {"default", _trials.MIX, _trials.COPIES}
    assert best["mean"] == pytest.approx(sum(pair[0] for pair in best["by_pool"].values()) / 2)
    text = " ".join(out.read_text(encoding="utf-8").split())
    assert f"judged once, on seed {_trials.FRESH}" in text
    made = lab.table("P8", ["half-life mix", "default"], seeds=2, seed=_trials.FRESH)
    gap = made.cells["half-life mix", "P8"].sharpe - made.cells["default", "P8"].sharpe
    assert said["fresh"][1]["by_pool"]["P8"][0] == pytest.approx(gap, abs=1e-12)


@pytest.mark.parametrize(("gains", "kept"), [([0.2, 0.0], True), ([0.4, -0.2], False), ([0.02, 0.0], False)])
def test_who_is_kept(gains: list[float], kept: bool) -> None:
    assert _trials.Gain("a", "core", {f"P{i}": (gain, 0.02) for i, gain in enumerate(gains)}).kept is kept


def test_other_pipelines_on_a_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with new_run(tmp_path / "toy") as folder:
        finished().write(folder)
        finished().seal(folder)
    short, long = tmp_path / "short.toml", tmp_path / "long.toml"
    short.write_text("[selection]\nhalf_life = 10.0\ntop_k = 1\n")
    long.write_text('[pipeline]\nselect = { name = "top_k", k = 5 }\n')
    words = ["lab", "ledger", str(tmp_path / "toy"), "--pipelines"]
    assert run([*words, f"{short}, {long}", "--json"]) == 0
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert [one["name"] for one in said["pipelines"]] == ["as run", "short", "long"]
    assert said["pipelines"][0]["gap"] is None
    assert "single comparisons" in err
    assert run([*words, f"{short},{tmp_path / 'other' / 'short.toml'}"]) == USAGE
    assert run([*words, ","]) == USAGE
    assert run(["lab", "ledger", "nowhere", "--pipelines", str(short)]) == IO
