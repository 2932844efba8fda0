"""``quantrl paper``: the daemon as a user meets it, in true processes where signals and sockets matter."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import time
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from cli.paper_process import left, one_object, reached, started
from quantrl.cli import exits
from quantrl.cli.paper import showing, signs, status
from quantrl.errors import StorageError
from quantrl.live import killfile
from quantrl.live.client import Client
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.folder_lock import is_owned
from quantrl.live.playing import Playing
from quantrl.live.storage import Storage

CONFIG = """
name = "small"
seed = 5
initial_cash = 250_000.0
data = { sample = "us20", start = "START", end = "2016-12-31" }
backtest = { fill = "next_close", costs = { bps = 10.0 } }
selection = { half_life = 20.0 }
venue = { tick = "0.001" }
agents = [{ id = "rules/equal_weight" }, { id = "rules/buy_and_hold" }, { id = "rules/random_weights" }]

[risk]
position_bp = 5_000
order_bp = 5_000
drawdown_reduce_bp = 4_000
drawdown_halt_bp = 5_000
daily_loss_bp = 1_500
"""
BARS = 149
READERS = [
    ["status"],
    ["stop"],
    ["kill", "--reason", "x"],
    ["resume", "--confirm", "small"],
    ["verify"],
    ["rebuild"],
    ["export"],
    ["replay"],
]


def write_config(file: Path, start: str = "2016-06-01", **changes: str) -> Path:
    text = CONFIG.replace("START", start)
    for old, new in changes.items():
        text = text.replace(old, new)
    file.write_text(text)
    return file


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book whose feed has ended; to be read."""
    folder = tmp_path_factory.mktemp("paper")
    file = write_config(folder / "small.toml")
    with started(folder / "book", "--config", file, "--exit-at-end", "--json") as process:
        code, out, err = left(process)
    assert code == 0, err
    (folder / "said.json").write_text(out)
    return folder / "book"


@pytest.fixture
def book(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    shutil.copytree(finished, tmp_path / "book", ignore=shutil.ignore_patterns("reserve.bin"))
    return tmp_path / "book"


@pytest.fixture
def small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books in this process that set little space aside."""
    reserve = Storage.reserve
    monkeypatch.setattr(Storage, "reserve", lambda self, size=4096: reserve(self, size))


def entries(folder: Path) -> dict[str, int]:
    """Every file below, and when it was changed."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()
    }


