"""``quantrl evaluate``: judge trained policies out of sample, beside controls and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError
from quantrl.runs import open_run

Runs = Annotated[
    list[str], typer.Argument(metavar="RUN", help="Training run, or its id below --runs; may be repeated.")
]
Costs = Annotated[
    str, typer.Option("--costs", metavar="BPS,...", help="Basis points a side of the cost sweep.")
]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the results page of all RUNs as Markdown."),
]
Audit = Annotated[
    Path | None,
    typer.Option("--audit", metavar="FILE", help="Markdown on the released artefacts, to close the page."),
]
Reuse = Annotated[
    bool, typer.Option("--reuse", help="Read results.json where a RUN has one instead of evaluating again.")
]
Sweep = Annotated[
    bool,
    typer.Option(
        "--sweep", help="Of dqn_statarb: also other fees, latencies and queue models, one at a time."
    ),
]
Grid = Annotated[
    bool, typer.Option("--theta-grid", help="Of dqn_statarb: also the corners of the box of robust training.")
]
Draws = Annotated[int, typer.Option("--draws", min=1, help="Shuffles, and draws of noise.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of controls and bootstrap.")]
Bootstrap = Annotated[int, typer.Option("--bootstrap", min=1, help="Replicates of every interval.")]


def command(
    runs: Runs,
    costs: Costs = "0,10,25,50",
    page: Page = None,
    audit: Audit = None,
    reuse: Reuse = False,
    sweep: Sweep = False,
    theta_grid: Grid = False,
    draws: Draws = 200,
    bootstrap: Bootstrap = 5000,
    seed: Seed = 0,
    as_json: options.Json = False,
    root: options.RunsRoot = Path("runs"),
) -> None:
    """Judge the policies of a training run on dates they never saw: controls, baselines, costs, trials."""
    output = Output(as_json)
    agents = {open_run(run, root=root).manifest.get("agent") for run in runs}
    if "dqn_statarb" in agents:
        if len(agents) > 1 or audit is not None:
            raise ConfigError("evaluate: expected runs of one agent, and --audit only with sharpe_portfolio")
        from quantrl.cli.evaluation import pair

        asked = {"sweep": sweep, "theta_grid": theta_grid}
        pair.judge(runs, output, root=root, page=page, reuse=reuse, seed=seed, **asked)
        return
    if sweep or theta_grid:
        raise ConfigError("evaluate: --sweep and --theta-grid go with runs of dqn_statarb")
    from quantrl.cli.evaluation import portfolio

    how: dict[str, Any] = {
        "costs_bps": portfolio.basis_points(costs),
        "draws": draws,
        "bootstrap": bootstrap,
        "seed": seed,
    }
    portfolio.judge(runs, output, how, root=root, page=page, audit=audit, reuse=reuse)
