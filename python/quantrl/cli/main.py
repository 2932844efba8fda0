"""Entry point: assembles the commands and turns every error into one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
import typer.main

from quantrl import __version__
from quantrl.cli import (
    audit,
    backtest,
    bench,
    book,
    contest,
    data,
    doctor,
    evaluate,
    events,
    lab,
    pairs,
    paper,
    queue,
    replay,
    report,
    sweep,
    train,
)
from quantrl.cli.console import encode
from quantrl.cli.exits import CHECK_FAILED, DONE, INTERRUPTED, IO, exit_code, one_line
from quantrl.errors import QuantrlError

app = typer.Typer(
    name="quantrl",
    help="Backtest, rank and fund trading agents of every kind on one Rust engine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(contest.app, name="contest")
app.add_typer(lab.app, name="lab")
app.add_typer(paper.app, name="paper")
app.command("audit")(audit.command)
app.command("backtest")(backtest.command)
app.command("sweep")(sweep.command)
app.add_typer(data.app, name="data")
app.add_typer(events.app, name="events")
app.add_typer(book.app, name="book")
app.add_typer(queue.app, name="queue")
app.add_typer(pairs.app, name="pairs")
app.command("evaluate")(evaluate.command)
app.command("replay")(replay.command)
app.command("report")(report.command)
app.command("doctor")(doctor.command)
app.command("bench")(bench.command)
app.command("train")(train.command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (anywhere on the line).")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Backtest, rank and fund trading agents of every kind on one Rust engine."""


def main() -> None:
    """Console script ``quantrl``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are printed, never raised."""
    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    try:
        invoke(words)
        sys.stdout.flush()
        return DONE
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        # The reader went away (`quantrl ... | head`): nothing is left to say, nor for Python to say at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return IO
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Interrupted", "interrupted", INTERRUPTED, as_json="--json" in words)
    except Exception as error:
        return _failed(error, debug=debug, as_json="--json" in words)


def invoke(words: Sequence[str]) -> None:
    """Parse and run one command line; typer's own ways of ending a program are left out.

    Raises
    ------
    typer.Exit
        The command ended with a code of its own.
    """
    command = typer.main.get_command(app)
    with command.make_context("quantrl", list(words)) as context:
        command.invoke(context)


def _failed(error: Exception, *, debug: bool, as_json: bool) -> int:
    usage = getattr(
        error, "format_message", None
    )  # typer's own errors; their class moved between its versions
    known = usage is not None or isinstance(error, QuantrlError | OSError)
    if debug or not known:
        traceback.print_exc()
    message = " ".join(usage().split()) if usage is not None else one_line(error)
    code = int(getattr(error, "exit_code", CHECK_FAILED)) if usage is not None else exit_code(error)
    return _fail("UsageError" if usage is not None else type(error).__name__, message, code, as_json=as_json)


def _fail(kind: str, message: str, code: int, *, as_json: bool) -> int:
    print(f"error: {message}", file=sys.stderr)
    if as_json:
        print(encode({"ok": False, "error": {"type": kind, "message": message}, "exit": code}))
    return code