def test_one_life(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    with started(folder, "--config", config) as process:
        reached(folder, process, BARS)
        said = cli("paper", "status", folder, "--json")
        assert said.code == exits.DONE
        assert said.json["running"]
        engine = said.json["pid"]
        assert (said.json["supervisor"], engine != process.pid) == (process.pid, True)
        assert (said.json["state"], said.json["bar"], said.json["bars"]) == ("ACTIVE", BARS, BARS)

        second = cli("paper", "start", folder)
        assert second.code == exits.ALREADY_RUNNING
        assert str(process.pid) in second.error
        assert cli("paper", "verify", folder).code == exits.ALREADY_RUNNING
        assert cli("paper", "rebuild", folder).code == exits.ALREADY_RUNNING

        killed = cli("paper", "kill", folder, "--reason", "odd fills", "--json")
        assert killed.code == exits.DONE, killed.err
        assert (killed.json["confirmed"], killed.json["state"]) == (True, "HALTED")
        halted = cli("paper", "status", folder)
        assert halted.code == exits.HALTED
        assert "odd fills" in halted.out

        wrong = cli("paper", "resume", folder, "--confirm", "smal")
        assert wrong.code == exits.USAGE
        assert "expected the book's name, small" in wrong.error
        assert killfile.read(folder) is not None
        assert cli("paper", "resume", folder, "--confirm", "small", "--json").json["state"] == "NO_ENTRY"
        assert killfile.read(folder) is None
        again = cli("paper", "resume", folder, "--confirm", "small")
        assert again.code == exits.CHECK_FAILED
        assert "not while the book is NO_ENTRY" in again.error

        process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 20
        while cli("paper", "status", folder).code != exits.HALTED and time.monotonic() < end:
            time.sleep(0.1)
        assert cli("paper", "status", folder, "--json").json["reason"] == "signal: SIGUSR1"

        stopped = cli("paper", "stop", folder, "--json").json
        assert (stopped["pid"], stopped["ended"]) == (engine, True)
        code, out, err = left(process)
        assert code == 0, err
        assert "the feed has ended; the book stays up" in out
        assert err == ""
    assert not is_owned(folder)
    assert not (folder / "engine.sock").exists()

    gone = cli("paper", "status", folder, "--json")
    assert gone.code == exits.NOT_RUNNING
    assert (gone.json["running"], gone.json["state"]) == (False, "HALTED")
    assert cli("paper", "stop", folder).code == exits.NOT_RUNNING
    assert cli("paper", "start", folder, "--exit-at-end").code == exits.HALTED
    resumed = cli("paper", "resume", folder, "--confirm", "small", "--active", "--json").json
    assert (resumed["state"], resumed["running"]) == ("ACTIVE", False)
    assert cli("paper", "start", folder, "--exit-at-end").code == exits.DONE


def test_a_busy_loop_is_killed_and_terminated_in_time(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml", "1995-01-01")
    with started(folder, "--config", config, "--speed", "max") as process:
        before = reached(folder, process, 20)
        assert before["bar"] < before["bars"] - 500
        killed = cli("paper", "kill", folder, "--reason", "drill", "--json")
        assert killed.code == exits.DONE  # what is not confirmed within 2 s is exit 1
        on = reached(folder, process, before["bar"] + 20)
        assert on["state"] == "HALTED"
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code, _, err = left(process)
        assert (code, err) == (0, "")
        assert time.monotonic() - begun < 10
    gone = cli("paper", "status", folder, "--json").json
    assert gone["state"] == "HALTED"
    assert gone["bar"] < gone["bars"]
    assert cli("paper", "verify", folder, "--rederive").code == exits.DONE


def test_ctrl_c_at_the_feeds_own_pace(cli: Any, tmp_path: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    with started(folder, "--config", config, "--speed", "1000x") as process:
        reached(folder, process, 1)
        process.send_signal(signal.SIGINT)
        code, out, _ = left(process)
    assert code == exits.INTERRUPTED
    assert f"go on by `quantrl paper start {folder}`" in out
    assert cli("paper", "status", folder, "--json").json["bar"] < 5


@pytest.mark.parametrize("twice", [True, False])
def test_a_loop_that_does_not_heed_is_interrupted(monkeypatch: pytest.MonkeyPatch, twice: bool) -> None:
    monkeypatch.setattr(signs, "GRACE_S", 60.0 if twice else 0.05)
    ended: list[str] = []
    with signs.Signs() as heard:
        heard.end = lambda: ended.append("asked")
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended == ["asked"]
        with pytest.raises(KeyboardInterrupt):
            _wait(twice)
        assert heard.stopped_by == signal.SIGTERM
        assert heard.overdue is not twice
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def _wait(signalled: bool) -> None:
    if signalled:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


def test_a_killed_book_goes_on_where_it_was(cli: Any, tmp_path: Path, finished: Path) -> None:
    folder, config = tmp_path / "book", write_config(tmp_path / "small.toml")
    with started(folder, "--config", config) as process:
        reached(folder, process, 30)
        with Client(folder) as client:
            engine = client.status()["daemon"]["pid"]
        for pid in (process.pid, engine):
            os.kill(pid, signal.SIGKILL)
        process.wait()
    assert (folder / "engine.sock").exists()
    assert cli("paper", "status", folder).code == exits.NOT_RUNNING
    with started(folder, "--exit-at-end", "--json") as process:
        code, out, err = left(process)
    assert code == 0, err
    assert one_object(out)["digest"] == one_object((finished.parent / "said.json").read_text())["digest"]


def test_what_is_printed(cli: Any, finished: Path) -> None:
    whole = one_object((finished.parent / "said.json").read_text())
    said = cli("paper", "status", finished, "--json").json
    same = set(whole) - {"ok", "folder", "seq"}
    assert {name: said[name] for name in same} == {name: whole[name] for name in same}
    assert whole["ok"]
    assert whole["bar"] == BARS
    assert whole["unknown"] == 0
    assert whole["equity"].count(".") == 1
    people = cli("paper", "status", finished)
    assert f"bar {BARS} of {BARS}, 2016-12-30, the last" in people.out
    assert "not running" in people.out


def test_verify_rebuild_export_replay(cli: Any, book: Path, tmp_path: Path) -> None:
    plain = cli("paper", "verify", book, "--json").json
    assert (plain["ok"], plain["first_bad_seq"], plain["changed_rows"]) == (True, 0, 0)
    assert plain["rederived_fraction"] is None
    again = cli("paper", "verify", book, "--rederive", "--json")
    assert again.code == exits.DONE
    assert again.json["rederived_fraction"] == 1.0
    assert cli("paper", "rebuild", book, "--json").json["changed_rows"] == 0

    fills = tmp_path / "fills.csv"
    assert cli("paper", "export", book, "--what", "fills", "--to", fills).code == exits.DONE
    assert fills.read_text().startswith("ord,time,")
    assert cli("paper", "export", book, "--what", "fills").code == exits.USAGE
    assert cli("paper", "export", book, "--what", "dreams", "--to", fills).code == exits.USAGE
    assert cli("paper", "export", book, "--what", "fills", "--to", tmp_path / "f.xls").code == exits.USAGE
    assert cli("paper", "export", book, "--json").json["run"] == str(book)
    assert (book / "report.json").is_file()

    whole = cli("paper", "replay", book, "--json").json
    assert whole["first"] == 1
    assert whole["outputs"] > BARS
    part = cli("paper", "replay", book, "--from", "50", "--to", "60")
    assert part.code == exits.DONE
    assert "equal" in part.out
    assert cli("paper", "replay", book, "--from", "9999999").code == exits.DATA
    decisions = tmp_path / "decisions.csv"
    cli("paper", "export", book, "--what", "decisions", "--to", decisions)
    ord = decisions.read_text().splitlines()[-1].split(",")[0]
    assert cli("paper", "replay", book, "--decision", ord, "--json").json["ord"] == int(ord)
    assert cli("paper", "replay", book, "--decision", ord, "--to", "9").code == exits.USAGE


def test_a_stopped_book_is_killed_at_its_start(cli: Any, book: Path) -> None:
    killed = cli("paper", "kill", book, "--flatten", "--reason", "storm", "--json")
    assert killed.code == exits.NOT_RUNNING
    assert (killed.json["confirmed"], killed.json["kill_file"]) == (False, True)
    assert cli("paper", "start", book, "--exit-at-end", "--json").json["reason"] == "kill_file: storm"


@pytest.mark.parametrize("words", READERS, ids=lambda words: words[0])
def test_no_book_is_no_success(cli: Any, tmp_path: Path, words: list[str]) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        said = cli("paper", words[0], folder, *words[1:])
        assert said.code == exits.USAGE
        assert "holds no book" in said.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], exits.USAGE, "DIR: expected the folder of a book"),
        (["book"], exits.USAGE, "book: holds no book yet"),
        (["book", "--config", "nowhere.toml"], exits.USAGE, "nowhere.toml"),
        (["book", "--config", "small.toml", "--demo"], exits.USAGE, "--demo: brings its own config"),
        (
            ["book", "--config", "small.toml", "--speed", "0"],
            exits.USAGE,
            "--speed: expected max or a number",
        ),
        (["book", "--config", "small.toml", "--speed", "fast"], exits.USAGE, "--speed"),
        (["book", "--config", "small.toml", "--speed", "inf"], exits.USAGE, "--speed"),
        (["book", "--config", "small.toml", "--workers", "99"], exits.USAGE, "--workers"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_words_make_no_book(
    cli: Any, tmp_path: Path, words: list[str], code: int, message: str
) -> None:
    write_config(tmp_path / "small.toml")
    said = cli("paper", "start", *words, "--unsupervised")
    assert said.code == code
    assert message in said.error
    assert not (tmp_path / "book").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 5", "sede = 5", "sede"),
        ("position_bp", "position", "risk.position"),
        ('tick = "0.001"', 'tick = "0.000000001"', "tick"),
        ('tick = "0.001"', 'tick = "0.001", instruments = { ZZ = { lot = "1" } }', "ZZ"),
        ("rules/buy_and_hold", "rules/nonsense", "rules/nonsense"),
        ('fill = "next_close"', 'fill = "close"', "fill"),
    ],
    ids=lambda value: value[:20],
)
def test_wrong_configs_make_no_book(cli: Any, tmp_path: Path, old: str, new: str, message: str) -> None:
    config = write_config(tmp_path / "small.toml", **{old: new})
    said = cli("paper", "start", "book", "--unsupervised", "--config", config)
    assert said.code == exits.USAGE
    assert message in said.error
    assert not (tmp_path / "book").exists()


