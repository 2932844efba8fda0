from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantrl.backtest import Executor
from quantrl.errors import AuditError, ConfigError, DataError, RunError, TaskError

TASKS = "backtest.executor_tasks"
HERE = ("serial", "threads", "processes")
RAY = pytest.param("ray", marks=pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"))
BACKENDS = (*HERE, RAY)


@pytest.fixture(autouse=True)
def joined(request: pytest.FixtureRequest) -> None:
    """One Ray for all tests that want one: it takes seconds to start, and a map joins it."""
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    if params.get("backend") == "ray":
        request.getfixturevalue("ray_up")


@pytest.fixture(scope="module")
def ray_up() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    assert ray.is_initialized()  # what was up before a map is up after it
    ray.shutdown()


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_come_in_order_with_progress_and_events(backend: str) -> None:
    done: list[tuple[int, int]] = []
    events: list[tuple[int, dict[str, Any]]] = []
    found = Executor(backend=backend, jobs=2).map(
        f"{TASKS}:square",
        10,
        range(5),
        progress=lambda *counts: done.append(counts),
        on_event=lambda *event: events.append(event),
    )
    assert found == [{"square": i * i, "plus": i + 10, "pair": [i, 1]} for i in range(5)]
    assert done == [(i, 5) for i in range(1, 6)]
    assert sorted(events, key=lambda e: e[0]) == [(i, {"task": i, "half": 0.5}) for i in range(5)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_to_do(backend: str) -> None:
    assert Executor(backend=backend).map(f"{TASKS}:square", None, []) == []


def test_children_have_one_thread_and_leave_ctrl_c_to_the_parent() -> None:
    before, mask = dict(os.environ), signal.pthread_sigmask(signal.SIG_BLOCK, set())
    found = Executor(backend="processes", jobs=2).map(f"{TASKS}:surroundings", None, [0, 1, 2])
    assert all(child["threads"] == ["1"] * 4 and child["deaf"] for child in found)
    assert os.getpid() not in {child["pid"] for child in found}
    assert len({child["pid"] for child in found}) <= 2
    assert dict(os.environ) == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) == mask


@pytest.mark.parametrize("backend", BACKENDS)
def test_shared_arrays_reach_the_tasks(backend: str, tmp_path: Path) -> None:
    table = np.arange(12.0).reshape(4, 3)
    executor = Executor(backend=backend, jobs=1, shards=tmp_path)
    assert executor.map(f"{TASKS}:shape", table, [0, 2], shared_id="abc") == [18.0, 26.0]
    with pytest.raises(DataError, match="shared: expected plain JSON values.*or give shared_id"):
        executor.map(f"{TASKS}:shape", table, [0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_later_map_does_only_what_is_left(backend: str, tmp_path: Path) -> None:
    ran = lambda: sorted(path.name.partition(".")[0] for path in tmp_path.glob("ran*"))  # noqa: E731
    (tmp_path / "broken").touch()
    executor = Executor(backend=backend, jobs=1, shards=tmp_path / "shards")
    with pytest.raises(AuditError, match="bar 7: expected 0, got 1e-3"):
        executor.map(f"{TASKS}:logged", str(tmp_path), [1, 2, 3, 4])
    assert ran() == ["ran1", "ran2"]
    (tmp_path / "broken").unlink()
    done: list[int] = []
    found = executor.map(
        f"{TASKS}:logged", str(tmp_path), [4, 3, 2, 1], progress=lambda n, total: done.append(n)
    )
    assert found == [40, 30, 20, 10]
    assert ran() == ["ran1", "ran2", "ran3", "ran4"]
    assert done == [1, 2, 3, 4]
    assert len(list((tmp_path / "shards").iterdir())) == 4


def test_other_code_shared_or_target_is_another_shard(tmp_path: Path) -> None:
    for code in ("1", "2"):
        executor = Executor(shards=tmp_path, code=code)
        for shared in (1, 2):
            assert executor.map(f"{TASKS}:square", shared, [7])[0]["plus"] == 7 + shared
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("text", ["{", "[]", '{"key": "other", "result": 1}'])
def test_a_damaged_shard_is_named(text: str, tmp_path: Path) -> None:
    executor = Executor(shards=tmp_path)
    executor.map(f"{TASKS}:square", 1, [7])
    (shard,) = tmp_path.iterdir()
    assert json.loads(shard.read_text())["task"] == 7
    shard.write_text(text)
    with pytest.raises(RunError, match=f"{shard.name}.*remove it to have its task done again"):
        executor.map(f"{TASKS}:square", 1, [7])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("task", "kind", "text"),
    [
        ("audit", AuditError, "bar 7: expected 0"),
        ("file", FileNotFoundError, "No such file: 'missing.csv'"),
        ("key", KeyError, "close"),
    ],
)
def test_errors_keep_their_class(backend: str, task: str, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as caught:
        Executor(backend=backend, jobs=1).map(f"{TASKS}:fail", None, ["fine", task])
    assert type(caught.value) is kind
    assert "task 1" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("task", "text"),
    [("private", "task 0: PrivateError: only here"), ("unicode", "UnicodeDecodeError: .* byte 0xff")],
)
def test_errors_without_a_class_here_say_what_they_were(task: str, text: str) -> None:
    with pytest.raises(TaskError, match=text) as caught:
        Executor(backend="processes", jobs=1).map(f"{TASKS}:fail", None, [task])
    assert "executor_tasks.py" in caught.value.__notes__[0]


def test_a_killed_process_is_an_error_and_not_a_wait() -> None:
    with pytest.raises(TaskError, match="task 0: its process ended with exit code -9"):
        Executor(backend="processes", jobs=2).map(f"{TASKS}:fail", None, ["kill", "fine"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_plain_is_refused(backend: str) -> None:
    executor = Executor(backend=backend, jobs=1)
    for task in ("nan", "object"):
        with pytest.raises(DataError, match="task 0: result: expected plain JSON values"):
            executor.map(f"{TASKS}:bad_result", None, [task])
    with pytest.raises(DataError, match="task 1: expected plain JSON values"):
        executor.map(f"{TASKS}:square", None, [1, {1, 2}])
    with pytest.raises(DataError, match="task 0: report expects a dict, got int"):
        executor.map(f"{TASKS}:bad_event", None, [1])


def test_settings_and_targets_are_checked() -> None:
    with pytest.raises(
        ConfigError, match="backend: expected one of serial, threads, processes, ray, got 'dask'"
    ):
        Executor(backend="dask")
    for jobs in (0, True, 1.5, 5000):
        with pytest.raises(ConfigError, match="jobs: expected an int from 1 to 1024"):
            Executor(jobs=jobs)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="grace_s"):
        Executor(grace_s=float("nan"))
    for target in (lambda shared, task, report: 1, "module", "backtest.executor_tasks:<lambda>", ":f"):
        with pytest.raises(ConfigError, match="target: expected 'module:function'"):
            Executor().map(target, None, [1])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no module 'nowhere.at_all' can be imported"):
        Executor().map("nowhere.at_all:run", None, [1])
    for backend in HERE:
        with pytest.raises(ConfigError, match=f"expected a function 'nothing' in '{TASKS}'"):
            Executor(backend=backend, jobs=1).map(f"{TASKS}:nothing", None, [1])


def started(folder: Path, wait_for: set[str], backend: str) -> tuple[subprocess.Popen[str], set[str]]:
    """The program in a process group of its own, as a terminal starts it, once it has printed what is waited for."""
    script = Path(__file__).with_name("interrupted.py")
    paths = os.pathsep.join([str(script.parent.parent), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), backend],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines: set[str] = set()
    while not wait_for <= lines and (line := process.stdout.readline()):
        lines.add(line.strip())
    return process, lines


@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_stops_the_children_and_keeps_what_is_done(whole_group: bool, tmp_path: Path) -> None:
    process, lines = started(tmp_path, {"done 1", "running 1", "running 2", "running 3"}, "processes")
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err == ""
    assert "interrupted" in out
    assert sorted(path.name for path in tmp_path.glob("saved*")) == ["saved1", "saved2", "saved3"]
    shards = [json.loads(path.read_text()) for path in (tmp_path / "shards").iterdir()]
    assert sorted(shard["result"] for shard in shards) == [100, 101]
    for child in (int(line.split()[1]) for line in lines if line.startswith("pid")):
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_ctrl_c_stops_ray_workers_and_keeps_what_is_done(tmp_path: Path) -> None:
    process, _ = started(tmp_path, {"done 1"}, "ray")
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("started*"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in out
    assert sorted(path.name for path in tmp_path.glob("saved*")) == ["saved1", "saved2", "saved3"]
    shards = [json.loads(path.read_text()) for path in (tmp_path / "shards").iterdir()]
    assert {shard["task"]: shard["result"] for shard in shards}[0] == 100


def test_ctrl_c_lets_threads_finish_what_they_began(tmp_path: Path) -> None:
    def interrupt(index: int, event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    executor = Executor(backend="threads", jobs=2, shards=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        executor.map(f"{TASKS}:square", None, range(6), on_event=interrupt)
    kept = sorted(json.loads(path.read_text())["task"] for path in tmp_path.iterdir())
    assert kept == [0, 1]
    assert len(executor.map(f"{TASKS}:square", None, range(6))) == 6


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'quantrl\[ray\]'"):
        Executor(backend="ray")


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_a_ray_worker_that_is_killed_is_tried_twice_more(ray_up: None, tmp_path: Path) -> None:
    executor = Executor(backend="ray", jobs=2)
    assert executor.map(f"{TASKS}:dies", str(tmp_path), [0, 2, 0]) == [1, 3, 1]
    with pytest.raises(TaskError, match="task 1: its worker ended 3 times without an answer"):
        executor.map(f"{TASKS}:dies", str(tmp_path), [0, 3])


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_a_ray_of_our_own_leaves_no_trace() -> None:
    script = Path(__file__).with_name("ray_alone.py")
    paths = os.pathsep.join([str(script.parent.parent), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["found"] == {"sum": 26.0, "writeable": False, "usage": "0", "threads": "1"}
    assert told["left"] == {"up": False, "handlers": True, "environment": True}


def test_what_does_not_stop_in_time_is_killed() -> None:
    pids: list[int] = []

    def interrupt(index: int, event: dict[str, int]) -> None:
        pids.append(event["running"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Executor(backend="processes", jobs=1, grace_s=0.2).map(
            f"{TASKS}:stubborn", None, [1], on_event=interrupt
        )
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from quantrl.backtest import Executor\n"
        "Executor(backend='processes', jobs=1).map('json:dumps', None, [1])\n"
    )
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "TaskError: task 0: its process ended with exit code 1" in done.stderr
    assert "without `if __name__ == '__main__':`" in done.stderr
