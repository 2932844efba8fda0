"""``quantrl replay``: a native policy on an event file, with latency, queues and fees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import File

Named = Annotated[str, typer.Option("--policy", help="noop or quote.")]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param", metavar="KEY=VALUE", help="A setting of the policy, such as refresh=10ms; repeat."
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="TOML file of latency, queue, fees (default: none of them)."
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace one key of the config; repeat."),
]


def command(
    file: File,
    policy: Named = "noop",
    params: Params = None,
    config: ConfigFile = None,
    sets: Sets = None,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    seed: options.Seed = None,
    no_report: options.NoReport = False,
    as_json: options.Json = False,
) -> None:
    """Run a policy through an event file; on level sums its queue model is named and risk_averse shown beside it."""
    from quantrl.cli.replay.job import Job
    from quantrl.cli.replay.run import run

    job = Job.of(file, policy, params or (), config, sets or (), seed)
    run(job, Output(as_json), out=out, root=root, page=not no_report)
