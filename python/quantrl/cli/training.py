"""From the command line to a training, and what is said when it ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.extra import needed
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.cli.console import Output
from quantrl.cli.job import assignment, override, panel_of, settings, source
from quantrl.config import Config, load_config, parse_config
from quantrl.envs import PortfolioConfig
from quantrl.errors import ConfigError, DataError
from quantrl.runs import open_run

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.agents.sharpe_portfolio.training.run import TrainRun

DEFAULT_DATA = "us20"
_JOBS = "train.jobs"


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


def known(agent: str, agents: Sequence[str]) -> None:
    """Refuse an agent that is not trained.

    Raises
    ------
    ConfigError
        Lists the choices.
    """
    if agent not in agents:
        raise ConfigError(f"agent: expected one of {', '.join(agents)}, got {agent!r}")


def given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that were given."""
    return {key: value for key, value in flags.items() if value is not None}


def refuse(agent: str, flags: Mapping[str, Any]) -> None:
    """Refuse options of another agent.

    Raises
    ------
    ConfigError
        Names the first.
    """
    for key, value in flags.items():
        if value is not None:
            raise ConfigError(f"--{key.rpartition('.')[2].removeprefix('--')}: not an option of {agent}")


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
        _command(preset, data, file, flags, sets),
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
    with _resumable(output):
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


def go_on(run: str, output: Output, *, agent: str, root: Path, jobs: int | None) -> None:
    """Go on with an interrupted run, on the data its manifest names.

    Raises
    ------
    ConfigError
        A run of another agent.
    DataError
        The run was trained from arrays, or the data are not what they were.
    """
    folder = open_run(run, root=root)
    if (of := folder.manifest.get("agent", agent)) != agent:
        raise ConfigError(f"agent: {folder.path} is a run of {of}, not of {agent}")
    if agent == "dqn_statarb":
        from quantrl.cli import pairs

        pairs.go_on(run, output, root=root, jobs=jobs)
        return
    with needed():
        from quantrl.agents.sharpe_portfolio.training.run import resume
    section = (folder.manifest.get("data") or {}).get("section")
    if not section:
        raise DataError(
            f"{folder.path}: data.section: empty, the run was trained from arrays; "
            "call quantrl.agents.sharpe_portfolio.training.run.resume with them"
        )
    config = parse_config({"name": "resumed", "data": section, "train": {}}, source=str(folder.path))
    with _resumable(output):
        _finish(resume(folder.path, panel_of(config), root=root, jobs=jobs, quiet=output.as_json), output)


def refuse_with_resume(flags: Mapping[str, Any], *, preset: str, **others: Any) -> None:
    """A run that goes on keeps its settings; only the number of processes is free.

    Raises
    ------
    ConfigError
        Names the option.
    """
    given = [key.partition(".")[2] for key in flags if key != _JOBS]
    given += [name.rstrip("s") if name == "sets" else name for name, value in others.items() if value]
    given += [] if preset == "default" else ["preset"]
    if given:
        raise ConfigError(f"--resume: the run keeps its settings; leave out --{given[0]}")


def _base(data: str | None, file: Path | None) -> Config:
    if file is None:
        section = source(data or DEFAULT_DATA)
        return parse_config({"name": "sharpe_portfolio", "data": section, "train": {}}, source="command line")
    config = load_config(file)
    return config if data is None else parse_config({**settings(config), "data": source(data)})


def _command(
    preset: str, data: str | None, file: Path | None, flags: Mapping[str, Any], sets: Sequence[str]
) -> str:
    words = ["quantrl", "train", "sharpe_portfolio"]
    words += [] if preset == "default" else ["--preset", preset]
    words += [] if data is None else ["--data", data]
    words += [] if file is None else ["--config", str(file)]
    for key, value in flags.items():
        if key != _JOBS:
            words += [f"--{key.partition('.')[2]}", str(value)]
    for text in sets:
        words += ["--set", text]
    return shlex.join(words)


@contextmanager
def _resumable(output: Output) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.say("interrupted; the same command, or --resume with the run folder, goes on")
        raise


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
    from rich.table import Table

    table = Table(title="trained policies", title_justify="left")
    for name in ("fold", "seed", "status", "steps", "best at", "validation Sharpe"):
        table.add_column(name, justify="left" if name == "status" else "right")
    for row in runs:
        best = row["best"] or {}
        sharpe = f"{best['sharpe']:+.2f}" if best else "not defined"
        cells = (
            row["fold"],
            row["seed"],
            row["status"],
            row["steps"] or 0,
            best.get("steps", "last"),
            sharpe,
        )
        table.add_row(*(str(cell) for cell in cells))
    return table


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """TOML arrays as the tuples the settings have."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
