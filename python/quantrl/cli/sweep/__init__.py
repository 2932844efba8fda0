"""``quantrl sweep``: thousands of parameter sets, the best of them, and what choosing it is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError

ConfigFile = Annotated[
    Path | None, typer.Argument(metavar="[CONFIG]", help="TOML file with a sweep table.", show_default=False)
]
FamilyName = Annotated[
    str | None,
    typer.Option("--family", metavar="F", help="sma_cross, ema_cross, donchian, zscore or momentum_topk."),
]
Prices = Annotated[
    str | None,
    typer.Option("--prices", metavar="F", help="A sample or a file, with --family instead of CONFIG."),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--param", metavar="NAME=VALUES", help="Values of a parameter: 2:143 (as Python's range) or 5,10,20."
    ),
]
Fast = Annotated[str | None, typer.Option("--fast", metavar="VALUES", help="Short for --param fast=VALUES.")]
Slow = Annotated[str | None, typer.Option("--slow", metavar="VALUES", help="Short for --param slow=VALUES.")]
Name = Annotated[
    str | None, typer.Option("--instrument", metavar="SYMBOL", help="The one that signals trade.")
]
Measure = Annotated[
    str | None, typer.Option("--measure", help="What is best: total, sharpe (default) or max_drawdown.")
]
MinTrades = Annotated[
    int | None, typer.Option("--min-trades", min=0, help="Fewest trades of the best (default 30).")
]
Fill = Annotated[str | None, typer.Option("--fill", help="next_open, next_typical, next_close or close.")]
Bps = Annotated[float | None, typer.Option("--bps", help="Cost per side in basis points.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace one key of the config.")
]
Where = Annotated[
    str | None,
    typer.Option(
        "--executor", metavar="E", help="serial (default), threads, processes or ray: where members run."
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, max=1024, help="Tasks at a time (default: one per core).")
]
Shard = Annotated[
    int | None, typer.Option("--shard", min=1, help="Members a task (default: about a second of work).")
]
Resume = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN", help="Go on with a sweep that was stopped: folder, or id."),
]


def command(
    config: ConfigFile = None,
    prices: Prices = None,
    family: FamilyName = None,
    params: Values = None,
    fast: Fast = None,
    slow: Slow = None,
    instrument: Name = None,
    measure: Measure = None,
    min_trades: MinTrades = None,
    fill: Fill = None,
    bps: Bps = None,
    sets: Sets = None,
    executor: Where = None,
    jobs: Jobs = None,
    shard: Shard = None,
    resume: Resume = None,
    threads: options.Threads = None,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    start: options.FromDate = None,
    end: options.ToDate = None,
    no_report: options.NoReport = False,
    as_json: options.Json = False,
) -> None:
    """Run every member of a family of parameter sets; show the best with its deflated Sharpe ratio, and the map."""
    from quantrl.cli import job
    from quantrl.cli.sweep.run import run
    from quantrl.cli.sweep.started import Spread, resumed

    named = {"backtest.fill": fill, "backtest.costs.bps": bps}
    changes = [f"{key}={value}" for key, value in named.items() if value is not None] + list(sets or ())
    given = _given(params, fast, slow)
    asked: dict[str, Any] = {"instrument": instrument, "measure": measure, "min_trades": min_trades}
    asked = {name: value for name, value in asked.items() if value is not None}
    if resume is not None:
        if any((config, prices, family, out, start, end, *changes, *given, *asked)):
            raise typer.BadParameter("--resume takes its settings and its folder from the run")
        work, out = resumed(resume, root)
    elif config is not None:
        if prices is not None or family is not None:
            raise typer.BadParameter("expected either CONFIG, or both --prices and --family")
        changes += [f"sweep.{name}={value}" for name, value in asked.items()]
        changes += [f'sweep.params.{name}="{values}"' for name, values in given.items()]
        work = job.load(config, "quantrl sweep", start=start, end=end, sets=changes)
    elif prices is not None and family is not None:
        words = ["--family", family]
        words += [word for name, values in given.items() for word in ("--param", f"{name}={values}")]
        words += [w for name, value in asked.items() for w in (f"--{name.replace('_', '-')}", str(value))]
        section = {"family": family, "params": given, **asked}
        work = job.of_sweep(prices, section, words, start=start, end=end, sets=changes)
    else:
        raise typer.BadParameter("expected a CONFIG file, --prices with --family, or --resume RUN")
    spread = Spread(executor or "serial", jobs, shard or 0)
    run(work, Output(as_json), threads=threads, out=out, root=root, page=not no_report, spread=spread)


def _given(params: list[str] | None, fast: str | None, slow: str | None) -> dict[str, str]:
    short = [f"{name}={values}" for name, values in (("fast", fast), ("slow", slow)) if values is not None]
    found: dict[str, str] = {}
    for text in [*short, *(params or ())]:
        name, equals, values = text.partition("=")
        if not equals or not name.strip() or not values.strip():
            raise ConfigError(f"--param: expected NAME=VALUES, got {text!r}")
        if name.strip() in found:
            raise ConfigError(f"--param: {name.strip()} is given twice")
        found[name.strip()] = values.strip()
    return found
