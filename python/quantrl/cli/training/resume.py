"""Going on with an interrupted training of any agent."""

from __future__ import annotations

from pathlib import Path

from quantrl.cli.console import Output
from quantrl.errors import ConfigError
from quantrl.runs import open_run


def go_on(run: str, output: Output, *, agent: str, root: Path, jobs: int | None) -> None:
    """Go on with an interrupted run.

    Raises
    ------
    ConfigError
        A run of another agent.
    DataError
        The data of the run are not to be found, or are not what they were.
    """
    folder = open_run(run, root=root)
    if (of := folder.manifest.get("agent", agent)) != agent:
        raise ConfigError(f"agent: {folder.path} is a run of {of}, not of {agent}")
    if agent == "dqn_statarb":
        from quantrl.cli.training import pair

        pair.go_on(folder, output, root=root, jobs=jobs)
    else:
        from quantrl.cli.training import portfolio

        portfolio.go_on(folder, output, root=root, jobs=jobs)
