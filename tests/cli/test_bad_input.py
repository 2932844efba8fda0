"""What people get wrong: one clear line that names the file and the row or key, exit 2 or 3, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantrl.cli.exits import DATA, USAGE

GOOD = "date,A,B\n2020-01-02,10,20\n2020-01-03,11,19\n2020-01-06,12.1,20.9\n2020-01-07,11,22\n"
CONFIG = """
name = "mine"
data = { path = "prices.csv", periods_per_year = 252.0 }
backtest = { fill = "next_close" }
agents = [{ id = "rules/equal_weight" }]
"""

FILES = {
    "negative price": (GOOD.replace("19", "-19"), "prices.csv", ["prices.csv", "line 3", "B", "-19"]),
    "zero price": (GOOD.replace("19", "0"), "prices.csv", ["prices.csv", "line 3"]),
    "a cell that reads NaN": (GOOD.replace("12.1", "NaN"), "prices.csv", ["prices.csv", "line 4", "A"]),
    "a cell that reads inf": (GOOD.replace("12.1", "inf"), "prices.csv", ["prices.csv", "line 4", "A"]),
    "a word": (GOOD.replace("12.1", "many"), "prices.csv", ["prices.csv", "line 4"]),
    "unsorted dates": (GOOD.replace("2020-01-06", "2020-01-01"), "prices.csv", ["prices.csv", "line 4"]),
    "a date twice": (GOOD.replace("2020-01-06", "2020-01-03"), "prices.csv", ["prices.csv", "line 4"]),
    "text named parquet": (GOOD, "prices.parquet", ["prices.parquet"]),
    "an empty file": ("", "prices.csv", ["prices.csv"]),
}
CONFIGS = {
    "unknown key": (CONFIG + "sede = 3\n", USAGE, ["mine.toml", "sede"]),
    "unknown nested key": (CONFIG.replace("fill =", "fil ="), USAGE, ["mine.toml", "fil"]),
    "wrong value": (CONFIG.replace("next_close", "sometime"), USAGE, ["mine.toml", "backtest.fill"]),
    "not TOML": ("name = ", USAGE, ["mine.toml", "TOML"]),
    "unknown agent": (CONFIG.replace("equal_weight", "nonsense"), USAGE, ["rules/nonsense"]),
    "unknown parameter": (
        CONFIG.replace('weight" }', 'weight", params = { evry = 3 } }'),
        USAGE,
        ["rules/equal_weight", "evry"],
    ),
    "no open to fill at": (CONFIG.replace("next_close", "next_open"), USAGE, ["next_open"]),
    "no periods per year": (CONFIG.replace(", periods_per_year = 252.0", ""), USAGE, ["periods_per_year"]),
    "missing prices": (CONFIG.replace("prices.csv", "absent.csv"), DATA, ["absent.csv"]),
    "no bar left": (CONFIG.replace("periods_per_year", 'start = "2021-01-01", periods_per_year'), DATA, []),
}
COMMANDS: dict[str, Callable[[], list[str]]] = {
    "contest run": lambda: ["contest", "run", "mine.toml"],
    "backtest": lambda: ["backtest", "mine.toml"],
}


def _prepare(config: str = CONFIG, prices: str = GOOD, name: str = "prices.csv") -> None:
    Path(name).write_text(prices)
    Path("mine.toml").write_text(config.replace("prices.csv", name))


def _nothing_left() -> bool:
    """No folder, and no trial either: what was never started was not tried."""
    return not Path("runs").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", FILES)
def test_prices_that_cannot_be_used(cli: Any, fault: str, command: str) -> None:
    text, name, words = FILES[fault]
    _prepare(CONFIG, text, name)
    said = cli(*COMMANDS[command]())
    assert said.code == DATA
    assert said.out == ""
    assert all(word in said.error for word in words), said.error
    assert _nothing_left()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", CONFIGS)
def test_configs_that_cannot_be_used(cli: Any, fault: str, command: str) -> None:
    text, code, words = CONFIGS[fault]
    Path("prices.csv").write_text(GOOD)
    Path("mine.toml").write_text(text)
    said = cli(*COMMANDS[command]())
    assert said.code == code, said.err
    assert said.out == ""
    assert all(word in said.error for word in words), said.error
    assert _nothing_left()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_config(cli: Any, command: str) -> None:
    said = cli(*COMMANDS[command]())
    assert said.code == USAGE
    assert "mine.toml" in said.error
    assert _nothing_left()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_as_json(cli: Any, command: str) -> None:
    _prepare(prices=GOOD.replace("19", "-19"))
    said = cli(*COMMANDS[command](), "--json")
    assert said.json["ok"] is False
    assert said.json["exit"] == said.code == DATA
    assert said.json["error"]["type"] == "DataError"
    assert said.error == f"error: {said.json['error']['message']}"


def test_good_prices_run(cli: Any) -> None:
    _prepare()
    assert cli("backtest", "mine.toml", "--no-report").code == 0


@pytest.mark.parametrize("words", [["report", "nowhere"], ["contest", "board", "nowhere"]])
def test_a_run_that_is_not_there(cli: Any, words: list[str]) -> None:
    assert "nowhere: no run folder" in cli(*words).error
