"""``quantrl replay``: the run folder, its page, what is refused, Ctrl-C."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from quantrl.backtest import Latency, Queue, TickConfig, replay
from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.cli.main import run
from quantrl.data.events import EventFile, Zi, simulate
from quantrl.report import write_report

CONFIG = """
queue = "power(3)"
[latency]
entry = "250us"
response = "250us"
[fees]
maker = "-0.5bp"
taker = "7bp"
"""


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wl2(10_000, 1).write(tmp_path_factory.mktemp("l2") / "wl2.qev")


def test_a_run_folder_of_level_sums(levels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tick.toml").write_text(CONFIG)
    words = ["replay", str(levels), "--policy", "quote", "--param", "refresh=5ms", "--param", "offset=0"]
    words += ["--config", str(tmp_path / "tick.toml"), "--runs", str(tmp_path / "runs")]
    assert run([*words, "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    folder = Path(said["run"])
    first, beside = said["results"]
    assert [first["queue"], beside["queue"]] == ["power(3)", "risk_averse"]
    config = TickConfig.from_dict({"queue": "power(3)", "latency": {"entry": "250us", "response": "250us"}})
    found = replay(levels, ("quote", {"refresh": "5ms", "offset": 0}), config)
    assert config.queue == Queue.power(3)
    assert config.latency.new == Latency.const("250us", 0).new
    fills = pl.read_parquet(folder / "fills.parquet")
    assert fills.drop("fee").equals(found.fills.drop("fee"))
    assert first["fills"] == fills.height > beside["fills"] > 0
    signed = fills.select(
        (pl.when(pl.col("side") == "buy").then(1).otherwise(-1) * pl.col("qty")).sum()
    ).item()
    assert first["position"] == signed
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kind"] == "replay"
    assert manifest["data_id"] == EventFile(levels).info.sha256
    for name, sha in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
    page = (folder / "report.html").read_text()
    for expected in ("risk_averse", "power(3)", "chart-depth", "chart-fills", "chart-equity", "not queues"):
        assert expected in page
    assert "https://" not in page.partition("<script")[0]
    assert write_report(folder).read_text() == page
    assert run([*words, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["run"] == said["run"]
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    assert run(["report", str(folder), "--text"]) == 0
    assert f"under risk_averse: {beside['fills']} fills" in capfd.readouterr().out.lower()


def test_its_config_gives_the_same_again(
    levels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["replay", str(levels), "--policy", "quote", "--no-report", "--json", "--runs", str(tmp_path)]
    assert run([*words, "--set", "latency.entry=1ms", "--set", "queue=log", "--seed", "3"]) == 0
    first = json.loads(capfd.readouterr().out)
    assert run([*words, "--config", f"{first['run']}/config.toml", "--out", str(tmp_path / "again")]) == 0
    again = json.loads(capfd.readouterr().out)
    assert again["results"] == first["results"]
    assert not (tmp_path / "again" / "report.html").exists()


def test_a_file_of_orders_has_one_result(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "zi.qev", Zi(market=40.0), messages=5_000, seed=1)
    words = ["replay", str(tmp_path / "zi.qev"), "--policy", "quote", "--param", "refresh=100ms"]
    words += ["--set", "feed_unknown=50us"]
    assert run([*words, "--out", str(tmp_path / "run")]) == 0
    assert "ghost (true queues)" in capfd.readouterr().out
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert [row["queue"] for row in report["results"]] == [None]
    assert report["params"]["refresh"] == "100ms"
    assert "nobody cancels" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--policy", "no"], 2, "policy: expected one of noop, quote"),
        (["--param", "refresh=1ms"], 2, "policy noop: expected any of no parameter"),
        (["--policy", "quote", "--param", "refresh"], 2, "--param: expected key=value"),
        (["--policy", "quote", "--param", "instr=4"], 2, "instr: expected below 1"),
        (["--set", "queue=power"], 2, "command line: queue: power: expected an exponent"),
        (["--set", "mode=displace"], 2, "mode: expected one of"),
        (["--set", "fees.taker=seven"], 2, "fees.taker: expected a rate"),
        (["--config", "none.toml"], 3, "none.toml: cannot be read"),
    ],
)
def test_what_is_refused(
    levels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], more: list[str], code: int, message: str
) -> None:
    assert run(["replay", str(levels), "--runs", str(tmp_path / "runs"), *more]) == code
    assert message in capfd.readouterr().err
    assert not list((tmp_path / "runs").glob("*"))


def test_ctrl_c_leaves_nothing(
    levels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantrl.backtest.ticks import TickSession

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TickSession, "run", interrupted)
    assert run(["replay", str(levels), "--runs", str(tmp_path / "runs"), "--json"]) == 130
    assert json.loads(capfd.readouterr().out)["exit"] == 130
    assert not list((tmp_path / "runs").glob("*"))


_TOLD = """
import sys
from quantrl.backtest.ticks import TickSession
from quantrl.cli.main import run
true = TickSession.run
def told(self, *args, **kwargs):
    print("running", file=sys.stderr, flush=True)
    true(self, *args, **kwargs)
TickSession.run = told
sys.exit(run(sys.argv[1:]))
"""


def test_a_true_sigint_stops_at_once_and_leaves_nothing(levels: Path, tmp_path: Path) -> None:
    """A policy woken each 5 ns of the file: 200 million wakes between few events."""
    words = ["replay", str(levels), "--policy", "quote", "--param", "refresh=5ns", "--json", "--runs", "runs"]
    process = subprocess.Popen(
        [sys.executable, "-c", _TOLD, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "running\n"
    before = _cpu_s(process.pid)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    after = before
    while process.poll() is None:
        after = max(after, _cpu_s(process.pid))
        time.sleep(0.01)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out)["exit"] == 130
    assert "Traceback" not in err
    # Of processor time, as others may keep it waiting.
    assert after - before < 2.0
    assert not list(tmp_path.glob("runs/*"))


def _cpu_s(pid: int) -> float:
    """Seconds a process has run, 0 once it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
