"""``quantrl lab``: is the way we pick agents any good, on pools whose skill is known."""

from __future__ import annotations

import typer

from quantrl.cli.lab.check import command as run_checks
from quantrl.cli.lab.ledger import command as compare_pipelines
from quantrl.cli.lab.null import command as test_nulls
from quantrl.cli.lab.page import command as write_page
from quantrl.cli.lab.real import command as judge_real
from quantrl.cli.lab.table import command as show_table
from quantrl.cli.lab.tried import command as try_ideas

app = typer.Typer(
    name="lab", help="Is the way we pick agents any good, on pools of known skill.", no_args_is_help=True
)
app.command("table")(show_table)
app.command("check")(run_checks)
app.command("null")(test_nulls)
app.command("page")(write_page)
app.command("ledger")(compare_pipelines)
app.command("real")(judge_real)
app.command("tried")(try_ideas)
