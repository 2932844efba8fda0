"""A supervisor and an engine that does what a test asks: restarts, silence, signals, the KILL file, systemd's messages."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import Mock

import pytest

from quantrl.cli.paper.supervising import _to_stderr
from quantrl.errors import AlreadyRunning, StorageError
from quantrl.live import backoff, engine_process, killfile, standby, supervisor
from quantrl.live.backoff import Backoff
from quantrl.live.children import Children, Module
from quantrl.live.folder_lock import FolderLock
from quantrl.live.spool import Spool
from quantrl.live.supervisor import Supervisor

ENGINE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and patience a tenth as long."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)
    monkeypatch.setattr(engine_process, "SILENT_S", 1.5)
    monkeypatch.setattr(engine_process, "ABORT_S", 0.3)


def of(folder: Path, mode: str, **changes: object) -> Supervisor:
    return Supervisor(folder, [sys.executable, str(ENGINE), str(folder), mode], **changes)  # type: ignore[arg-type]


def lives(folder: Path) -> list[list[str]]:
    path = folder / "lives"
    return [line.split(" ") for line in path.read_text().splitlines()] if path.exists() else []


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs something beside the supervisor, which needs the main thread."""
    threads: list[Thread] = []

    def run(act: Callable[[], None]) -> None:
        threads.append(Thread(target=act))
        threads[-1].start()

    yield run
    for thread in threads:
        thread.join(20)


def signalled(folder: Path, *numbers: int, after: int = 1) -> Callable[[], None]:
    """Signals to this process, where the supervisor is, once so many engines have lived."""

    def act() -> None:
        until(lambda: len(lives(folder)) >= after)
        time.sleep(0.2)
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.2)

    return act


@pytest.fixture
def outlived() -> Iterator[None]:
    """A SIGTERM that comes when the supervisor is gone ends nothing."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


def topics(folder: Path) -> list[str]:
    return [notice.topic for notice in Spool(folder).read()]


def test_pauses_double_and_five_crashes_in_ten_minutes_are_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 1.0)
    often = Backoff()
    assert [often.ended(60.0 * k, 1.0) for k in range(5)] == [1.0, 2.0, 4.0, 8.0, None]
    rarely = Backoff()
    pauses = [rarely.ended(151.0 * k, 100.0) for k in range(9)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert rarely.ended(5_000.0, 600.0) == 1.0
    edge = Backoff()
    assert [edge.ended(150.0 * k, 1.0) for k in range(5)][-1] is None
    for_ever = Backoff(crashes=0)
    assert None not in [for_ever.ended(float(k), 0.0) for k in range(100)]


@pytest.mark.parametrize("code", [0, 2, 3, 7, 10, 130])
def test_an_engine_that_ended_on_purpose_is_not_started_again(tmp_path: Path, code: int) -> None:
    assert of(tmp_path, f"exit {code}").run() == code
    assert len(lives(tmp_path)) == 1
    assert topics(tmp_path) == []


@pytest.mark.parametrize("code", [6, 8, 11])
def test_what_a_start_cannot_mend_stays_down_and_is_told(tmp_path: Path, code: int) -> None:
    told: list[str] = []
    assert of(tmp_path, f"exit {code}", last_words=lambda: told.extend(topics(tmp_path))).run() == code
    assert len(lives(tmp_path)) == 1
    assert told == ["fatal"]


@pytest.mark.parametrize(
    ("code", "told"), [(0, []), (7, []), (130, []), (2, ["fatal"]), (3, ["fatal"]), (10, ["fatal"])]
)
def test_a_restart_that_is_refused_is_told(tmp_path: Path, code: int, told: list[str]) -> None:
    heard: list[str] = []
    engine = of(tmp_path, f"crash, then exit {code}", last_words=lambda: heard.extend(topics(tmp_path)))
    assert engine.run() == code
    assert len(lives(tmp_path)) == 2
    assert topics(tmp_path) == ["crash", *told]
    assert heard == (["crash", *told] if told else [])


def test_a_restart_that_the_system_refuses_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = standby.EngineProcess
    tries: list[int] = []

    def start(*words: Any) -> engine_process.EngineProcess:
        tries.append(len(tries))
        if len(tries) in (2, 3):
            raise OSError(errno.EAGAIN, "no more processes")
        return made(*words)

    monkeypatch.setattr(standby, "EngineProcess", start)
    said: list[str] = []
    assert of(tmp_path, "crash, then exit 0", log=said.append).run() == 0
    # The first refusal is of one to stand by during the pause, the second of the one that is due at its end.
    assert (len(tries), topics(tmp_path)) == (4, ["crash"] * 2)
    assert any("standby could not be started: " in line for line in said)
    monkeypatch.setattr(standby, "EngineProcess", Mock(side_effect=OSError(errno.ENOENT, "no such file")))
    with pytest.raises(OSError, match="no such file"):
        of(tmp_path / "new", "good").run()


def test_an_engine_reads_its_modules_during_the_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = standby.EngineProcess
    starts: list[float] = []

    def start(*words: Any) -> engine_process.EngineProcess:
        starts.append(time.monotonic())
        return made(*words)

    monkeypatch.setattr(backoff, "FIRST_S", 0.6)
    monkeypatch.setattr(standby, "EngineProcess", start)
    said: list[tuple[float, str]] = []
    assert (
        of(tmp_path, "crash, then exit 0", log=lambda line: said.append((time.monotonic(), line))).run() == 0
    )
    (crash,) = (at for at, line in said if "SIGKILL; it is started again" in line)
    _, again = (at for at, line in said if line.startswith("engine started"))
    assert len(starts) == 2
    assert crash < starts[1] < again - 0.2
    assert again - crash >= 0.6


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next engine is started as soon as the book is ready."""
    monkeypatch.setattr(standby, "AFTER_S", 0.0)