def test_what_the_engine_refuses_is_one_line_and_its_code(cli: Any, tmp_path: Path) -> None:
    write_config(tmp_path / "small.toml", **{"seed = 5": "sede = 5"})
    said = cli("paper", "start", "book", "--config", "small.toml")
    assert said.code == exits.USAGE
    assert "sede" in said.error
    detached = cli("paper", "start", "book", "--config", "small.toml", "--detach")
    assert (detached.code, detached.error) == (said.code, said.error)
    assert cli("paper", "start", "book", "--detach", "--unsupervised").code == exits.USAGE
    assert not (tmp_path / "book").exists()


def test_a_detached_book_is_ready_when_it_returns_and_survives_a_kill(cli: Any, book: Path) -> None:
    begun = cli("paper", "start", book, "--detach", "--json").json
    try:
        first = cli("paper", "status", book, "--json").json
        assert first["supervisor"] == begun["supervisor"]
        os.kill(first["pid"], signal.SIGKILL)
        end = time.monotonic() + 60
        while (again := cli("paper", "status", book, "--json")).code != exits.DONE or (
            again.json["pid"] == first["pid"]
        ):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert again.json["boot"] == first["boot"] + 1
        assert again.json["digest"] == first["digest"]
        told = book / "log" / "notifications.jsonl"
        while not (told.exists() and told.read_text().endswith("\n")):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert json.loads(told.read_text())["topic"] == "engine.crash"
        assert (book / "log" / "engine.log").exists()
    finally:
        assert cli("paper", "stop", book).code == exits.DONE
    assert not is_owned(book)


