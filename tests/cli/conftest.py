"""The command in this process, and a small contest to give it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
name = "small"
seed = 3
data = { sample = "us20", start = "2015-01-01", end = "2016-12-31" }
backtest = { fill = "next_close", costs = { bps = 10.0 } }

[[agents]]
id = "rules/equal_weight"

[[agents]]
id = "rules/momentum"
params = { lookback = 63, skip = 5 }

[[agents]]
id = "rules/inverse_volatility"

[[agents]]
id = "rules/random_entry"
"""


@dataclass(frozen=True)
class Said:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0]


Cli = Callable[..., Said]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command line in this process, in an empty folder."""
    from quantrl.cli.main import run

    monkeypatch.chdir(tmp_path)

    def call(*words: str | os.PathLike[str]) -> Said:
        capfd.readouterr()
        code = run([os.fspath(word) for word in words])
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def small_config() -> str:
    """Text of a config of four rules over two years."""
    return CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config of four rules over two years."""
    file = tmp_path / "small.toml"
    file.write_text(CONFIG)
    return file
