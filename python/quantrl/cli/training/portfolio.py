"""From the command line to trainings of `sharpe_portfolio`, and what is said when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.extra import needed
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.cli.console import Output
from quantrl.cli.job import assignment, override, panel_of, settings, source
from quantrl.cli.training import ending
from quantrl.cli.training.flags import command
from quantrl.config import Config, load_config, parse_config
from quantrl.envs import PortfolioConfig
from quantrl.errors import DataError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.sharpe_portfolio.training.run import TrainRun
    from quantrl.runs import Run

AGENT = "sharpe_portfolio"
DEFAULT_DATA = "us20"


@dataclass(frozen=True)
class Training:
    """What to train, and the command line that gives the same again."""

    config: Config
    env: PortfolioConfig
    train: TrainConfig
    command: str

    @property
    def data(self) -> dict[str, Any]:
        """``data`` section with a full path, so that it is found again."""
        chosen: dict[str, Any] = settings(self.config)["data"]
        if "path" in chosen:
            chosen["path"] = str(Path(chosen["path"]).resolve())
        return chosen


def plan(
    preset: str, data: str | None, file: Path | None, flags: Mapping[str, Any], sets: Sequence[str]
) -> Training:
    """Preset, then config file, then flags, then ``--set``: the later wins.

    Raises
    ------
    ConfigError
        An unknown key or a value out of range.
    """
    from quantrl.agents.sharpe_portfolio.training.presets import preset as named

    chosen = named(preset)
    config = _base(data, file)
    env, train = {**chosen.env, **(config.env or {})}, {**chosen.train, **(config.train or {})}
    if data is None and file is None:
        env.setdefault("fill", "next_close")  # us20 has closes only
    config = parse_config({**settings(config), "env": env, "train": train})
    config = override(config, {**flags, **dict(assignment(text) for text in sets)})
    return Training(
        config,
        PortfolioConfig.of(**_tuples(config.env or {})),
        TrainConfig(**(config.train or {})),
        command(AGENT, preset, file, flags, sets, data=data),
    )


def start(job: Training, output: Output, *, out: Path | None, root: Path) -> None:
    """Train, and say what came out.

    Raises
    ------
    QuantrlError
        Whatever went wrong.
    KeyboardInterrupt
        After every run has written its checkpoint.
    """
    with needed():
        from quantrl.agents.sharpe_portfolio.training.run import train_panel
    with ending.resumable(output):
        run = train_panel(
            panel_of(job.config),
            job.env,
            job.train,
            out=out,
            root=root,
            name=job.config.name,
            data=job.data,
            command=job.command,
            quiet=output.as_json,
        )
    _finish(run, output)


def go_on(folder: Run, output: Output, *, root: Path, jobs: int | None) -> None:
    """Go on with an interrupted run, on the data its manifest names.

    Raises
    ------
    DataError
        The run was trained from arrays, or the data are not what they were.
    """
    with needed():
        from quantrl.agents.sharpe_portfolio.training.run import resume
    section = (folder.manifest.get("data") or {}).get("section")
    if not section:
        raise DataError(
            f"{folder.path}: data.section: empty, the run was trained from arrays; "
            "call quantrl.agents.sharpe_portfolio.training.run.resume with them"
        )
    config = parse_config({"name": "resumed", "data": section, "train": {}}, source=str(folder.path))
    with ending.resumable(output):
        _finish(resume(folder.path, panel_of(config), root=root, jobs=jobs, quiet=output.as_json), output)


def _base(data: str | None, file: Path | None) -> Config:
    if file is None:
        section = source(data or DEFAULT_DATA)
        return parse_config({"name": AGENT, "data": section, "train": {}}, source="command line")
    config = load_config(file)
    return config if data is None else parse_config({**settings(config), "data": source(data)})


def _finish(run: TrainRun, output: Output) -> None:
    known = run.manifest
    output.say(
        _table(known["runs"]),
        "validation Sharpe chose the policies and says nothing about new data",
        f"run: {run.path}",
    )
    own = {
        key: known[key]
        for key in ("status", "folds", "seeds", "action_bounds", "runs", "trials", "market_id")
    }
    output.finish(own, run=run.path)


def _table(runs: Sequence[Mapping[str, Any]]) -> Table:
    columns = ("fold", "seed", "status", "steps", "best at", "validation Sharpe")
    return ending.table(
        "trained policies",
        columns,
        (
            (row["fold"], row["seed"], row["status"], row["steps"] or 0, *ending.best(row, "sharpe", "+.2f"))
            for row in runs
        ),
    )


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """TOML arrays as the tuples the settings have."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
