"""``quantrl events simulate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import (
    Destination,
    counted,
    facts_table,
    headline,
    made,
    steps_bar,
)
from quantrl.errors import ConfigError

Flow = Annotated[str, typer.Option("--flow", help="zi or cst.")]
Messages = Annotated[int, typer.Option("--messages", min=0, help="Messages after the opening.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")]


def command(
    dst: Destination,
    flow: Flow = "zi",
    messages: Messages = 100_000,
    seed: Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Write an event file of a simulated flow, with its default rates (Python sets others), and show its stylised facts."""
    from quantrl.data.events import Cst, Zi, simulate

    flows = {"zi": Zi, "cst": Cst}
    if flow not in flows:
        raise ConfigError(f"--flow: expected one of {', '.join(flows)}, got {flow!r}")
    output = Output(as_json)
    with steps_bar("messages", flow, quiet=as_json, total=messages) as tell:
        done = simulate(dst, flows[flow](), messages=messages, seed=seed, progress=tell)
    with steps_bar("events", "stylised facts", quiet=as_json, total=done.info.events) as tell:
        facts = done.open().stylised_facts(progress=tell)
    output.say(headline(done.path, done.info), counted(done.quality), facts_table(facts))
    output.finish({**made(done), "facts": asdict(facts)})
