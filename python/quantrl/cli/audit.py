"""``quantrl audit``: a published result computed again from its own files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.sharpe_portfolio.audit import ReleasedAudit

AGENTS = ("sharpe_portfolio",)
Agent = Annotated[str, typer.Argument(metavar="AGENT", help="sharpe_portfolio.", show_default=False)]
Result = Annotated[
    Path,
    typer.Option("--result", metavar="FILE", help="Released backtest, CSV or Parquet.", show_default=False),
]
Relatives = Annotated[
    Path | None,
    typer.Option("--relatives", metavar="FILE", help="Dated close over previous close, one column a name."),
]
Baselines = Annotated[
    Path | None,
    typer.Option("--baselines", metavar="FILE", help="Released baselines, one row a day and strategy."),
]
Markdown = Annotated[
    Path | None,
    typer.Option(
        "--markdown", metavar="FILE", help="Write the section for `quantrl evaluate --page --audit`."
    ),
]


def command(
    agent: Agent,
    result: Result,
    relatives: Relatives = None,
    baselines: Baselines = None,
    markdown: Markdown = None,
    as_json: options.Json = False,
) -> None:
    """Replay the released backtest of an agent's paper and show what it says (exit 1 if it does not replay)."""
    if agent not in AGENTS:
        raise ConfigError(f"audit: expected one of {', '.join(AGENTS)}, got {agent!r}")
    from quantrl.agents.sharpe_portfolio.audit import audit_markdown, audit_released

    output = Output(as_json)
    audit = audit_released(result, relatives, baselines)
    output.say(_items(audit))
    if audit.baselines:
        output.say(_rivals(audit))
    if markdown is not None:
        markdown.parent.mkdir(parents=True, exist_ok=True)
        markdown.write_text(audit_markdown(audit), encoding="utf-8")
        output.say(f"section: {markdown}")
    code = 0 if audit.reproduced else CHECK_FAILED
    if code:
        errors = audit.replay.errors
        worst = max(errors, key=lambda name: errors[name])
        typer.echo(f"error: the replay differs from column {worst!r} by up to {errors[worst]:.3g}", err=True)
    output.finish(audit.to_dict(), report=markdown, code=code)


def _items(audit: ReleasedAudit) -> Table:
    from rich.table import Table

    table = Table(title=f"{audit.replay.result.name}: what the released artefacts show", show_lines=True)
    for head in ("Item", "Published or expected", "Found"):
        table.add_column(head, overflow="fold")
    for item in audit.items:
        table.add_row(*_plain(item.item, item.published, item.found), style="dim" if item.absent else None)
    return table


def _rivals(audit: ReleasedAudit) -> Table:
    from rich.table import Table

    from quantrl.agents.sharpe_portfolio.released.item import number

    table = Table(title="Baselines")
    for head in ("Baseline", "Dates", "Sharpe", "Replay error", "Published value", "Arithmetic value"):
        table.add_column(head, justify="left" if head in ("Baseline", "Dates") else "right")
    for one in audit.baselines or ():
        error = "absent: no relatives" if math.isnan(one.error) else f"{one.error:.1g}"
        cells = (one.name, f"{one.first} to {one.last}", number(one.sharpe, 3), error)
        table.add_row(*_plain(*cells, number(one.published, 4), number(one.arithmetic, 4)))
    return table


def _plain(*cells: str) -> tuple[str, ...]:
    """Cells in which brackets are no markup."""
    from rich.markup import escape

    return tuple(escape(cell) for cell in cells)
