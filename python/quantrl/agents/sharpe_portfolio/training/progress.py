"""Progress of many runs at once: one bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from quantrl.agents.sharpe_portfolio.training.lesson import Slot

Show = Callable[[int, dict[str, Any]], None]
_SHOWN = (
    ("reward", "ep_rew_mean", "{:+.3f}"),
    ("validation Sharpe", "validation_sharpe", "{:+.2f}"),
    ("KL", "approx_kl", "{:.4f}"),
    ("clipped", "clip_fraction", "{:.0%}"),
)


class Board:
    """The newest row of every run.

    Parameters
    ----------
    labels : sequence of str
        One per run.
    steps : int
        Steps of one run.
    """

    def __init__(self, labels: Sequence[str], steps: int) -> None:
        self.labels, self.steps = labels, steps
        self._rows: dict[int, dict[str, Any]] = {}

    def take(self, index: int, row: dict[str, Any]) -> None:
        """Keep a row; what it does not know stays as it was."""
        known = {key: value for key, value in row.items() if value is not None}
        self._rows[index] = {**self._rows.get(index, {}), **known}

    @property
    def done(self) -> int:
        """Steps of all runs; what overshoots the plan does not count."""
        return sum(min(int(row.get("steps", 0)), self.steps) for row in self._rows.values())

    @property
    def total(self) -> int:
        """Steps planned for all runs."""
        return self.steps * len(self.labels)

    def line(self, index: int) -> str:
        """One run in words."""
        row = self._rows[index]
        found = [f"{self.labels[index]}: {int(row['steps']):,} of {self.steps:,}"]
        if "fps" in row:
            found.append(f"{row['fps']:,} frames/s")
        found += [f"{name} {form.format(row[key])}" for name, key, form in _SHOWN if key in row]
        return ", ".join(found)


def announce(header: dict[str, Any], *, quiet: bool) -> None:
    """Say, before anything is trained, what the policy can hold at all."""
    if quiet:
        return
    bounds, runs = header["action_bounds"], len(header["folds"]) * len(header["seeds"])
    print(
        f"{header['id']}: {runs} runs of {header['train']['steps']:,} steps; a name weighs "
        f"{bounds['w_min']:.2%} to {bounds['w_max']:.2%}, cash at most {bounds['cash_max']:.2%}",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def display(
    slots: Sequence[Slot], steps: int, *, quiet: bool, console: Console | None = None
) -> Iterator[Show]:
    """Yield a function that shows a row of ``progress.csv`` of a run, by its place in `slots`.

    Parameters
    ----------
    slots : sequence of Slot
    steps : int
        Steps of one run.
    quiet : bool
        Show nothing.
    console : Console, optional
        By default stderr.
    """
    from rich.console import Console

    board = Board([slot.label for slot in slots], steps)
    console = Console(stderr=True) if console is None else console
    if quiet:
        yield lambda index, row: None
    elif console.is_terminal:
        with _bar(board, console) as show:
            yield show
    else:
        yield lambda index, row: _print(board, index, row)


@contextmanager
def _bar(board: Board, console: Console) -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        TextColumn("training"),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False, table_column=rest),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task = progress.add_task("training", total=board.total, note="")

        def show(index: int, row: dict[str, Any]) -> None:
            board.take(index, row)
            progress.update(task, completed=board.done, note=board.line(index))

        yield show


def _print(board: Board, index: int, row: dict[str, Any]) -> None:
    """A line per validation: a hundred rows a run are for the file."""
    board.take(index, row)
    if row.get("validation_sharpe") is not None:
        print(board.line(index), file=sys.stderr, flush=True)
