"""``quantrl events convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import CheckpointEvery, counted, headline, info_table, made, steps_bar
from quantrl.errors import ConfigError

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="SRC... DST", help="Source, or message and orderbook file; then the event file to write."
    ),
]
Format = Annotated[
    str,
    typer.Option("--format", help="lobster, itch, dbn, binance-spot, binance-futures or hftbacktest."),
]
TickSize = Annotated[str | None, typer.Option("--tick-size", help="Price of a tick, exact, such as 0.01.")]
LotSize = Annotated[str | None, typer.Option("--lot-size", help="Size of a lot, exact.")]
Symbol = Annotated[list[str] | None, typer.Option("--symbol", help="Symbol; for itch several, all without.")]
Date = Annotated[str | None, typer.Option("--date", metavar="DATE", help="Trading day in New York.")]
Step = Annotated[
    int | None, typer.Option("--step", min=1, help="lobster: ticks between prices (default: 100).")
]
Strict = Annotated[bool, typer.Option("--strict", help="The first fault is an error.")]
Share = Annotated[float, typer.Option("--max-fault-share", help="Most faults per row.")]
Offset = Annotated[
    str, typer.Option("--recv-offset", metavar="NS", help="Nanoseconds added to receive times, or auto.")
]
KeepIds = Annotated[bool, typer.Option("--keep-ids", help="Keep the venue's order ids, 8 bytes an event.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Limit on the input, see docs/order_book.md.")]


def command(
    paths: Paths,
    format_: Format,
    tick_size: TickSize = None,
    lot_size: LotSize = None,
    symbol: Symbol = None,
    date: Date = None,
    step: Step = None,
    strict: Strict = False,
    max_fault_share: Share = 0.01,
    recv_offset: Offset = "auto",
    keep_ids: KeepIds = False,
    checkpoint_every: CheckpointEvery = 1 << 16,
    max_line: Limit = None,
    max_depth: Limit = None,
    max_events: Limit = None,
    max_expansion: Limit = None,
    max_expanded: Limit = None,
    as_json: options.Json = False,
) -> None:
    """Convert a venue's data into an event file; a source with too many faults is refused (exit 3)."""
    if len(paths) < 2:
        raise ConfigError("convert: expected a source and the event file to write, got one path")
    from quantrl.data.events import convert
    from quantrl.data.events.options import ConvertOptions

    output = Output(as_json)
    given = {
        "max_line": max_line,
        "max_depth": max_depth,
        "max_events": max_events,
        "max_expansion": max_expansion,
        "max_expanded": max_expanded,
    }
    limits = {name: value for name, value in given.items() if value is not None}
    wanted = ConvertOptions(
        strict=strict,
        max_fault_share=max_fault_share,
        recv_offset=_offset(recv_offset),
        keep_ids=keep_ids,
        checkpoint_every=checkpoint_every,
        **limits,
    )
    *sources, dst = paths
    with steps_bar("rows", sources[0].name, quiet=as_json) as tell:
        done = convert(
            sources,
            dst,
            format=format_,
            tick_size=tick_size,
            lot_size=lot_size,
            symbol=symbol,
            date=date,
            step=step,
            options=wanted,
            progress=tell,
        )
    output.say(headline(done.path, done.info), info_table(done.info), counted(done.quality))
    output.finish(made(done))


def _offset(text: str) -> str | int:
    try:
        return int(text)
    except ValueError:
        return text