def test_a_folder_anyone_may_write_to_is_refused(cli: Any, tmp_path: Path, book: Path) -> None:
    config, fresh = write_config(tmp_path / "small.toml"), tmp_path / "fresh"
    fresh.mkdir()
    for folder in (fresh, book):
        folder.chmod(0o777)
        before = entries(folder)
        said = cli("paper", "start", folder, "--unsupervised", "--config", config)
        assert said.code == exits.USAGE
        assert "777" in said.error
        assert entries(folder) == before


def test_another_config_is_refused_and_the_same_one_taken(cli: Any, tmp_path: Path, book: Path) -> None:
    other = write_config(tmp_path / "other.toml", **{"seed = 5": "seed = 6", "250_000": "260_000"})
    before = entries(book)
    said = cli("paper", "start", book, "--unsupervised", "--config", other)
    assert said.code == exits.USAGE
    assert "initial_cash, seed differ" in said.error
    assert entries(book) == before
    same = write_config(tmp_path / "same.toml")
    assert cli("paper", "start", book, "--unsupervised", "--config", same, "--exit-at-end").code == exits.DONE


def test_a_damaged_journal_is_named_and_not_run(cli: Any, book: Path) -> None:
    path = book / "journal.db"
    data = bytearray(path.read_bytes())
    data[100:4096] = bytes(3_996)  # the page that says where the tables are
    path.write_bytes(data)
    said = cli("paper", "verify", book, "--json")
    assert said.code == exits.JOURNAL
    assert not said.json["ok"]
    assert said.json["reason"]
    before = entries(book)
    assert cli("paper", "start", book, "--unsupervised").code == exits.JOURNAL
    assert cli("paper", "status", book).code == exits.JOURNAL
    assert entries(book) == before


