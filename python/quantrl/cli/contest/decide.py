"""``quantrl contest decide``: today's netted target weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.cli import options
from quantrl.cli.console import Output

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.selection import Targets


def command(
    config: options.ConfigFile,
    asof: options.AsOf = None,
    seed: options.Seed = None,
    as_json: options.Json = False,
) -> None:
    """Run the contest up to a date and print what it wants to hold next; nothing is written."""
    from quantrl.cli import job
    from quantrl.cli.contest import trade_job, watching
    from quantrl.errors import ConfigError
    from quantrl.selection import build_contest, decide

    output = Output(as_json)
    if trade_job.has_documents(config):
        raise ConfigError(
            f"{config}: names documents, and what its agents are asked is kept; 'quantrl contest run --to DATE' decides"
        )
    loaded = job.load(config, "quantrl contest decide", seed=seed)
    contest = build_contest(loaded.config, loaded.panel, baselines=False)
    with watching.display(contest, quiet=as_json) as tell:
        found = decide(contest, asof, progress=tell)
    output.say(_table(found), _capital(found))
    output.finish({"name": loaded.config.name, "data_id": loaded.panel.id, **found.json()})


def _table(found: Targets) -> Table:
    from rich.table import Table

    from quantrl.cli.wording import percent

    date = found.json()["date"]
    table = Table("instrument", title=f"targets decided after the close of {date}, fill {found.fill}")
    for name in ("held", "target", *found.by_agent):
        table.add_column(name, justify="right")
    for name, weight in sorted(found.weights.items(), key=lambda pair: (-pair[1], pair[0])):
        if weight or found.held[name]:
            parts = (percent(part[name]) if part[name] else "" for part in found.by_agent.values())
            table.add_row(name, percent(found.held[name]), percent(weight), *parts)
    table.add_row("cash", percent(1.0 - sum(found.held.values())), percent(found.cash))
    return table


def _capital(found: Targets) -> str:
    from quantrl.cli.wording import percent

    funded = ", ".join(f"{label} {percent(share, 0)}" for label, share in found.capital.items())
    return f"capital: {funded or 'none; nobody is old enough and allowed'}"
