"""What the command line changes in a config, and the command that repeats it."""

from __future__ import annotations

import math
import shlex
import tomllib
from pathlib import Path

import pytest

from quantrl.cli import job
from quantrl.config import load_config
from quantrl.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("seed=5", "seed", 5),
        ("backtest.costs.bps=2.5", "backtest.costs.bps", 2.5),
        ("data.start=2001-02-03", "data.start", "2001-02-03"),
        ("name=other", "name", "other"),
        ('name = "quoted"', "name", "quoted"),
        ("name=a=b", "name", "a=b"),
    ],
)
def test_assignment(text: str, key: str, value: object) -> None:
    assert job.assignment(text) == (key, value)


@pytest.mark.parametrize("text", ["seed", "=5", ""])
def test_assignment_refuses(text: str) -> None:
    with pytest.raises(ConfigError, match="--set: expected key=value"):
        job.assignment(text)


def test_a_limit_that_asks_nothing_has_an_id(config: Path) -> None:
    asked = "selection.gate={name='standard', drawdown_cut=inf}"
    one = job.load(config, "quantrl contest run", seed=None, start=None, end=None, sets=[asked])
    two = job.load(config, "quantrl contest run", seed=None, start=None, end=None, sets=[asked])
    plain = job.load(config, "quantrl contest run", seed=None, start=None, end=None, sets=[])
    assert one.id == two.id != plain.id
    assert tomllib.loads(one.toml)["selection"]["gate"]["drawdown_cut"] == math.inf


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("agents.1.params.lookback=nan", r"agents\[1\].params"),
        ("selection.gate={name='standard', psr_stay=nan}", "selection.gate"),
        ("selection.voters=[{name='mmc', half_life=[1.0, nan]}]", r"selection.voters\[0\]"),
    ],
)
def test_nan_is_no_setting(config: Path, asked: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}.*expected no NaN"):
        job.load(config, "quantrl contest run", seed=None, start=None, end=None, sets=[asked])


def test_override_reaches_every_level(config: Path) -> None:
    changes = {
        "seed": 9,
        "selection.half_life": 63.0,
        "agents.1.params.lookback": 126,
        "backtest.costs.bps": 0.0,
    }
    changed = job.override(load_config(config), changes)
    assert changed.seed == 9
    assert changed.selection.half_life == 63.0
    assert changed.agents[1].params == {"lookback": 126, "skip": 5}
    assert changed.backtest.costs.bps == 0.0


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sede", 1, "unknown key 'sede'"),
        ("seed", -1, "seed: "),
        ("agents.9.id", "x", "no section '9'"),
        ("agents.0", "x", "name a key"),
        ("seed.low", 1, "no section 'seed'"),
    ],
)
def test_override_refuses(config: Path, key: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        job.override(load_config(config), {key: value})


def test_command_repeats_the_job(config: Path) -> None:
    one = job.load(config, "quantrl contest run", seed=4, start="2016-01-01", end=None, sets=["name=x y"[:6]])
    words = shlex.split(one.command)
    assert words[:3] == ["quantrl", "contest", "run"]
    assert words[3:] == [str(config), "--seed", "4", "--from", "2016-01-01", "--set", "name=x"]
    assert one.config.seed == 4
    assert one.panel.n_bars < 300


def test_folder_depends_on_config_and_data(config: Path) -> None:
    one = job.load(config, "x")
    assert one.folder(None, Path("runs")) == job.load(config, "y").folder(None, Path("runs"))
    assert one.folder(None, Path("runs")) != job.load(config, "x", seed=8).folder(None, Path("runs"))
    assert one.folder(Path("here"), Path("runs")) == Path("here")


def test_weights_file_is_part_of_the_config(tmp_path: Path) -> None:
    weights = tmp_path / "w.csv"
    weights.write_text("date,KO\n2015-01-05,1.0\n")
    one = job.of_files("us20", weights, sets=["backtest.fill=next_close"])
    weights.write_text("date,KO\n2015-01-05,0.5\n")
    two = job.of_files("us20", weights, sets=["backtest.fill=next_close"])
    assert one.folder(None, Path()) != two.folder(None, Path())
    with pytest.raises(DataError, match="cannot be read"):
        job.of_files("us20", tmp_path / "absent.csv")
