"""The config of a pair as TOML, and what the command line changes of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quantrl.cli.job import assignment
from quantrl.envs import PairConfig
from quantrl.envs.pair.config import TAPED
from quantrl.errors import ConfigError

AGENT = "dqn_statarb"
SECTIONS = ("pair", "train")
_MAX_BYTES = 1 << 20
_FROM_THE_BOOKS = frozenset(("venue", "kappa_dt", "s", "cost", "step_sd", "z", "hedge", "execution", "dt"))
"""Fields of a simulated pair that say nothing about recorded books."""


def read(file: Path) -> dict[str, Any]:
    """A config with ``name``, ``agent``, ``[pair]`` and ``[train]``.

    Raises
    ------
    ConfigError
        A file that cannot be read, an unknown key, another agent.
    """
    try:
        raw = file.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise ConfigError(f"{file}: expected at most {_MAX_BYTES} bytes, got {len(raw)}")
        found = tomllib.loads(raw.decode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    for key, value in found.items():
        if key not in ("name", "agent", *SECTIONS):
            raise ConfigError(f"{file}: {key}: unknown key; known here: name, agent, pair, train")
        if isinstance(value, dict) != (key in SECTIONS):
            raise ConfigError(f"{file}: {key}: expected {'a table' if key in SECTIONS else 'a name'}")
    if found.get("agent", AGENT) != AGENT:
        raise ConfigError(f"{file}: agent: expected {AGENT}, got {found['agent']!r}")
    return found


def assigned(sets: Sequence[str], sections: Sequence[str] = SECTIONS) -> list[tuple[str, str, Any]]:
    """Section, field and value of each ``--set``.

    Raises
    ------
    ConfigError
        No section, or another one.
    """
    found = []
    for text in sets:
        key, value = assignment(text)
        section, dot, field = key.partition(".")
        if section not in sections or not dot:
            expected = " or ".join(f"{name}.FIELD" for name in sections)
            raise ConfigError(f"--set {key}: expected {expected}")
        found.append((section, field, value))
    return found


def events_words(events: Sequence[Path], facts: Path | None) -> list[str]:
    """The options again, for a command that repeats a run."""
    words = [word for path in events for word in ("--events", str(path))]
    return words if facts is None else [*words, "--pair", str(facts)]


def pair_from(
    config: Mapping[str, Any], given: Mapping[str, Any], events: Sequence[Path], facts: Path | None
) -> PairConfig:
    """The pair of a config and of what was given beside it, which wins.

    On recorded books those fields of a config that only a simulated pair has are left out; given ones are not.

    Raises
    ------
    ConfigError
        Events without a pair or the reverse, another venue than that of the events, a field out of range.
    DataError
        Event files or facts that are missing or damaged.
    """
    if not events and facts is None:
        if given.get("venue") in TAPED and not config.get("events"):
            made = ", which quantrl pairs simulate DIR makes" if given["venue"] == "flow" else ""
            raise ConfigError(f"--venue: {given['venue']} needs --events and --pair{made}")
        return PairConfig.of(**tuples({**config, **given}))
    if not events or facts is None:
        raise ConfigError("--events, --pair: recorded books need both, got one")
    if given.get("venue", "replay") not in TAPED:
        raise ConfigError(f"--venue: --events are recorded books, expected replay, got {given['venue']!r}")
    kept = config if config.get("venue") in TAPED else without_simulation(config)
    fields = {**kept, **given}
    fields.pop("venue", None)
    found = PairConfig.replay(list(events), facts, **tuples(fields))
    if given.get("venue", found.venue) != found.venue:
        raise ConfigError(f"--venue: expected {found.venue}, which --events are, got {given['venue']}")
    return found


def without_simulation(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that recorded books do not decide."""
    return {name: value for name, value in fields.items() if name not in _FROM_THE_BOOKS}


def tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    """TOML arrays as the tuples the settings have."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
