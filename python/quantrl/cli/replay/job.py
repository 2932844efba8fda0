"""A replay as asked for: file, policy, settings, and the command that repeats it."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl import _core
from quantrl.backtest import TickConfig
from quantrl.backtest._policies import native
from quantrl.cli.job import assignment
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError, DataError
from quantrl.runs import run_id

SAMPLES = 1_000
"""Of the account, where the config says nothing."""


@dataclass(frozen=True)
class Job:
    """What a run needs."""

    file: EventFile
    policy: str
    params: dict[str, Any]
    config: TickConfig
    command: str

    @classmethod
    def of(
        cls,
        path: Path,
        policy: str,
        params: Sequence[str],
        config: Path | None,
        sets: Sequence[str],
        seed: int | None,
    ) -> Job:
        """Read the config and the file.

        Raises
        ------
        ConfigError, DataError
            An unknown key, policy or parameter, or a value out of range; a file that is not there or damaged.
        """
        settings = _settings(config)
        for key, value in map(assignment, sets):
            *parents, last = key.split(".")
            section = settings
            for parent in parents:
                section = section.setdefault(parent, {})
                if not isinstance(section, dict):
                    raise ConfigError(f"--set {key}: the config has no section {parent!r}")
            section[last] = value
        if seed is not None:
            settings["seed"] = seed
        given = dict(_param(text) for text in params)
        native((policy, given))
        chosen = TickConfig.from_dict(settings, source=str(config or "command line"))
        file = EventFile(path)
        if chosen.equity_every is None and len(file):
            span = file.info.last_ts_ns - file.info.first_ts_ns
            chosen = chosen.but(equity_every=max(span // SAMPLES, 1))
        words = ["quantrl", "replay", str(path), "--policy", policy]
        words += [word for text in params for word in ("--param", text)]
        words += ["--config", str(config)] if config else []
        words += [word for text in sets for word in ("--set", text)]
        words += [] if seed is None else ["--seed", str(seed)]
        return cls(file, policy, given, chosen, shlex.join(words))

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that decides what comes out."""
        return {"policy": self.policy, "params": self.params, "config": self.config.to_dict()}

    @property
    def effective(self) -> dict[str, Any]:
        """Every parameter of the policy: as given, else its default (durations in ns)."""
        names = [name for name, _, _ in dict(_core.tick_policies())[self.policy]]
        _, values = native((self.policy, self.params))
        return {name: self.params.get(name, value) for name, value in zip(names, values, strict=True)}

    @property
    def name(self) -> str:
        """Policy and file."""
        return f"{self.policy}-{self.file.path.stem}"

    @property
    def id(self) -> str:
        """Name plus eight hex digits over settings, file and code."""
        return run_id(self.name, self.settings, self.file.info.sha256)


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _param(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--param: expected key=value, got {text!r}")
    return key.strip(), value.strip()
