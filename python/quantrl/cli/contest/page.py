"""``quantrl contest page``: several runs on one page of Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

Runs = Annotated[
    list[str], typer.Argument(metavar="RUN...", help="Run folders, or ids below --runs.", show_default=False)
]
Target = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="File to write (default: the terminal).")
]


def command(
    runs: Runs, out: Target = None, root: options.RunsRoot = Path("runs"), as_json: options.Json = False
) -> None:
    """Put runs with their ablations, probes and replays on one page, negative findings first.

    What `ablate`, `probe` and `replay` left in the folder of a run is shown with it; what was not made is left out.
    """
    import shlex

    from quantrl.cli import machine
    from quantrl.cli.contest import opened, watching
    from quantrl.contest import study

    output = Output(as_json)
    folders = [opened.finished(name, root) for name in runs]
    made = []
    with watching.stages(len(folders), quiet=as_json) as stage:
        for folder in folders:
            stage(folder.name)
            made.append(study.read(folder))
    said = ["quantrl", "contest", "page", *(folder.name for folder in folders)]
    text = study.page(
        made,
        command=shlex.join([*said, *(["--out", str(out)] if out else [])]),
        machine=machine.summary(),
    )
    if out is None:
        output.say(text)
    else:
        out.write_text(text, encoding="utf-8")
        output.say(f"page: {out}")
    output.finish({"page": out, "runs": [folder.name for folder in folders]})
