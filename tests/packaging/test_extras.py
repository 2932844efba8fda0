"""Each extra by itself, in a clean environment away from the tree: what it is for works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from contest.llm.fake_server import chat, serving
from counts import FULL

CONTEST = """
name = "small"
data = { sample = "us20", start = "2020-01-01" }
backtest = { fill = "next_close" }
agents = [{ id = "rules/equal_weight" }, { id = "rules/momentum" }, { id = "%s" }]
"""

TRADE = """
name = "asked"
start = "2008-01-31"
end = "2008-01-31"
data = { sample = "us5", adjust = "total" }
documents = ["fomc", "market"]
agents = ["contest/researcher:catalyst", "rules/momentum", "rules/equal_weight"]
llm = { provider = "near", model = "some", base_url = "%s", api_key_env = "MODEL_KEY", on_error = "abstain" }
"""


class Clean:
    """An environment with the wheel and one extra, and a folder to work in."""

    def __init__(self, home: Path, wheel: str, extra: str) -> None:
        self.home = home
        venv.create(home / "env", with_pip=True)
        self.run("python", "-m", "pip", "install", "--quiet", f"{wheel}[{extra}]" if extra else wheel)

    def run(self, *command: str, returns: int = 0, **variables: str) -> str:
        """What it printed, and after it what it said on the other stream."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        done = subprocess.run(
            [self.home / "env" / "bin" / command[0], *command[1:]],
            cwd=self.home,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == returns, done.stderr
        return done.stdout + done.stderr

    def mebibytes(self, package: str = ".") -> int:
        """What the environment, or one package in it, takes."""
        (packages,) = self.home.glob("env/lib/python*/site-packages")
        files = (packages / package).rglob("*")
        return sum(file.lstat().st_size for file in files if file.is_file()) >> 20

    def write(self, name: str, text: str) -> str:
        """A file in the folder, and its name."""
        (self.home / name).write_text(text, encoding="utf-8")
        return name


def report(clean: Clean) -> None:
    """The page of a contest."""
    clean.run("quantrl", "contest", "run", clean.write("c.toml", CONTEST % "rules/sma_cross"))
    (page,) = clean.home.glob("runs/small-*/report.html")
    assert page.stat().st_size > 1 << 20


def rl(clean: Clean) -> None:
    """A training to its end; what it made decides."""
    said = clean.run(
        "quantrl", "train", "sharpe_portfolio", "--preset", "smoke", "--out", "run", "--json",
        OMP_NUM_THREADS="1",
    )  # fmt: skip
    assert '"status": "done"' in said
    assert list(clean.home.glob("run/**/*.safetensors"))


def baselines(clean: Clean) -> None:
    """skfolio's optimiser in a contest, and the other libraries beside it."""
    clean.run("quantrl", "contest", "run", clean.write("c.toml", CONTEST % "skfolio_portfolio"))
    clean.run("python", "-c", "import arch, lightgbm, statsmodels")


def data(clean: Clean) -> None:
    """A file of dates reads against an exchange's calendar."""
    rows = "".join(f"2024-01-0{day},{100 + day}\n" for day in (2, 3, 4, 5))
    file = clean.write("prices.csv", "date,KO\n" + rows)
    clean.run("python", "-c", f"import quantrl as q; print(q.data.read({file!r}, calendar='XNYS').time)")


def live(clean: Clean) -> None:
    """The demo of the daemon, to the end of its feed, and its books checked."""
    said = clean.run("quantrl", "paper", "start", "--demo", "--exit-at-end", "--port", "0")
    assert re.search(r"http://127\.0\.0\.1:\d+", said), said
    verified = clean.run("quantrl", "paper", "verify", "runs/paper-demo", "--json")
    assert json.loads(verified.splitlines()[0])["ok"] is True


def llm(clean: Clean) -> None:
    """A server that speaks the protocol is asked, and what it says is recorded."""
    with serving(lambda n, body: chat("{}")) as served:
        file = clean.write("c.toml", TRADE % served.url)
        clean.run("quantrl", "contest", "run", file, MODEL_KEY="none")
    assert served.seen
    assert list(clean.home.glob("runs/asked-*/llm/*"))


def vectorbt(clean: Clean) -> None:
    """An account becomes vectorbt's portfolio."""
    script = """
import numpy as np, quantrl as q
panel = q.data.load_sample("us20").between(q.units.ns_from_iso("2022-01-01"), None)
held = q.backtest.run_weights(panel, np.full(panel.shape, 0.04), fill="close", sizing="pre_cost")
print(held.to_vectorbt().total_return(), held.equity[-1] / held.settings.initial_cash - 1)
"""
    theirs, ours = map(float, clean.run("python", "-W", "ignore", "-c", script).split()[:2])
    assert theirs == pytest.approx(ours, abs=1e-9)


def ray(clean: Clean) -> None:
    """A sweep on workers of its own Ray."""
    words = ("--family", "sma_cross", "--fast", "5:20", "--slow", "30:60", "--fill", "next_close")
    said = clean.run(
        "quantrl", "sweep", "--prices", "us20", "--instrument", "KO", *words, "--executor", "ray", "--shard", "100",
        "--no-report", "--json",
    )  # fmt: skip
    assert json.loads(said.splitlines()[0])["members"] == 450


JOBS: dict[str, Callable[[Clean], None]] = {
    "report": report,
    "rl": rl,
    "baselines": baselines,
    "data": data,
    "live": live,
    "llm": llm,
    "vectorbt": vectorbt,
    "ray": ray,
}


def test_every_extra_has_a_job(project_root: Path) -> None:
    declared = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(declared["optional-dependencies"]) == set(JOBS)


@pytest.mark.skipif(not FULL, reason="installs every extra from the index: make gates ONLY=packaging")
@pytest.mark.parametrize("extra", JOBS)
def test_it_works_alone(extra: str, tmp_path: Path) -> None:
    wheel = os.environ.get("QUANTRL_WHEEL")
    if wheel is None:
        pytest.skip("QUANTRL_WHEEL names no wheel; `make gates` sets it")
    clean = Clean(tmp_path, wheel, extra)
    try:
        print(f"{extra}: {clean.mebibytes()} MiB installed, {clean.mebibytes('quantrl')} of them quantrl")
        JOBS[extra](clean)
    finally:
        shutil.rmtree(tmp_path / "env")  # gigabytes, of torch
