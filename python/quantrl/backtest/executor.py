"""Independent tasks, such as seeds times folds, done here or in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from quantrl.backtest._shards import Shards, shard_key
from quantrl.backtest._task import Report, as_plain, check_target, checked_event, load_target
from quantrl.errors import ConfigError, DataError
from quantrl.runs import code_version, sha256_json

BACKENDS = ("serial", "threads", "processes", "ray")
MAX_JOBS = 1024


@dataclass(frozen=True, kw_only=True)
class Executor:
    """Where tasks run, and where finished ones are kept.

    Parameters
    ----------
    backend : str
        ``serial``, here; ``threads`` of this process; ``processes``, started afresh (spawn) with one thread per library
        each; ``ray``, workers on this host, of a Ray that runs already or else of one that ends with the map.
    jobs : int, optional
        Tasks at a time; by default the cores this process may use. The results do not depend on it.
    shards : path, optional
        Folder for one JSON file per finished task. A later `map` reads it and does the rest.
    code : str, optional
        Version that a shard must have been made with; by default that of the installed package.
    grace_s : float
        Seconds a running task has to save and end after Ctrl-C, or after another task failed; then it is killed (a
        thread cannot be: it ends with the program).
    store_bytes : int, optional
        Object store of a Ray of our own; by default what Ray takes.

    Raises
    ------
    ConfigError
        A setting is out of range, which names the choices; Ray is not installed.
    """

    backend: str = "serial"
    jobs: int | None = None
    shards: str | Path | None = None
    code: str | None = None
    grace_s: float = 20.0
    store_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigError(f"backend: expected one of {', '.join(BACKENDS)}, got {self.backend!r}")
        jobs = self.jobs
        if jobs is not None and (
            isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MAX_JOBS
        ):
            raise ConfigError(f"jobs: expected an int from 1 to {MAX_JOBS}, got {jobs!r}")
        if not 0.0 <= self.grace_s < float("inf"):
            raise ConfigError(f"grace_s: expected seconds of at least 0, got {self.grace_s!r}")
        if self.backend == "ray":
            from quantrl.backtest._ray import check_ray

            check_ray()

    def map(
        self,
        target: str,
        shared: Any,
        tasks: Sequence[Any],
        *,
        shared_id: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        on_event: Callable[[int, dict[str, Any]], None] | None = None,
    ) -> list[Any]:
        """Call ``target(shared, task, report)`` for every task.

        Parameters
        ----------
        target : str
            ``"module:function"``, importable in another process.
        shared : object
            The same for all tasks. Plain JSON values, or what multiprocessing can send, with `shared_id`.
        tasks : sequence
            Plain JSON values.
        shared_id : str, optional
            What identifies `shared` in the names of shards, such as a sha256; needed where there are shards and
            `shared` is not plain.
        progress : callable, optional
            Called here with (done, total) as each task finishes, those read from shards first.
        on_event : callable, optional
            Called here with (task number, event) for each dict a task gives to ``report``; under Ray when it has finished.

        Returns
        -------
        list
            Results in the order of the tasks, as JSON gives them back: tuples are lists, keys are str.

        Raises
        ------
        ConfigError
            `target` is no name of a function.
        DataError
            A task, result or event is not plain (NaN is not: write None for undefined).
        TaskError
            A process died (under Ray three times), or raised an error of a class that is neither ours nor built in.
        RunError
            A shard cannot be read or written.

        Notes
        -----
        The first error of a task is raised here with its own class, and with its traceback as a note. On an error
        or Ctrl-C the running tasks get one KeyboardInterrupt each, threads none; what had finished stays in `shards`.
        """
        check_target(target)
        plain = [as_plain(task, f"task {index}") for index, task in enumerate(tasks)]
        book = _Book(self._keys(target, shared, shared_id, plain), self._store(), plain, progress)
        left = book.read()
        if self.backend == "serial":
            _map_here(target, shared, left, book.done, on_event or _ignore)
        elif left:
            self._side_by_side()(
                target,
                shared,
                left,
                jobs=self.jobs or len(os.sched_getaffinity(0)),
                grace_s=self.grace_s,
                done=book.done,
                event=on_event or _ignore,
            )
        return [book.results[index] for index in range(len(plain))]

    def _side_by_side(self) -> Callable[..., None]:
        if self.backend == "threads":
            from quantrl.backtest._threads import map_in_threads

            return map_in_threads
        if self.backend == "ray":
            from quantrl.backtest._ray import map_in_ray

            return partial(map_in_ray, store_bytes=self.store_bytes)
        from quantrl.backtest._processes import map_in_processes

        return map_in_processes

    def _store(self) -> Shards | None:
        return None if self.shards is None else Shards(Path(self.shards))

    def _keys(self, target: str, shared: Any, shared_id: str | None, tasks: list[Any]) -> list[str]:
        if self.shards is None:
            return []
        if shared_id is None:
            try:
                shared_id = sha256_json(as_plain(shared, "shared"))
            except DataError as error:
                raise DataError(f"{error}; or give shared_id") from None
        code = code_version() if self.code is None else self.code
        return [shard_key(target, shared_id, task, code) for task in tasks]


class _Book:
    """Results as they come in."""

    def __init__(
        self,
        keys: list[str],
        store: Shards | None,
        tasks: list[Any],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.results: dict[int, Any] = {}
        self._keys, self._store, self._tasks, self._progress = keys, store, tasks, progress

    def read(self) -> list[tuple[int, Any]]:
        """Take what is finished from the store, and give what is left."""
        left = []
        for index, task in enumerate(self._tasks):
            shard = None if self._store is None else self._store.read(self._keys[index])
            if shard is None:
                left.append((index, task))
            else:
                self._note(index, shard["result"])
        return left

    def done(self, index: int, result: Any) -> None:
        """Keep one result."""
        if self._store is not None:
            self._store.write(self._keys[index], self._tasks[index], result)
        self._note(index, result)

    def _note(self, index: int, result: Any) -> None:
        self.results[index] = result
        if self._progress is not None:
            self._progress(len(self.results), len(self._tasks))


def _map_here(
    target: str,
    shared: Any,
    tasks: list[tuple[int, Any]],
    done: Callable[[int, Any], None],
    on_event: Callable[[int, dict[str, Any]], None],
) -> None:
    function = load_target(target)
    for index, task in tasks:
        try:
            made = function(shared, task, _reporter(index, on_event))
        except Exception as error:
            error.add_note(f"task {index}")
            raise
        done(index, as_plain(made, f"task {index}: result"))


def _reporter(index: int, on_event: Callable[[int, dict[str, Any]], None]) -> Report:
    return lambda event: on_event(index, checked_event(event, index))


def _ignore(index: int, event: dict[str, Any]) -> None:
    """Nobody asked for events."""
