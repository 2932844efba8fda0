"""``quantrl train``: train an agent, every walk-forward fold and seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

AGENTS = ("sharpe_portfolio", "dqn_statarb")
Agent = Annotated[
    str, typer.Argument(metavar="AGENT", help="sharpe_portfolio or dqn_statarb.", show_default=False)
]
PresetName = Annotated[
    str,
    typer.Option(
        "--preset", help="smoke, default, released; dqn_statarb: truth, cvar, robust, explore, rolling."
    ),
]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="NAME", help="Sample or file (default: us20, filled at closes)."),
]
Algo = Annotated[
    str | None, typer.Option("--algo", help="ppo, a2c, trpo, sac, td3 or released; ddqn, dqn, qr or qr_cvar.")
]
Net = Annotated[str | None, typer.Option("--net", help="asset_conv, vgg or resnet.")]
Reward = Annotated[str | None, typer.Option("--reward", help="markov_sharpe, avg_sharpe, log_return, ...")]
Fill = Annotated[str | None, typer.Option("--fill", help="next_open or next_close.")]
Venue = Annotated[str | None, typer.Option("--venue", help="dqn_statarb: ou, books, flow or replay.")]
Cost = Annotated[
    str | None, typer.Option("--cost", metavar="K,...", help="dqn_statarb: cost of a unit in s, a run each.")
]
Features = Annotated[str | None, typer.Option("--features", help="dqn_statarb: core or full.")]
Explore = Annotated[str | None, typer.Option("--explore", help="dqn_statarb: epsilon, boltzmann or noisy.")]
Steps = Annotated[int | None, typer.Option("--steps", min=1, help="Environment steps of each run.")]
Seeds = Annotated[int | None, typer.Option("--seeds", min=1, help="Runs of each fold.")]
Folds = Annotated[int | None, typer.Option("--folds", min=1, help="The last so many folds.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, max=1024, help="Processes; results do not depend on it.")
]
Device = Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML with data, env and train.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace one key, such as env.cost_bps=10."),
]
Resume = Annotated[str | None, typer.Option("--resume", metavar="RUN", help="Go on with an interrupted run.")]


def command(
    agent: Agent,
    preset: PresetName = "default",
    data: Data = None,
    algo: Algo = None,
    net: Net = None,
    reward: Reward = None,
    fill: Fill = None,
    venue: Venue = None,
    events: options.Events = None,
    pair: options.PairFile = None,
    cost: Cost = None,
    features: Features = None,
    explore: Explore = None,
    steps: Steps = None,
    seeds: Seeds = None,
    folds: Folds = None,
    jobs: Jobs = None,
    device: Device = None,
    config: ConfigFile = None,
    sets: Sets = None,
    resume: Resume = None,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Train an agent on every walk-forward fold with every seed; Ctrl-C checkpoints, --resume goes on."""
    from quantrl.cli.training import flags

    flags.known(agent, AGENTS)
    output = Output(as_json)
    of_portfolio: dict[str, Any] = {
        "env.reward": reward,
        "env.fill": fill,
        "train.net": net,
        "train.folds": folds,
        "train.device": device,
    }
    of_pair: dict[str, Any] = {
        "pair.venue": venue,
        "pair.features": features,
        "train.explore": explore,
    }
    both: dict[str, Any] = {
        "train.algo": algo,
        "train.steps": steps,
        "train.seeds": seeds,
        "train.jobs": jobs,
    }
    if agent == "dqn_statarb":
        flags.refuse(agent, {**of_portfolio, "--data": data})
        given = flags.given({**of_pair, **both})
        if resume is None:
            from quantrl.cli.training import explore as exploring
            from quantrl.cli.training import pair as pairs
            from quantrl.cli.training import robust, rolling

            studies = {
                robust.PRESET: robust.start,
                exploring.PRESET: exploring.start,
                rolling.PRESET: rolling.start,
            }
            start = studies.get(preset, pairs.start)
            jobs_of = pairs.plan(preset, config, given, cost, sets or [], events=events or (), facts=pair)
            start(jobs_of, output, out=out, root=root)
            return
    else:
        flags.refuse(agent, {**of_pair, "--cost": cost, "--events": events, "--pair": pair})
        given = flags.given({**of_portfolio, **both})
        if resume is None:
            from quantrl.cli.training import portfolio

            job = portfolio.plan(preset, data, config, given, sets or [])
            portfolio.start(job, output, out=out, root=root)
            return
    kept = {
        "data": data,
        "cost": cost,
        "config": config,
        "sets": sets,
        "events": events,
        "pair": pair,
        "out": out,
    }
    flags.refuse_with_resume(given, preset=preset, **kept)
    from quantrl.cli.training.resume import go_on

    go_on(resume, output, agent=agent, root=root, jobs=jobs)
