"""A pipeline in a TOML file: ``[selection]`` as in a config, or ``[pipeline]`` with the steps that differ."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError
from quantrl.selection.pipeline import Pipeline
from quantrl.typing import JsonObject

_MAX_BYTES = 1 << 20
SELECTION, PIPELINE = "selection", "pipeline"


def read_pipeline(file: Path, recorded: JsonObject) -> JsonObject:
    """`Pipeline.settings` of a file.

    Parameters
    ----------
    file : Path
        ``[selection]`` gives the default steps with these numbers; ``[pipeline]`` the recorded pipeline with whole
        steps replaced, such as ``pipeline.score = { name = "normal_score_eb", half_life = 63.0 }``.
    recorded : dict
        Settings of the pipeline that ran.

    Raises
    ------
    ConfigError
        No such file, not TOML, both tables or none, an unknown key, step or parameter.
    """
    table = _table(file)
    if set(table) == {SELECTION}:
        return _default(file, table[SELECTION], recorded)
    if set(table) != {PIPELINE} or not isinstance(table[PIPELINE], dict):
        raise ConfigError(
            f"{file}: expected one table, {SELECTION} or {PIPELINE}; got {', '.join(table) or 'none'}"
        )
    unknown = sorted(set(table[PIPELINE]) - set(recorded))
    if unknown:
        raise ConfigError(f"{file}: {PIPELINE}.{unknown[0]}: expected one of {', '.join(recorded)}")
    for step, value in table[PIPELINE].items():
        if isinstance(recorded[step], dict) != isinstance(value, dict):
            expected = "a table with a name" if isinstance(recorded[step], dict) else "a number"
            raise ConfigError(f"{file}: {PIPELINE}.{step}: expected {expected}, got {value!r}")
    try:
        return Pipeline.from_settings({**recorded, **table[PIPELINE]}).settings()
    except (ConfigError, TypeError) as error:
        raise ConfigError(f"{file}: {error}") from None


def _table(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{file}: a pipeline may have at most {_MAX_BYTES} bytes")
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def _default(file: Path, table: Any, recorded: JsonObject) -> JsonObject:
    try:
        config = SelectionConfig.model_validate(table)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join([SELECTION, *(str(part) for part in problem["loc"])])
        raise ConfigError(f"{file}: {key}: {problem['msg']}, got {problem['input']!r}") from None
    seed = int(recorded.get("rank", {}).get("seed", 0))
    annual = float(recorded["periods_per_year"])
    return Pipeline.default(config, seed=seed, periods_per_year=annual).settings()
