"""A config of ContestTrade with what the command line changed, its data, and the command that repeats it."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.contest.config import ContestConfig
    from quantrl.contest.documents.store import DocumentStore
    from quantrl.data import Panel

_FLAGS = {
    "start": "--from",
    "end": "--to",
    "date": "--date",
    "preset": "--preset",
    "engine": "--engine",
    "symbols": "--symbol",
    "llm": "--llm",
    "budget_usd": "--budget-usd",
    "seed": "--seed",
}
_KEPT = ("mode", "on_error", "concurrency", "timeout_s", "prices", "model_cutoff")
"""Of ``[llm]``, when ``--llm`` says who answers."""


@dataclass(frozen=True)
class TradeJob:
    """What a contest needs."""

    config: ContestConfig
    panel: Panel
    docs: DocumentStore
    command: str


def has_documents(path: Path) -> bool:
    """Whether a config names documents, which makes it one of ContestTrade; a file that is no TOML does not."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    data = raw.get("data")
    return "documents" in raw or (isinstance(data, dict) and "documents" in data)


def load(path: Path, command: str = "quantrl contest run", **given: Any) -> TradeJob:
    """Read a config, apply what the command line gives, and load its prices and documents.

    Parameters
    ----------
    path : Path
    command : str
        Words before the config.
    **given
        `start end date preset engine symbols llm budget_usd seed`; None and empty leave the config's.

    Raises
    ------
    ConfigError, DataError
        What the config, its data or its documents raise.
    """
    from quantrl.contest.config import ContestConfig
    from quantrl.contest.inputs import load_inputs

    said = {name: value for name, value in given.items() if value not in (None, [], ())}
    config = ContestConfig.read(path)
    if said:
        config = override(config, said)
    panel, docs = load_inputs(config)
    return TradeJob(config, panel, docs, shlex.join([*command.split(), str(path), *_words(said)]))


def override(config: ContestConfig, said: dict[str, Any]) -> ContestConfig:
    """The config with the command line's words, checked again.

    Raises
    ------
    ConfigError
        A word that does not fit the config.
    """
    from quantrl.contest.config import ContestConfig

    if "date" in said and ("start" in said or "end" in said):
        raise ConfigError("--date: decides one day; it cannot stand beside --from or --to")
    raw = config.model_dump(exclude_unset=True)
    raw |= {name: said[name] for name in ("start", "end", "preset", "seed") if name in said}
    if "date" in said:
        raw |= {"start": said["date"], "end": said["date"]}
    if "symbols" in said:
        raw["symbols"] = list(said["symbols"])
    if "engine" in said:
        engines = {"data_engine": said["engine"], "research_engine": said["engine"]}
        raw["contest"] = raw.get("contest", {}) | engines
    if "llm" in said:
        raw["llm"] = _llm(raw.get("llm", {}), said["llm"])
    if "budget_usd" in said:
        budget = raw.get("budget", {})
        raw["budget"] = budget | {"run": budget.get("run", {}) | {"usd": said["budget_usd"]}}
    return ContestConfig(**raw)


def _llm(before: dict[str, Any], text: str) -> dict[str, Any]:
    """Another answerer for everybody; a replay keeps those of the config, whose answers it reads."""
    from quantrl.contest.config import short_llm

    try:
        named = short_llm(text)
    except ValueError as error:
        raise ConfigError(f"--llm: {error}") from None
    if "replay" in named:
        return before | named
    kept = {name: value for name, value in before.items() if name in _KEPT and value != "replay"}
    return kept | named


def _words(said: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in said.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [_FLAGS[name], str(one)]
    return words
