"""How event files are shown, and the bar while one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.data.events import Conversion, FileInfo, StylisedFacts

File = Annotated[Path, typer.Argument(metavar="FILE", help="Event file (.qev).", show_default=False)]
Destination = Annotated[Path, typer.Argument(metavar="DST", help="Event file to write.", show_default=False)]
CheckpointEvery = Annotated[
    int, typer.Option("--checkpoint-every", help="Events between checkpoints, 1024 to 16777216; 0 for none.")
]


@contextmanager
def steps_bar(
    what: str, name: str, *, quiet: bool, total: int | None = None
) -> Iterator[Callable[[int], None]]:
    """Counts rows, messages or events; of a source whose rows nobody has counted, `total` is None."""
    from quantrl.cli.progress import bar

    with bar(quiet=quiet) as progress:
        task = progress.add_task(what, total=total, note=name)
        yield lambda steps: progress.update(task, completed=steps)


def info_table(info: FileInfo) -> Table:
    """One row an instrument."""
    from rich.table import Table

    table = Table()
    for name in ("symbol", "tick", "lot", "step", "base tick", "most live orders"):
        table.add_column(name, no_wrap=True, justify="left" if name == "symbol" else "right")
    for row in info.instruments:
        numbers = (row.tick_size, row.lot_size, row.step, row.base_tick, row.max_live)
        table.add_row(row.symbol, *map(str, numbers))
    return table


def headline(path: Path, info: FileInfo) -> str:
    """The file in a line."""
    span = f"{_time(info.first_ts_ns)} to {_time(info.last_ts_ns)}" if info.events else "without events"
    return f"{path}: level {info.level}, {info.events} events, {span}, {info.checkpoints} checkpoints"


def counted(quality: Mapping[str, Any]) -> str:
    """Counts that are not 0."""
    found = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in quality.items()
        if value and not isinstance(value, list)
    ]
    return ", ".join(found) or "nothing counted"


def facts_table(facts: StylisedFacts) -> Table:
    """One row a measure."""
    from dataclasses import asdict

    from rich.table import Table

    table = Table()
    table.add_column("stylised fact", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    for name, value in asdict(facts).items():
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def made(done: Conversion) -> dict[str, Any]:
    """A new file for ``--json``."""
    return {"file": str(done.path), "info": done.info.to_dict(), "quality": done.quality}


def _time(ts_ns: int) -> str:
    import numpy as np

    return f"{np.datetime_as_string(np.datetime64(ts_ns, 'ns'))}Z"
