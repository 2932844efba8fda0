"""A config with what the command line changed, and the command that repeats it."""

from __future__ import annotations

import hashlib
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl import toml
from quantrl.config import AccountConfig, Config, load_as, load_config, parse_as, parse_config
from quantrl.errors import ConfigError, DataError
from quantrl.runs import run_id, spelled

if TYPE_CHECKING:
    from quantrl.data import Panel


WEIGHTS = "weights"
"""Agent id of an entrant that is a file of weights."""


@dataclass(frozen=True)
class Job:
    """What a run needs: the effective config, its panel and the command line that gives the same again."""

    config: Config
    panel: Panel
    command: str

    @property
    def kind(self) -> str:
        """What the command makes of the config: a contest and a backtest of one config are two runs."""
        return self.command.split()[1]

    @property
    def id(self) -> str:
        """Name plus eight hex digits over config, data and code; where the data lie does not matter."""
        chosen = settings(self.config)
        chosen["data"].pop("path", None)
        return run_id(self.config.name, [self.kind, spelled(chosen)], self.panel.id)

    @property
    def source_id(self) -> str:
        """Id of the data before they are cut to dates: another window is another trial on the same data."""
        from quantrl import data

        whole = self.config.data.model_copy(update={"start": None, "end": None})
        return self.panel.id if whole == self.config.data else data.load(whole).id

    @property
    def toml(self) -> str:
        """The effective config as text; a file of data is named by its full path, so that it is found again."""
        chosen = settings(self.config)
        if "path" in chosen["data"]:
            chosen["data"]["path"] = str(Path(chosen["data"]["path"]).resolve())
        return toml.dump(chosen)

    def folder(self, out: Path | None, root: Path) -> Path:
        """Where the run goes: `out`, or its id below `root`."""
        return out or root / self.id


def load(path: Path, command: str, **overrides: Any) -> Job:
    """Read a config, apply overrides given as dotted keys, and load its panel.

    Parameters
    ----------
    path : Path
        TOML file.
    command : str
        Words before the config, such as ``quantrl contest run``.
    **overrides
        `seed`, `start`, `end` (None leaves the config's), `sets`, a list of ``a.b=c``, and `without`, labels of entrants
        to leave out.

    Raises
    ------
    ConfigError, DataError
        What `load_config` and the data source raise; an override that is no key of the config, an unknown entrant.
    """
    sets: Sequence[str] = overrides.pop("sets", ())
    without: Sequence[str] = overrides.pop("without", None) or ()
    words = command.split()
    loaded = load_as(path, AccountConfig) if "backtest" in words else _config(path, traded="contest" in words)
    config = override(_left(loaded, without), _changes(overrides, sets))
    left_out = [word for label in without for word in ("--without", label)]
    command = shlex.join([*words, str(path), *_flags(overrides, sets), *left_out])
    return Job(config, panel_of(_with_work(config, command)), command)


def _config(path: Path, *, traded: bool) -> Config:
    """A config; one of a contest may hold the sections of a paper book, which are checked and left to the daemon."""
    if traded and _sections(path) - set(Config.model_fields):
        from quantrl.live.config import PaperConfig

        if _sections(path) & (set(PaperConfig.model_fields) - set(Config.model_fields)):
            own = PaperConfig.from_toml(path).model_dump(include=set(Config.model_fields), exclude_none=True)
            return parse_config(own, source=str(path))
    return load_config(path)


def _left(config: Config, without: Sequence[str]) -> Config:
    """The config without some of its entrants."""
    labels = [agent.label for agent in config.agents]
    unknown = next((label for label in without if label not in labels), None)
    if unknown is not None:
        raise ConfigError(f"--without: expected one of {', '.join(labels)}, got {unknown!r}")
    agents = [agent for agent in config.agents if agent.label not in without]
    return config.model_copy(update={"agents": agents}) if without else config


