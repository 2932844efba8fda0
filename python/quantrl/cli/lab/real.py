"""``quantrl lab real``: the frozen defaults on classic rules and recorded markets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.lab.options import Threads
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantrl.data import Panel
    from quantrl.typing import JsonObject

Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="D",
        help="us20, csi300, or a file; may be repeated (default: us20, and csi300 where it is).",
        show_default=False,
    ),
]
Shared = Annotated[Path, typer.Option("--shared", metavar="DIR", help="Folder with csi300/panel.parquet.")]
CloseTime = Annotated[
    str | None, typer.Option("--close-time", metavar="T", help="Of a file's bare dates.", show_default=False)
]
Annual = Annotated[
    float | None,
    typer.Option("--periods-per-year", min=1.0, help="Of a file; never guessed.", show_default=False),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Markdown file; figures go to a folder of its name.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run what is already there again.")]


def command(
    data: Data = None,
    shared: Shared = Path("../shared/data"),
    close_time: CloseTime = None,
    periods_per_year: Annual = None,
    out: Out = Path("docs/results/selection_real.md"),
    fresh: Fresh = False,
    threads: Threads = 2,
    as_json: options.Json = False,
) -> None:
    """Enter at least 200 agents, fund them by the defaults, and report what came of it, whatever it is.

    A panel whose figures are there already, from the same data, agents and code, is not run again: a run that was
    stopped goes on with the next panel.
    """
    from quantrl.cli.lab import real_figure, real_page
    from quantrl.cli.machine import summary
    from quantrl.cli.progress import counter
    from quantrl.selection.lab import real

    output = Output(as_json)
    names = _names(data, shared, output)
    found: list[JsonObject] = []
    with counter("decisions", quiet=as_json) as tell:
        for name in names:
            panel = real.load(name, shared=shared, close_time=close_time, periods_per_year=periods_per_year)
            file = out.with_suffix("") / f"{panel.name}.json"
            kept = None if fresh else _kept(file, real.fingerprint(panel))
            found.append(kept or _made(panel, file, threads, tell))
            output.say(real_page.verdict(found[-1]))
    for one in found:
        figure = out.with_suffix("") / f"{one['data']['name']}.svg"
        figure.write_text(real_figure.growth(one), encoding="utf-8")
    out.write_text(real_page.page(found, folder=out.stem, machine=summary()), encoding="utf-8")
    output.say(f"{out} written")
    output.finish({"page": str(out), "panels": found})


def _names(data: list[str] | None, shared: Path, output: Output) -> list[str]:
    from quantrl.selection.lab import real

    if data:
        if len(set(data)) < len(data):
            raise ConfigError(f"--data: expected each panel once, got {', '.join(data)}")
        return data
    if (shared / real.CSI_FILE).is_file():
        return [real.SAMPLE, real.CSI]
    output.say(f"{real.CSI} is left out: there is no {shared / real.CSI_FILE}")
    return [real.SAMPLE]


def _kept(file: Path, fingerprint: str) -> JsonObject | None:
    """Figures of the same data, agents and code, if they were written."""
    try:
        found: JsonObject = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("fingerprint") == fingerprint else None


def _made(panel: Panel, file: Path, threads: int, tell: Callable[[int, int, str], None]) -> JsonObject:
    """Run a panel; its figures are written when all of them are there."""
    from quantrl.runs import write_json
    from quantrl.selection.lab import real

    contest = real.enter(panel, threads=threads)
    result = contest.run(lambda done, total: tell(done, total, panel.name))
    if result.status != "done":
        raise KeyboardInterrupt
    figures: JsonObject = {"fingerprint": real.fingerprint(panel), **real.figures(result)}
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".partial")
    write_json(aside, figures)
    aside.replace(file)
    return figures
