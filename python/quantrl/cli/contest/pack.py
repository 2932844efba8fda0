"""``quantrl contest pack``: the record of a run in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

Target = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="File to write (default: RUN/record.gz).", show_default=False),
]


def command(
    run: options.RunName,
    out: Target = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Write every recorded answer into one gzip, for `--llm replay:FILE`; equal records give equal bytes."""
    import hashlib

    from quantrl.cli.contest import opened
    from quantrl.contest.analysts_of import record_of
    from quantrl.contest.llm.record import Record

    output = Output(as_json)
    folder = opened.trade_folder(run, root)
    made = Record(record_of(folder)).pack(out or folder / "record.gz")
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    output.say(f"record: {made}, {made.stat().st_size:,} bytes, sha256 {digest}")
    output.finish({"record": made, "bytes": made.stat().st_size, "sha256": digest}, run=folder)