def test_a_feed_that_changed_is_refused(cli: Any, tmp_path: Path, small_reserve: None) -> None:
    rows = [f"2020-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(60)]
    prices = ["date,A,B,C", *(f"{day},{10 + i % 7},{20 + i % 5},{30 + i % 3}" for i, day in enumerate(rows))]
    (tmp_path / "mine.csv").write_text("\n".join(prices) + "\n")
    text = CONFIG.replace(
        '{ sample = "us20", start = "START", end = "2016-12-31" }',
        '{ path = "mine.csv", close_time = "16:00 America/New_York", periods_per_year = 252.0 }',
    )
    (tmp_path / "mine.toml").write_text(text)
    first = cli("paper", "start", "book", "--unsupervised", "--config", "mine.toml", "--exit-at-end")
    assert first.code == exits.DONE, first.err
    before = entries(tmp_path / "book")
    prices[30] = prices[30].replace(",", ",1", 1)
    (tmp_path / "mine.csv").write_text("\n".join(prices) + "\n")
    said = cli("paper", "start", "book", "--unsupervised")
    assert said.code == exits.DATA
    assert "sha256" in said.error
    assert entries(tmp_path / "book") == before


def refusing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the disk refuse the sixth bar."""
    bar = Playing._bar

    def refuse(self: Playing, feed: Recorded, row: int, ts: int) -> None:
        if row == 5:
            raise StorageError("commit: refused", number)
        bar(self, feed, row, ts)

    monkeypatch.setattr(Playing, "_bar", refuse)


def test_a_full_disk_halts(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_reserve: None
) -> None:
    config = write_config(tmp_path / "small.toml")
    with monkeypatch.context() as patch:
        refusing(patch, errno.ENOSPC)
        said = cli("paper", "start", "book", "--unsupervised", "--config", config, "--exit-at-end")
        assert said.code == exits.IO
        assert "no space left on the disk" in said.out
    assert not (tmp_path / "book" / "reserve.bin").exists()
    found = cli("paper", "status", "book", "--json").json
    assert (found["state"], found["bar"]) == ("HALTED", 5)
    cli("paper", "resume", "book", "--confirm", "small", "--active")
    assert cli("paper", "start", "book", "--unsupervised", "--exit-at-end", "--json").json["bar"] == BARS
    assert (tmp_path / "book" / "reserve.bin").exists()


def test_a_broken_disk_is_looked_at_before_the_next_start(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_reserve: None
) -> None:
    config = write_config(tmp_path / "small.toml")
    with monkeypatch.context() as patch:
        refusing(patch, errno.EIO)
        assert cli("paper", "start", "book", "--unsupervised", "--config", config).code == exits.IO
    refused = cli("paper", "start", "book", "--unsupervised")
    assert refused.code == exits.IO
    assert "--after-io-error" in refused.error
    assert cli("paper", "verify", "book").code == exits.DONE
    assert cli("paper", "start", "book", "--unsupervised").code == exits.IO
    assert cli("paper", "verify", "book", "--after-io-error").code == exits.DONE
    assert cli("paper", "start", "book", "--unsupervised", "--exit-at-end").code == exits.DONE


def test_without_sqlite_it_says_what_to_install(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = util.find_spec
    monkeypatch.setattr(
        "quantrl.cli.paper.book.find_spec", lambda name: None if name == "apsw" else found(name)
    )
    said = cli("paper", "start", "--demo")
    assert said.code == exits.USAGE
    assert "quantrl[live]" in said.error
    assert os.listdir(tmp_path) == []


def test_who_has_the_capital_adds_up() -> None:
    assert showing.funded([], 100, 100) == "none: all in treasury"
    assert showing.funded([["a", 20], ["b", 50]], 30, 100) == "b 50%, a 20%; treasury 30%"
    many = [[f"agent_{i:02d}", 1] for i in range(12)]
    assert showing.funded(many, 88, 100).endswith("agent_07 1% +4 more; treasury 88%")


@pytest.mark.parametrize(
    ("units", "shown", "exact"),
    [
        (0, "0.00", "0.00000000"),
        (1, "0.00", "0.00000001"),
        (-1, "0.00", "-0.00000001"),
        (-150_000_000, "-1.50", "-1.50000000"),
        (123_456_789_500_000, "1,234,567.90", "1234567.89500000"),
    ],
)
def test_money_is_never_a_float(units: int, shown: str, exact: str) -> None:
    assert showing.money(units) == shown
    assert showing.exact(units) == exact


def test_watching_is_for_people(cli: Any, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "EVERY_S", 0.0)
    assert cli("paper", "status", book, "--watch").code == exits.NOT_RUNNING
    assert cli("paper", "status", book, "--watch", "--json").code == exits.USAGE
