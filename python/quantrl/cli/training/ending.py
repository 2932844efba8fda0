"""What is said when a training ends or is interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from quantrl.cli.console import Output

if TYPE_CHECKING:
    from rich.table import Table


@contextmanager
def resumable(output: Output) -> Iterator[None]:
    """Say how to go on after Ctrl-C, which is raised again."""
    try:
        yield
    except KeyboardInterrupt:
        output.say("interrupted; the same command, or --resume with the run folder, goes on")
        raise


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A row a trained policy; every column but the status to the right."""
    from rich.table import Table

    found = Table(title=title, title_justify="left")
    for name in columns:
        found.add_column(name, justify="left" if name == "status" else "right")
    for row in rows:
        found.add_row(*(str(cell) for cell in row))
    return found


def best(row: Mapping[str, Any], key: str, form: str, unit: float = 1.0) -> tuple[Any, str]:
    """At which step validation was best, and its value in `unit`."""
    found = row["best"] or {}
    return found.get("steps", "last"), format(found[key] / unit, form) if found else "not defined"
