"""``quantrl contest``: rank agents on matured results, fund the best, and say why."""

from __future__ import annotations

import typer

from quantrl.cli.contest.ablate import command as remove_parts
from quantrl.cli.contest.board import command as show_board
from quantrl.cli.contest.cost import command as show_cost
from quantrl.cli.contest.decide import command as show_targets
from quantrl.cli.contest.explain import command as show_reasons
from quantrl.cli.contest.install import command as install_model
from quantrl.cli.contest.momentum import command as show_momentum
from quantrl.cli.contest.pack import command as pack_record
from quantrl.cli.contest.page import command as write_page
from quantrl.cli.contest.probe import command as mask_world
from quantrl.cli.contest.replay import command as replay_run
from quantrl.cli.contest.run import command as run_contest

app = typer.Typer(
    name="contest", help="Rank agents on matured results, fund the best, and say why.", no_args_is_help=True
)
app.command("run")(run_contest)
app.command("explain")(show_reasons)
app.command("board")(show_board)
app.command("decide")(show_targets)
app.command("replay")(replay_run)
app.command("cost")(show_cost)
app.command("ablate")(remove_parts)
app.command("probe")(mask_world)
app.command("momentum")(show_momentum)
app.command("pack")(pack_record)
app.command("page")(write_page)
app.command("install-local-llm")(install_model)
