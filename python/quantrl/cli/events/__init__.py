"""``quantrl events``: order-book data of any venue as event files."""

from __future__ import annotations

import typer

from quantrl.cli.events.bbo import command as show_bbo
from quantrl.cli.events.check import command as check_file
from quantrl.cli.events.convert import command as convert_source
from quantrl.cli.events.info import command as show_info
from quantrl.cli.events.merge import command as merge_files
from quantrl.cli.events.simulate import command as simulate_flow

app = typer.Typer(
    name="events",
    help="Order-book data as event files: convert, look, check, best quotes, merge, simulate.",
    no_args_is_help=True,
)
app.command("convert")(convert_source)
app.command("info")(show_info)
app.command("check")(check_file)
app.command("bbo")(show_bbo)
app.command("merge")(merge_files)
app.command("simulate")(simulate_flow)
