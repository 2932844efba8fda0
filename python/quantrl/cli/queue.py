"""``quantrl queue``: queue models of level sums, judged where queues are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import File, steps_bar

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.backtest import QueueCalibration

app = typer.Typer(name="queue", help="Queue models of level sums.", no_args_is_help=True)

Instr = Annotated[int, typer.Option("--instr", help="Row of the instrument table.")]
Every = Annotated[str, typer.Option("--every", help="Time between two virtual orders of a side.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the fitted model as a config for quantrl replay."),
]


@app.callback()
def _queue() -> None:
    """Queue models of level sums."""


@app.command("calibrate")
def calibrate(
    file: File, instr: Instr = 0, every: Every = "1s", out: Out = None, as_json: options.Json = False
) -> None:
    """Rank queue models on a file of orders by the Brier score of their fills, best first; fit one.

    Virtual orders of one lot join both touches; the true queues say when they fill. Fitted on the first 70 % of the
    events, all models judged on the others.
    """
    from quantrl import toml
    from quantrl.backtest import calibrate_queue
    from quantrl.data.events import EventFile
    from quantrl.errors import ConfigError

    output = Output(as_json)
    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"--out: expected a folder that exists, got {out.parent}")
    events = EventFile(file)
    with steps_bar("events", file.name, quiet=as_json, total=len(events)) as tell:
        found = calibrate_queue(events, instr=instr, every=every, progress=tell)
    output.say(_table(found), *_words(found))
    if out is not None:
        aside = out.with_name(f".{out.name}.partial")
        aside.write_text(toml.dump({"queue": str(found.fitted)}), encoding="utf-8")
        aside.replace(out)
        output.say(f"config: {out}")
    own = {
        "fitted": str(found.fitted),
        "cancels": found.cancels,
        "orders": found.orders,
        "filled": found.filled,
        "scores": found.scores.to_dicts(),
        "config": None if out is None else str(out),
    }
    output.finish(own)


def _words(found: QueueCalibration) -> list[str]:
    judged = ", ".join(
        f"{count} ({share:.1%} filled) within {seconds} s"
        for count, share, seconds in zip(found.orders, found.filled, (1, 10, 60), strict=True)
    )
    words = [f"orders judged: {judged}; cancellations behind the fitted model: {found.cancels}"]
    if not found.is_judged:
        words.append("The file is too short to judge a model at every horizon.")
    return words


def _table(found: QueueCalibration) -> Table:
    from rich.table import Table

    table = Table(title="Brier score of filled within 1, 10, 60 s, and share filled")
    for name in found.scores.columns:
        justify = "left" if name == "model" else "right"
        table.add_column(name.replace("_", " "), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in found.scores.iter_rows():
        *shares, error = row[1:]
        took = "-" if error is None else f"{error:.3g}"
        table.add_row(row[0], *(f"{share:.4f}" for share in shares), took)
    return table
