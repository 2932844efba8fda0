"""``quantrl events bbo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import File
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write every row as CSV or Parquet, by the name's end."),
]
Which = Annotated[int, typer.Option("--instrument", min=0, help="Row of the instrument table.")]
SHOWN = 10


def command(file: File, out: Out = None, instrument: Which = 0, as_json: options.Json = False) -> None:
    """Show or write every change of the best bid and ask, in ticks and lots."""
    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise ConfigError(f"--out: expected a name that ends in .csv or .parquet, got {out}")
    from quantrl.data.events import EventFile

    output = Output(as_json)
    events = EventFile(file)
    rows = events.bbo(instrument)
    if out is not None:
        rows.write_csv(out) if out.suffix == ".csv" else rows.write_parquet(out)
    output.say(_table(rows.tail(SHOWN)), f"{rows.height} changes" + (f" in {out}" if out else ""))
    last = rows.tail(1).to_dicts()
    output.finish(
        {"rows": rows.height, "last": last[0] if last else None, "file": None if out is None else str(out)}
    )


def _table(rows: pl.DataFrame) -> Table:
    from rich.table import Table

    table = Table()
    for name in rows.columns:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows():
        table.add_row(*("-" if value is None else str(value) for value in row))
    return table
