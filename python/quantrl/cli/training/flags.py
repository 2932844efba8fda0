"""Options of `quantrl train`: which belong to which agent, and the words that repeat them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quantrl.errors import ConfigError

_JOBS = "train.jobs"


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


def command(
    agent: str,
    preset: str,
    file: Path | None,
    flags: Mapping[str, Any],
    sets: Sequence[str],
    **others: str | None,
) -> str:
    """The command line that trains the same again; `others` are options of one agent, by name."""
    words = ["quantrl", "train", agent]
    words += [] if preset == "default" else ["--preset", preset]
    for name, value in others.items():
        words += [] if value is None else [f"--{name}", value]
    words += [] if file is None else ["--config", str(file)]
    for key, value in flags.items():
        if key != _JOBS:
            words += [f"--{key.partition('.')[2]}", str(value)]
    for text in sets:
        words += ["--set", text]
    return shlex.join(words)