def engines(said: list[str]) -> list[int]:
    return [int(line.rpartition(" ")[2]) for line in said if line.startswith("engine started")]


def test_the_engine_on_standby_takes_over_and_has_touched_nothing_before(
    tmp_path: Path, at_once: None, beside: Callable[[Callable[[], None]], None]
) -> None:
    said: list[str] = []
    book = of(tmp_path, "good", log=said.append)
    waits: list[int] = []

    def act() -> None:
        until(lambda: lives(tmp_path) and book._standby.pid)
        waits.append(book._standby.pid or 0)
        time.sleep(0.3)
        assert len(lives(tmp_path)) == 1
        os.kill(engines(said)[0], signal.SIGKILL)
        until(lambda: len(lives(tmp_path)) == 2 and book._standby.pid not in (None, waits[0]))
        waits.append(book._standby.pid or 0)
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    assert book.run() == 0
    assert engines(said)[1] == waits[0]
    assert len(lives(tmp_path)) == 2
    assert not any(_alive(pid) for pid in waits)
    FolderLock(tmp_path).close()


def test_an_engine_on_standby_that_ends_is_replaced_and_is_no_crash(
    tmp_path: Path, at_once: None, beside: Callable[[Callable[[], None]], None]
) -> None:
    said: list[str] = []
    book = of(tmp_path, "good", log=said.append)

    def act() -> None:
        until(lambda: lives(tmp_path) and book._standby.pid)
        first = book._standby.pid
        assert first
        os.kill(first, signal.SIGKILL)
        until(lambda: book._standby.pid not in (None, first))
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    assert book.run() == 0
    assert (len(lives(tmp_path)), topics(tmp_path)) == (1, [])
    assert any("on standby has ended" in line for line in said)


def test_an_engine_on_standby_that_read_other_code_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = standby.Standby([sys.executable, str(ENGINE), str(tmp_path), "good"], os.environ, print)
    beside.tend(0.0)
    first = beside.pid
    assert first
    taken = beside.taken()
    assert taken.pid == first
    taken.kill()
    beside.tend(0.0)
    second = beside.pid
    assert second
    monkeypatch.setattr(standby, "stamp", lambda: (("a newer file", 1, 1),))
    taken = beside.taken()
    assert taken.pid != second
    assert not _alive(second)
    taken.kill()
    assert lives(tmp_path) == []


