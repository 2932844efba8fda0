"""``quantrl contest run``: the main job."""

from __future__ import annotations

from pathlib import Path

from quantrl.cli import options
from quantrl.cli.console import Output


def command(
    config: options.ConfigFile,
    start: options.FromDate = None,
    end: options.ToDate = None,
    out: options.OutDir = None,
    root: options.RunsRoot = Path("runs"),
    threads: options.Threads = None,
    seed: options.Seed = None,
    no_report: options.NoReport = False,
    as_json: options.Json = False,
) -> None:
    """Let every agent of CONFIG decide over history, rank them on matured results, and fund the best.

    Ctrl-C ends the contest after the last whole decision; the run folder is valid and says so (exit 130).
    """
    from quantrl.cli import job
    from quantrl.cli.contest.running import run

    loaded = job.load(config, "quantrl contest run", seed=seed, start=start, end=end)
    run(loaded, Output(as_json), out=out, root=root, threads=threads, page=not no_report)
