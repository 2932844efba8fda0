"""Progress on stderr: speed, time left, and what is being done now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def bar(*, quiet: bool = False, speed: bool = False) -> Progress:
    """Progress on stderr that disappears when done; nothing where stderr is no terminal, or `quiet`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = Console(stderr=True)
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = [TextColumn("{task.description}", markup=False), BarColumn(bar_width=16), MofNCompleteColumn()]
    if speed:
        columns.append(TextColumn("{task.fields[speed]}", markup=False, table_column=Column(no_wrap=True)))
    return Progress(
        *columns,
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False, table_column=rest),
        console=console,
        transient=True,
        expand=True,
        disable=quiet or not console.is_terminal,
        refresh_per_second=8,
    )


@contextmanager
def agents_bar(count: int, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Counts agents; the function yielded names the one that starts."""
    with bar(quiet=quiet) as progress:
        task = progress.add_task("agents", total=count, note="")
        begun = 0

        def tell(label: str) -> None:
            nonlocal begun
            progress.update(task, completed=begun, note=label)
            begun += 1

        yield tell


@contextmanager
def counter(name: str, *, quiet: bool = False) -> Iterator[Callable[[int, int, str], None]]:
    """Counts whatever has that name; the function yielded takes how many are done, of how many, and which comes next."""
    with bar(quiet=quiet) as progress:
        task = progress.add_task(name, total=None, note="")

        def tell(done: int, total: int, note: str) -> None:
            progress.update(task, completed=done, total=total, note=note)

        yield tell