def _sections(path: Path) -> set[str]:
    """Top keys of a TOML file; none of one that cannot be read, which its own reader says better."""
    try:
        return set(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return set()


def of_files(prices: str, weights: Path, **overrides: Any) -> Job:
    """A job for target weights in a file, on the prices of a file or sample; its one entrant is the file.

    Parameters
    ----------
    prices : str
        Name of a sample, or a file.
    weights : Path
        The file; its sha256 becomes part of the config.
    **overrides
        As in `load`.

    Raises
    ------
    ConfigError, DataError
        As in `load`; no such file of weights.
    """
    try:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{weights}: cannot be read: {error.strerror}") from None
    entrant = {"id": WEIGHTS, "name": weights.stem, "params": {"sha256": digest}}
    raw = {"name": "weights", "data": source(prices), "agents": [entrant]}
    sets: Sequence[str] = overrides.pop("sets", ())
    config = override(parse_as(raw, AccountConfig, source="command line"), _changes(overrides, sets))
    words = ["quantrl", "backtest", "--prices", prices, "--weights", str(weights)]
    return Job(config, panel_of(config), shlex.join([*words, *_flags(overrides, sets)]))


def of_sweep(prices: str, sweep: Mapping[str, Any], words: Sequence[str], **overrides: Any) -> Job:
    """A job for a sweep on the prices of a file or sample.

    Parameters
    ----------
    prices : str
        Name of a sample, or a file.
    sweep : mapping
        The ``sweep`` section.
    words : sequence of str
        The same on the command line.
    **overrides
        As in `load`.

    Raises
    ------
    ConfigError, DataError
        As in `load`.
    """
    raw = {"name": sweep["family"], "data": source(prices), "sweep": dict(sweep)}
    sets: Sequence[str] = overrides.pop("sets", ())
    config = override(parse_config(raw, source="command line"), _changes(overrides, sets))
    command = ["quantrl", "sweep", "--prices", prices, *words, *_flags(overrides, sets)]
    return Job(config, panel_of(config), shlex.join(command))


def _with_work(config: Config, command: str) -> Config:
    """Refuse a config without what the command runs."""
    if "sweep" in command.split():
        if config.sweep is None:
            raise ConfigError("sweep: expected a table with family and params")
    elif not config.agents:
        other = "train" if config.sweep is None else "sweep"
        raise ConfigError(f"agents: expected at least one entrant; this config is for 'quantrl {other}'")
    return config


def panel_of(config: Config) -> Panel:
    """The panel of a config.

    Raises
    ------
    ConfigError, DataError
        What the data source raises; no periods per year.
    """
    from quantrl import data

    panel = data.load(config.data)
    if panel.periods_per_year is None:
        raise ConfigError(
            "data.periods_per_year: required for these data, for example 252.0 (on the command line: "
            "--set data.periods_per_year=252.0); it is never guessed"
        )
    return panel


def source(name: str) -> dict[str, str]:
    """The ``data`` section for a file, or for a sample where no file has that name."""
    from quantrl import data

    return {"sample": name} if name in data.sample_names() and not Path(name).exists() else {"path": name}


_KEYS = {"seed": "seed", "start": "data.start", "end": "data.end"}
_FLAGS = {"seed": "--seed", "start": "--from", "end": "--to"}


def _changes(overrides: Mapping[str, Any], sets: Sequence[str]) -> dict[str, Any]:
    given = {_KEYS[name]: value for name, value in overrides.items() if value is not None}
    return given | dict(assignment(text) for text in sets)


def _flags(overrides: Mapping[str, Any], sets: Sequence[str]) -> list[str]:
    given = [(_FLAGS[name], str(value)) for name, value in overrides.items() if value is not None]
    return [word for pair in (*given, *(("--set", text) for text in sets)) for word in pair]


def assignment(text: str) -> tuple[str, Any]:
    """``a.b=c`` as a dotted key and a TOML value; what is not a TOML value is a string."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set: expected key=value, got {text!r}")
    try:
        found = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        found = None
    # A bare word and a TOML date are both text to the config.
    return key.strip(), found if isinstance(found, bool | int | float | str | list | dict) else value.strip()


def override(config: Config, changes: Mapping[str, Any]) -> Config:
    """The config with dotted keys replaced and checked again; ``agents.0.params.lookback`` counts from 0.

    Raises
    ------
    ConfigError
        A key that is unknown or a value out of range.
    """
    if not changes:
        return config
    raw = settings(config)
    for key, value in changes.items():
        *parents, last = key.split(".")
        section: Any = raw
        for part in parents:
            section = _child(section, part, key)
        if isinstance(section, list):
            raise ConfigError(f"--set {key}: name a key of one entry")
        section[last] = value
    return parse_as(raw, type(config), source="command line")


def _child(section: Any, part: str, key: str) -> Any:
    if isinstance(section, list) and part.isdecimal() and int(part) < len(section):
        return section[int(part)]
    if isinstance(section, dict) and isinstance(section.setdefault(part, {}), dict | list):
        return section[part]
    raise ConfigError(f"--set {key}: the config has no section {part!r} there")


def settings(config: Config) -> dict[str, Any]:
    """Every setting, defaults included, without those that are unset."""
    dump: dict[str, Any] = config.model_dump(exclude_none=True)
    return dump
