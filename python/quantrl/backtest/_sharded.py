"""A sweep cut into tasks of an executor: what one of them does, and how their answers become one."""

from __future__ import annotations

import base64
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantrl.backtest._families import Members
from quantrl.backtest._task import check_target, load_target
from quantrl.backtest.swept import MEASURES
from quantrl.errors import ConfigError
from quantrl.runs import sha256_json
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest.executor import Executor

_CELLS = 200_000_000
_SCHEDULES = 32
_COLUMNS = (*MEASURES, "trades", "sums")
_SELF = f"{__name__}:run_shard"


@dataclass(frozen=True)
class Sharding:
    """How a sweep is shared out: `executor`, members a task (0: by size), and who hears (done, total)."""

    executor: Executor
    shard: int = 0
    progress: Callable[[int, int], None] | None = None

    def size(self, n_bars: int, *, schedules: bool) -> int:
        """Members of one task: those of signals are quick, schedules of weights are not."""
        return self.shard or (_SCHEDULES if schedules else max(1, _CELLS // n_bars))

    def tasks(self, members: Members, n_bars: int, *, schedules: bool) -> list[dict[str, list[Any]]]:
        """Parameters of each task, by name."""
        size = self.size(n_bars, schedules=schedules)
        return [
            {name: column[first : first + size].tolist() for name, column in members.columns.items()}
            for first in range(0, len(members), size)
        ]

    def measured(
        self, shared: dict[str, Any], shared_id: str, tasks: list[dict[str, list[Any]]]
    ) -> tuple[dict[str, NDArray[Any]], FloatArray]:
        """Measures (K,) by name and sums (K, 2 blocks) of all members."""
        parts = self.executor.map(_SELF, shared, tasks, shared_id=shared_id, progress=self.progress)
        columns = {name: np.concatenate([_array(part[name]) for part in parts]) for name in _COLUMNS}
        sums = columns.pop("sums")
        return columns, sums.reshape(len(columns["total"]), -1)


def run_shard(shared: dict[str, Any], task: dict[str, list[Any]], report: Any) -> dict[str, Any]:
    """Sweep the members of one task; columns as text of their bytes, which is exact."""
    from quantrl.backtest._sweep import sweep

    family, names = shared["family"], list(task)
    members = [dict(zip(names, row, strict=True)) for row in zip(*task.values(), strict=True)]
    swept = sweep(
        load_target(family) if ":" in family else family, members, shared["panel"], **shared["options"]
    )
    return {name: _text(column) for name, column in {**swept.measures, "sums": swept.sums}.items()}


def function_name(function: Callable[..., Any]) -> str:
    """``module:function`` of a function that another process can find.

    Raises
    ------
    ConfigError
        A lambda, a function inside another, or one of a script or notebook.
    """
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    found = None
    if not name.startswith("__main__:") and "." not in name.partition(":")[2]:
        try:
            check_target(name)
            found = load_target(name)
        except ConfigError:
            found = None
    if found is not function:
        raise ConfigError(
            f"family: an executor needs a function of a module that can be imported, got {name}"
        )
    return name


def identity(family: str, panel_id: str, options: dict[str, Any]) -> str:
    """What decides the answers besides the parameters; of a function its module's text too."""
    text = ""
    if ":" in family:
        file = inspect.getsourcefile(load_target(family))
        text = "" if file is None else hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return sha256_json([family, panel_id, options, text])


def _text(column: NDArray[Any]) -> str:
    """Kind and little-endian bytes in base 64."""
    kind = "<f8" if column.dtype.kind == "f" else "<i8"
    return f"{kind} {base64.b64encode(column.astype(kind).tobytes()).decode()}"


def _array(text: str) -> NDArray[Any]:
    kind, _, encoded = text.partition(" ")
    return np.frombuffer(base64.b64decode(encoded), dtype=kind).astype(kind[1:])
