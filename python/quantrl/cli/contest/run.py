"""``quantrl contest run``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError

Day = Annotated[
    str | None, typer.Option("--date", metavar="DATE", help="Decide this one day.", show_default=False)
]
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="P", help="default, paper-v3 or repo-2025.", show_default=False),
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="E", help="paper or selection, in both contests.", show_default=False),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbol", metavar="S", help="Only this instrument; may be repeated.", show_default=False),
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="L",
        help="Who answers: rules, local, openai:MODEL or replay:RUN.",
        show_default=False,
    ),
]
Usd = Annotated[
    float | None,
    typer.Option("--budget-usd", min=0.0, metavar="X", help="Cap on the run's cost.", show_default=False),
]
Resume = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN", help="Go on in this folder, or not at all.", show_default=False),
]
Fork = Annotated[
    str | None,
    typer.Option(
        "--fork",
        metavar="RUN",
        help="Start anew, using what RUN recorded where questions are equal.",
        show_default=False,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="AGENT", help="Leave this entrant out; may be repeated.", show_default=False
    ),
]


def command(
    config: options.ConfigFile,
    start: options.FromDate = None,
    end: options.ToDate = None,
    without: Without = None,
    date: Day = None,
    preset: Preset = None,
    engine: Engine = None,
    symbol: Symbols = None,
    llm: Llm = None,
    budget_usd: Usd = None,
    resume: Resume = None,
    fork: Fork = None,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    threads: options.Threads = None,
    seed: options.Seed = None,
    no_report: options.NoReport = False,
    as_json: options.Json = False,
) -> None:
    """Let every agent of CONFIG decide over history, rank them on matured results, and fund the best.

    With documents in CONFIG it is ContestTrade, and options from --date to --fork are for it: a run that was stopped, in
    whatever way, goes on when the same command is given again; exit 5 is a run that a budget cut, 130 one that was
    interrupted. Without documents Ctrl-C ends the contest after the last whole decision, in a folder that says so.
    """
    from quantrl.cli.contest import trade_job

    said: dict[str, Any] = {
        "date": date,
        "preset": preset,
        "engine": engine,
        "symbols": symbol,
        "llm": llm,
        "budget_usd": budget_usd,
    }
    if trade_job.has_documents(config):
        if without:
            raise ConfigError(f"--without: is for a contest without documents; take them out of {config}")
        from quantrl.cli.contest import trading

        said["llm"] = _by_folder(llm, root)
        job = trade_job.load(config, start=start, end=end, seed=seed, **said)
        trading.run(
            job,
            Output(as_json),
            out=out,
            root=root,
            resume=resume,
            fork=fork,
            threads=threads,
            page=not no_report,
        )
        return
    unfit = [name for name, value in {**said, "resume": resume, "fork": fork}.items() if value]
    if unfit:
        raise ConfigError(
            f"--{unfit[0].replace('_', '-').removesuffix('s')}: is for a contest with documents; {config} names none"
        )
    from quantrl.cli import job as jobs
    from quantrl.cli.contest import running

    loaded = jobs.load(config, "quantrl contest run", seed=seed, start=start, end=end, without=without)
    running.run(loaded, Output(as_json), out=out, root=root, threads=threads, page=not no_report)


def _by_folder(llm: str | None, root: Path) -> str | None:
    """``replay:RUN`` with the folder or packed file of RUN, which may have been given by its id."""
    name, colon, run = (llm or "").partition(":")
    if name != "replay" or not colon or Path(run).is_file():
        return llm
    from quantrl.cli.contest.opened import trade_folder

    return f"replay:{trade_folder(run, root).resolve()}"
