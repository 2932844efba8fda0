"""One sweep, one digest: wherever its tasks run, however many at a time, and whatever ended them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from backtest.sweep_functions import dies_once, tilted
from quantrl.backtest import Executor, Sharding, SweepResult, sweep
from quantrl.data import load_sample
from quantrl.errors import ConfigError, TaskError

RAY = pytest.param("ray", marks=pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"))
GRID: dict[str, Any] = {"fast": range(2, 20), "slow": range(3, 40)}
TILTS: dict[str, Any] = {"name": [0, 1, 2, 3], "weight": [0.2, 0.5]}


def crossed(sharding: Sharding | None = None, grid: dict[str, Any] = GRID) -> SweepResult:
    return sweep("sma_cross", grid, load_sample("us20").only("KO"), fill="next_close", sharding=sharding)


def weighed(function: Any = tilted, sharding: Sharding | None = None, **more: Any) -> SweepResult:
    panel = load_sample("us20").head(300)
    return sweep(function, {**TILTS, **more}, panel, fill="next_close", sharding=sharding)


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    momentum = {"lookback": [63, 126], "skip": [5], "k": [3, 5], "every": [21]}
    panel = load_sample("us20")
    return {
        "signals": crossed().digest(),
        "function": weighed().digest(),
        "momentum": sweep("momentum_topk", momentum, panel, fill="next_close").digest(),
    }


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("backend", ["serial", "threads", "processes", RAY])
def test_one_digest_for_every_executor(
    backend: str, jobs: int, expected: dict[str, str], request: pytest.FixtureRequest
) -> None:
    if backend == "ray" and jobs == 2:
        request.getfixturevalue("ray_up")  # one run in a Ray of its own, one joins
    found = crossed(Sharding(Executor(backend=backend, jobs=jobs), shard=150))
    assert found.digest() == expected["signals"]
    if backend in ("serial", "processes"):
        functions = weighed(sharding=Sharding(Executor(backend=backend, jobs=jobs), shard=3))
        assert functions.digest() == expected["function"]
        assert functions.best(min_trades=0).result.audit().breaches == 0


@pytest.fixture(scope="module")
def ray_up() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.parametrize("shard", [1, 7, 0])
def test_any_size_of_shard_gives_the_same(shard: int, expected: dict[str, str]) -> None:
    momentum = {"lookback": [63, 126], "skip": [5], "k": [3, 5], "every": [21]}
    found = sweep(
        "momentum_topk",
        momentum,
        load_sample("us20"),
        fill="next_close",
        sharding=Sharding(Executor(), shard),
    )
    assert found.digest() == expected["momentum"]


def test_a_stopped_sweep_goes_on(tmp_path: Path, expected: dict[str, str]) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    executor = Executor(shards=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        crossed(Sharding(executor, 150, stop))
    assert len(list(tmp_path.iterdir())) == 2
    counts: list[tuple[int, int]] = []
    found = crossed(Sharding(executor, 150, lambda *count: counts.append(count)))
    assert found.digest() == expected["signals"]
    assert counts[0] == (1, counts[-1][1])
    # Other members, another setting or other data are other shards; a larger grid of the same does part of its work.
    crossed(Sharding(executor, 150), {**GRID, "slow": range(3, 41)})
    assert len(list(tmp_path.iterdir())) > counts[-1][1]


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_a_killed_ray_worker_changes_nothing(ray_up: None, tmp_path: Path) -> None:
    mark = [str(tmp_path / "died")]
    sharding = Sharding(Executor(backend="ray", jobs=2), shard=1)
    found = weighed(dies_once, sharding, mark=mark)
    assert (tmp_path / "died").exists()
    assert found.measures["total"].tolist() == weighed().measures["total"].tolist()


def test_a_killed_process_is_an_error_and_what_was_done_is_kept(tmp_path: Path) -> None:
    mark = [str(tmp_path / "died")]
    executor = Executor(backend="processes", jobs=1, shards=tmp_path / "shards")
    with pytest.raises(TaskError, match="its process ended with exit code -9"):
        weighed(dies_once, Sharding(executor, 1), mark=mark)
    assert len(list((tmp_path / "shards").iterdir())) == 4
    found = weighed(dies_once, Sharding(executor, 1), mark=mark)
    assert found.measures["total"].tolist() == weighed().measures["total"].tolist()


def test_a_function_must_be_one_that_others_find() -> None:
    def inner(panel: Any, name: int, weight: float) -> Any:
        return tilted(panel, name, weight)

    for function in (inner, lambda panel, name, weight: None):
        with pytest.raises(ConfigError, match="family: an executor needs a function of a module"):
            weighed(function, Sharding(Executor()))