def test_a_terminal_that_is_gone_keeps_nothing_from_the_spool(
    tmp_path: Path, once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    closed = os.fdopen(writing, "w")
    monkeypatch.setattr(sys, "stderr", closed)
    try:
        assert of(tmp_path, "exit 1", say=_to_stderr).run() == 1
    finally:
        monkeypatch.undo()
        with suppress(OSError):
            closed.close()
    assert topics(tmp_path) == ["crashes"]
    with pytest.raises(BrokenPipeError):
        of(tmp_path, "exit 6", say=Mock(side_effect=BrokenPipeError)).run()
    assert topics(tmp_path) == ["crashes", "fatal"]


@pytest.mark.parametrize("mode", ["crash", "exit 1"])
def test_five_crashes_stay_down(tmp_path: Path, mode: str) -> None:
    assert of(tmp_path, mode).run() == 1
    assert len(lives(tmp_path)) == 5
    assert topics(tmp_path) == ["crash"] * 4 + ["crashes"]


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first crash is the last."""
    monkeypatch.setattr(supervisor, "Backoff", lambda: Backoff(crashes=1))


def test_silence_is_aborted_with_a_stack_and_then_killed(tmp_path: Path, once: None) -> None:
    said: list[str] = []
    assert of(tmp_path, "hang", log=said.append).run() == 1
    assert len(lives(tmp_path)) == 1
    assert "SIGABRT" in " ".join(said)
    assert "fake_engine.py" in (tmp_path / "stacks").read_text()
    deaf: list[str] = []
    assert of(tmp_path, "hang for good", log=deaf.append).run() == 1
    assert "SIGKILL" in " ".join(deaf)


def test_an_engine_that_hangs_while_it_opens_is_noticed(tmp_path: Path, once: None) -> None:
    said: list[str] = []
    assert of(tmp_path, "stuck", log=said.append).run() == 1
    assert "SIGABRT" in " ".join(said)


@pytest.mark.parametrize("mode", ["folding", "slow call"])
def test_one_that_folds_or_waits_for_a_long_call_is_let_live(tmp_path: Path, mode: str) -> None:
    assert of(tmp_path, mode).run() == 0
    assert len(lives(tmp_path)) == 1


def test_sigterm_ends_both_and_systemd_hears_four_messages(
    tmp_path: Path, beside: Callable[[Callable[[], None]], None]
) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)
        environ = {**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "200000"}
        beside(signalled(tmp_path, signal.SIGTERM))
        assert of(tmp_path, "good", environ=environ).run() == 0
        heard = []
        systemd.setblocking(False)
        while True:
            try:
                heard.append(systemd.recv(4096).decode())
            except BlockingIOError:
                break
    assert heard.count("READY=1") == 1
    assert heard.index("READY=1") < heard.index("STOPPING=1")
    assert "WATCHDOG=1" in heard
    assert "STATUS=running ACTIVE bar 1 of 2" in heard
    assert [inherited for *_, inherited in lives(tmp_path)] == ["False"]


def test_ctrl_c_is_told_apart(tmp_path: Path, beside: Callable[[Callable[[], None]], None]) -> None:
    beside(signalled(tmp_path, signal.SIGTERM))
    assert of(tmp_path, "good").run() == 0
    beside(signalled(tmp_path, signal.SIGINT, after=2))
    assert of(tmp_path, "stubborn").run() == 130


def test_a_second_sigterm_ends_at_once(
    tmp_path: Path, beside: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DRAIN_S", 60.0)
    monkeypatch.setattr(supervisor, "AT_ONCE_S", 0.2)
    monkeypatch.setattr(engine_process, "SILENT_S", 60.0)
    beside(signalled(tmp_path, signal.SIGTERM, signal.SIGTERM))
    begun = time.monotonic()
    assert of(tmp_path, "stubborn").run() == 0
    assert time.monotonic() - begun < 10


def test_an_engine_that_does_not_drain_is_killed(
    tmp_path: Path, beside: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DRAIN_S", 0.5)
    beside(signalled(tmp_path, signal.SIGTERM))
    begun = time.monotonic()
    assert of(tmp_path, "stubborn").run() == 0
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("by", ["signal", "file"])
@pytest.mark.parametrize("mode", ["good", "deaf"])
def test_a_halt_is_heeded_or_the_engine_is_killed_and_stays_down(
    tmp_path: Path,
    beside: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
    by: str,
    mode: str,
) -> None:
    monkeypatch.setattr(supervisor, "HALT_S", 0.6)

    def act() -> None:
        until(lambda: lives(tmp_path))
        time.sleep(0.2)
        if by == "signal":
            os.kill(os.getpid(), signal.SIGUSR1)
        else:
            killfile.write(tmp_path, killfile.Wish(False, "drill"))
        time.sleep(1.5)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # the last one may come when the supervisor is gone
    beside(act)
    code = of(tmp_path, mode).run()
    time.sleep(1.0 if mode == "deaf" else 0.0)
    signal.signal(signal.SIGTERM, before)
    assert len(lives(tmp_path)) == 1
    assert (code, topics(tmp_path)) == ((0, []) if mode == "good" else (7, ["halt"]))
    assert (killfile.read(tmp_path) is not None) == (by == "file" or mode == "deaf")


def test_a_halt_that_an_engine_died_before_is_asked_of_the_next(
    tmp_path: Path,
    outlived: None,
    beside: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "HALT_S", 0.6)

    def act() -> None:
        signalled(tmp_path, signal.SIGUSR1)()
        until(lambda: len(lives(tmp_path)) == 2)
        time.sleep(1.2)
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    assert of(tmp_path, "dies of a halt once").run() == 0
    assert (tmp_path / "halted").exists()
    assert (len(lives(tmp_path)), topics(tmp_path)) == (2, ["crash"])
    assert killfile.read(tmp_path) is None


def test_a_halt_that_is_no_longer_wished_is_not_enforced(
    tmp_path: Path,
    outlived: None,
    beside: Callable[[Callable[[], None]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "HALT_S", 1.0)

    def act() -> None:
        until(lambda: lives(tmp_path))
        time.sleep(0.3)
        killfile.write(tmp_path, killfile.Wish(False, "a mistake"))
        time.sleep(0.5)
        (tmp_path / killfile.NAME).unlink()
        time.sleep(1.2)
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    assert of(tmp_path, "deaf").run() == 0
    assert topics(tmp_path) == []


def test_the_engine_ends_with_its_supervisor(tmp_path: Path) -> None:
    code = (
        f"import sys; from pathlib import Path; from quantrl.live.supervisor import Supervisor\n"
        f"Supervisor(Path({str(tmp_path)!r}), [sys.executable, {str(ENGINE)!r}, {str(tmp_path)!r}, 'stubborn']).run()"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        until(lambda: lives(tmp_path))
        engine = int(lives(tmp_path)[0][0])
        time.sleep(0.3)
        process.kill()
        process.wait()
        begun = time.monotonic()
        until(lambda: not _alive(engine), 10)
        assert time.monotonic() - begun < 4
        FolderLock(tmp_path).close()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_folder_stays_owned_between_two_engines(
    tmp_path: Path, beside: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 1.0)
    found: list[bool] = []

    def act() -> None:
        until(lambda: topics(tmp_path))
        for _ in range(5):
            try:
                FolderLock(tmp_path).close()
            except AlreadyRunning:
                found.append(True)
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    assert of(tmp_path, "crash").run() == 0
    assert found == [True] * 5
    FolderLock(tmp_path).close()


def test_children_are_kept_running_and_end_with_the_book(
    tmp_path: Path, beside: Callable[[Callable[[], None]], None]
) -> None:
    (tmp_path / "beside_it.py").write_text(
        "import os, sys\n"
        f"open({str(tmp_path / 'children')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "sys.stdin.read()\n"
    )
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    pids: list[int] = []

    def seen() -> list[int]:
        path = tmp_path / "children"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def act() -> None:
        until(lambda: len(seen()) == 1)
        os.kill(seen()[0], signal.SIGKILL)
        until(lambda: len(seen()) == 2)
        pids.extend(seen())
        os.kill(os.getpid(), signal.SIGTERM)

    beside(act)
    child = Module("beside_it", environ=environ)
    assert of(tmp_path, "good", children={"beside": child}).run() == 0
    assert len(lives(tmp_path)) == 1
    assert len(pids) == 2
    assert not any(_alive(pid) for pid in pids)


class Refusing:
    """A child that cannot be started so often."""

    pid: int | None = None

    def __init__(self, *errors: Exception) -> None:
        self._errors, self.tried = list(errors), 0

    def start(self) -> None:
        self.tried += 1
        if self._errors:
            raise self._errors.pop(0)
        self.pid = 1

    def stop(self) -> None:
        self.pid = None

    close = stop


def test_a_child_that_cannot_be_started_is_tried_again_and_ends_nothing() -> None:
    said: list[str] = []
    refusing = Refusing(OSError(errno.EMFILE, "no descriptor"), StorageError("token: no space"))
    another = Refusing()
    children = Children({"refusing": refusing, "another": another}, said.append)
    children.start()
    assert (refusing.tried, another.tried) == (1, 1)
    for now in range(4):
        children.tend(time.monotonic() + now)
    assert (refusing.tried, another.tried, refusing.pid) == (3, 1, 1)
    told = [line for line in said if "could not be started" in line]
    assert ["descriptor" in told[0], "token" in told[1], len(told)] == [True, True, 2]
    missing = Module("nothing")
    missing._command = ["/nothing/of/the/kind"]
    children = Children({"missing": missing}, said.append)
    children.start()
    children.tend(time.monotonic())
    assert "could not be started" in said[-2]
    assert "started again" in said[-1]
    children.close()


def test_a_child_that_ends_before_it_is_told_anything_is_one_that_has_ended() -> None:
    child = Module("nothing.of.the.kind", told=b"x" * 1_000_000, quiet=True)
    child.start()
    until(lambda: child.pid is None)
    child.close()


def test_a_supervisor_is_light() -> None:
    code = "import sys, quantrl.live.supervisor; print({'numpy', 'apsw', 'pydantic', 'typer', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
