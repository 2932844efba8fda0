"""``quantrl contest``: rank agents on matured results, fund the best, and say why."""

from __future__ import annotations

import typer

from quantrl.cli.contest.board import command as show_board
from quantrl.cli.contest.decide import command as show_targets
from quantrl.cli.contest.explain import command as show_reasons
from quantrl.cli.contest.run import command as run_contest

app = typer.Typer(
    name="contest", help="Rank agents on matured results, fund the best, and say why.", no_args_is_help=True
)
app.command("run")(run_contest)
app.command("explain")(show_reasons)
app.command("board")(show_board)
app.command("decide")(show_targets)
