"""``quantrl backtest``: agents of a config, or a file of weights, each on an account of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.cli.job import Job

ConfigFile = Annotated[
    Path | None, typer.Argument(metavar="[CONFIG]", help="TOML file of the run.", show_default=False)
]
Prices = Annotated[
    str | None, typer.Option("--prices", metavar="F", help="Prices, with --weights instead of CONFIG.")
]
Weights = Annotated[Path | None, typer.Option("--weights", metavar="F", help="Wide file of target weights.")]
Fill = Annotated[str | None, typer.Option("--fill", help="next_open, next_typical, next_close or close.")]
Bps = Annotated[float | None, typer.Option("--bps", help="Cost per side in basis points.")]
Sizing = Annotated[str | None, typer.Option("--sizing", help="post_cost, pre_cost or first_order.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace one key of the config.")
]
Policy = Annotated[
    Path | None,
    typer.Option("--policy", metavar="DIR", help="Policy folder of dqn_statarb: trade a pair with it."),
]
Latency = Annotated[
    str | None,
    typer.Option("--latency", metavar="D", help="With --policy: mean entry latency, such as 10ms."),
]
Fees = Annotated[
    str | None,
    typer.Option("--fees", metavar="BPS[,BPS]", help="With --policy and --events: taker fee of each leg."),
]
QueueModel = Annotated[
    str | None,
    typer.Option("--queue", help="With --policy and --events: queue model of worked orders, such as power2."),
]
Decisions = Annotated[
    int | None, typer.Option("--decisions", min=1, help="With --policy: so many decisions.")
]
Lookahead = Annotated[
    bool, typer.Option("--lookahead/--no-lookahead", help="Test every agent for look-ahead.")
]


def command(
    config: ConfigFile = None,
    prices: Prices = None,
    weights: Weights = None,
    fill: Fill = None,
    bps: Bps = None,
    sizing: Sizing = None,
    sets: Sets = None,
    policy: Policy = None,
    events: options.Events = None,
    pair: options.PairFile = None,
    latency: Latency = None,
    fees: Fees = None,
    queue: QueueModel = None,
    decisions: Decisions = None,
    lookahead: Lookahead = True,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    seed: options.Seed = None,
    start: options.FromDate = None,
    end: options.ToDate = None,
    no_report: options.NoReport = False,
    as_json: options.Json = False,
) -> None:
    """Run agents, given weights, or a trained policy of a pair, each on its own account; audit every account."""
    of_bars = {"prices": prices, "weights": weights, "fill": fill, "bps": bps, "sizing": sizing, "to": end}
    if policy is not None:
        _refuse(of_bars, "without --policy")
        from quantrl.cli.backtest import pair as pairs

        asked = pairs.Asked(events or (), pair, latency, fees, queue, decisions, seed, start, sets or ())
        pairs.run(config, policy, asked, Output(as_json), out=out, root=root, page=not no_report)
        return
    of_pairs: dict[str, object] = {
        "events": events,
        "pair": pair,
        "latency": latency,
        "fees": fees,
        "queue": queue,
        "decisions": decisions,
    }
    _refuse(of_pairs, "with --policy")
    from quantrl.cli.backtest.run import run

    named = {"backtest.fill": fill, "backtest.costs.bps": bps, "backtest.sizing": sizing}
    changes = [f"{key}={value}" for key, value in named.items() if value is not None] + list(sets or ())
    if weights is not None or prices is not None:
        job = _of_weights(config, prices, weights, changes, start, end)
    else:
        job = _of_config(config, changes, seed, start, end)
    run(job, weights, Output(as_json), lookahead=lookahead, out=out, root=root, page=not no_report)


def _refuse(given: Mapping[str, object], where: str) -> None:
    for name, value in given.items():
        if value is not None:
            raise ConfigError(f"--{name}: goes only {where}")


def _of_config(
    path: Path | None, changes: list[str], seed: int | None, start: str | None, end: str | None
) -> Job:
    from quantrl.cli import job

    if path is None:
        raise typer.BadParameter("expected a CONFIG file, or --prices with --weights")
    return job.load(path, "quantrl backtest", seed=seed, start=start, end=end, sets=changes)


def _of_weights(
    config: Path | None,
    prices: str | None,
    weights: Path | None,
    changes: list[str],
    start: str | None,
    end: str | None,
) -> Job:
    from quantrl.cli import job

    if config is not None or prices is None or weights is None:
        raise typer.BadParameter("expected either CONFIG, or both --prices and --weights")
    return job.of_files(prices, weights, start=start, end=end, sets=changes)
