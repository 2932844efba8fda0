"""``quantrl paper``: a contest that trades on paper, in a book that survives anything."""

from __future__ import annotations

import typer

from quantrl.cli.paper.export import command as export_table
from quantrl.cli.paper.kill import command as kill_book
from quantrl.cli.paper.rebuild import command as rebuild_tables
from quantrl.cli.paper.replay import command as replay_events
from quantrl.cli.paper.resume import command as resume_book
from quantrl.cli.paper.start import command as start_book
from quantrl.cli.paper.status import command as show_status
from quantrl.cli.paper.stop import command as stop_book
from quantrl.cli.paper.verify import command as verify_book

app = typer.Typer(
    name="paper",
    help="Trade a contest on paper, in a book that survives crashes and can be checked to the last cent.",
    no_args_is_help=True,
)
app.command("start")(start_book)
app.command("status")(show_status)
app.command("stop")(stop_book)
app.command("kill")(kill_book)
app.command("resume")(resume_book)
app.command("verify")(verify_book)
app.command("rebuild")(rebuild_tables)
app.command("export")(export_table)
app.command("replay")(replay_events)
