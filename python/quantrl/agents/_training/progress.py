"""Progress of many runs at once: one bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Show = Callable[[int, dict[str, Any]], None]


@dataclass(frozen=True)
class Shown:
    """What of a row of ``progress.csv`` is shown.

    Attributes
    ----------
    numbers : tuple of (str, str, str)
        Words, column and format.
    milestone : str
        The column whose rows are printed where there is no terminal: a hundred rows a run are for the file.
    """

    numbers: tuple[tuple[str, str, str], ...]
    milestone: str


class Board:
    """The newest row of every run.

    Parameters
    ----------
    labels : sequence of str
        One per run.
    steps : int
        Steps of one run.
    shown : Shown
    """

    def __init__(self, labels: Sequence[str], steps: int, shown: Shown) -> None:
        self.labels, self.steps, self.shown = labels, steps, shown
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
        found += [f"{name} {form.format(row[key])}" for name, key, form in self.shown.numbers if key in row]
        return ", ".join(found)


@contextmanager
def display(
    labels: Sequence[str], steps: int, shown: Shown, *, quiet: bool, console: Console | None = None
) -> Iterator[Show]:
    """Yield a function that shows a row of ``progress.csv`` of a run, by its place in `labels`.

    Parameters
    ----------
    labels : sequence of str
        One per run.
    steps : int
        Steps of one run.
    shown : Shown
    quiet : bool
        Show nothing.
    console : Console, optional
        By default stderr.
    """
    from rich.console import Console

    board = Board(labels, steps, shown)
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
    board.take(index, row)
    if row.get(board.shown.milestone) is not None:
        print(board.line(index), file=sys.stderr, flush=True)
