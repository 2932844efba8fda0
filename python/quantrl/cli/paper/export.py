"""``quantrl paper export``: a book's tables as files, and its folder as a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.paper import book
from quantrl.errors import ConfigError

RUN = "run"
What = Annotated[
    str,
    typer.Option(
        "--what",
        metavar="X",
        help="fills, orders, postings, equity, rounds, decisions, verdicts or transfers; run: what `quantrl report` reads.",
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="F",
        help="File that ends in .parquet or .csv; for a run its folder (default: DIR).",
        show_default=False,
    ),
]


def command(folder: book.Folder, what: What = RUN, to: To = None, as_json: options.Json = False) -> None:
    """Write a table of the stopped book in DIR to a file, or everything `quantrl report` reads into a run folder."""
    book.check(folder)
    book.need_live()
    output = Output(as_json)
    if what == RUN:
        from quantrl.live.run_folder import fill_run

        target = Path(fill_run(folder, to))
        output.say(f"run: {target}; its page: quantrl report {target}")
        output.finish({"what": what, "to": str(target)}, run=target)
        return
    if to is None:
        raise ConfigError(f"--to: expected a file for {what}")
    from quantrl.live._export import write

    written = Path(write(folder, what, to))
    output.say(f"{what}: {written}")
    output.finish({"what": what, "to": str(written)})
