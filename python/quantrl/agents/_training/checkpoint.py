"""Checkpoints: a safetensors file and a JSON beside it, written whole or not at all, read without trust."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load as read_arrays
from safetensors.numpy import save as write_arrays
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl.agents._training import learner, memory, random_state
from quantrl.agents._training.arrays import Arrays, below, parts
from quantrl.agents._training.files import MAX_BYTES, read_limited, write_whole
from quantrl.errors import ConfigError, DataError
from quantrl.runs import code_version

FORMAT = "quantrl-checkpoint/1"
KEPT = 3
_PACKAGES = ("torch", "stable-baselines3", "sb3-contrib", "numpy")
_PARTS = {"learner": learner, "random": random_state, "memory": memory}


@dataclass(frozen=True)
class Checkpoint:
    """One file pair; `info` is its JSON, checked for size, format and types at the top level.

    Attributes
    ----------
    path : Path
        The JSON; the arrays lie beside it as ``.safetensors``.
    info : dict
        ``format sha256 versions market_id config seed fold learner random memory notes``.
    """

    path: Path
    info: dict[str, Any]

    @property
    def steps(self) -> int:
        """Environment steps done."""
        return int(self.info["learner"]["counters"]["num_timesteps"])

    @property
    def notes(self) -> dict[str, Any]:
        """What the training loop wants to know again."""
        found: dict[str, Any] = self.info["notes"]
        return found

    def arrays(self) -> Arrays:
        """The arrays, after size and sha256 were compared.

        Raises
        ------
        DataError
            Missing, over 256 MiB, another sha256, or not a safetensors file.
        """
        file = self.path.with_suffix(".safetensors")
        content = read_limited(file)
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.info["sha256"]:
            raise DataError(f"{file}: expected sha256 {self.info['sha256']}, got {digest}")
        try:
            found: Arrays = read_arrays(content)
        except (SafetensorError, ValueError, KeyError) as error:
            raise DataError(f"{file}: not a safetensors file: {error}") from None
        return found


def versions() -> dict[str, str]:
    """Versions the bits of a run depend on, and of quantrl."""
    return {package: metadata.version(package) for package in _PACKAGES} | {"quantrl": code_version()}


def save(folder: Path, model: BaseAlgorithm, identity: dict[str, Any], notes: dict[str, Any]) -> Checkpoint:
    """Write the state of a learner between an update and the next rollout.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    model : BaseAlgorithm
        With a vectorised environment that gives its `state_bytes`.
    identity : dict
        ``market_id config seed fold``; `restore` compares them.
    notes : dict
        JSON the training loop needs again.
    """
    arrays: Arrays = {}
    info: dict[str, Any] = {"format": FORMAT, "versions": versions(), "notes": notes, **identity}
    for name, part in _PARTS.items():
        found, info[name] = part.capture(model)
        arrays |= below(name, found)
    content = write_arrays(arrays)
    info["sha256"] = hashlib.sha256(content).hexdigest()
    path = folder / f"step-{model.num_timesteps:012d}.json"
    folder.mkdir(parents=True, exist_ok=True)
    # The JSON comes last: a checkpoint is there when its JSON is.
    write_whole(path.with_suffix(".safetensors"), content)
    write_whole(path, (json.dumps(info, allow_nan=False) + "\n").encode())
    return Checkpoint(path, info)


def read(path: Path) -> Checkpoint:
    """The JSON of a checkpoint.

    Raises
    ------
    DataError
        Missing, over 256 MiB, not JSON, another format, or a field that is missing or of another type.
    """
    try:
        info = json.loads(read_limited(path), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a checkpoint: {error}") from None
    if not isinstance(info, dict) or info.get("format") != FORMAT:
        got = info.get("format") if isinstance(info, dict) else type(info).__name__
        raise DataError(f"{path}: format: expected {FORMAT!r}, got {got!r}")
    for name in ("versions", "notes", "config", *_PARTS):
        if not isinstance(info.get(name), dict):
            raise DataError(f"{path}: {name}: expected a table, got {info.get(name)!r}")
    steps = (info["learner"].get("counters") or {}).get("num_timesteps")
    if not isinstance(steps, int) or steps < 0:
        raise DataError(f"{path}: learner.counters.num_timesteps: expected a count, got {steps!r}")
    return Checkpoint(path, info)


def listed(folder: Path) -> list[Path]:
    """JSON files of the checkpoints in a folder, oldest first."""
    return sorted(folder.glob("step-*.json"))


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint of a folder, or None.

    Raises
    ------
    DataError
        It is damaged; deleting it goes back to the one before.
    """
    found = listed(folder)
    return read(found[-1]) if found else None


def restore(checkpoint: Checkpoint, model: BaseAlgorithm, identity: dict[str, Any]) -> None:
    """Put a learner where the checkpoint was taken; nothing changes where it does not fit.

    Parameters
    ----------
    checkpoint : Checkpoint
    model : BaseAlgorithm
        Fresh, with the same settings and market.
    identity : dict
        ``market_id config seed fold`` of this run.

    Raises
    ------
    DataError
        Another market, configuration, version or shape, or a damaged file: names the field.
    """
    info, path = checkpoint.info, checkpoint.path
    expected = {**identity, "versions": {name: metadata.version(name) for name in _PACKAGES}}
    got = {**info, "versions": {name: info["versions"].get(name) for name in _PACKAGES}}
    for field, value in expected.items():
        if got.get(field) != value:
            raise DataError(f"{path}: {_difference(field, value, got.get(field))}")
    arrays = checkpoint.arrays()
    try:
        for name, part in _PARTS.items():
            part.check(model, parts(arrays, name), info[name])
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise DataError(f"{path}: {name}: a field is missing or of another type: {error}") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    # The environment goes first: it is the only one that may still refuse.
    for name in ("memory", "learner", "random"):
        _PARTS[name].restore(model, parts(arrays, name), info[name])


def learner_arrays(checkpoint: Checkpoint) -> Arrays:
    """Weights, optimizers and variables, for `learner.load_weights`."""
    return parts(checkpoint.arrays(), "learner")


def prune(folder: Path, *, keep: int = KEPT, best: int | None = None) -> None:
    """Delete all but the newest `keep` checkpoints and the one of `best` steps."""
    found = listed(folder)
    spared = {f"step-{best:012d}.json"} if best is not None else set()
    for path in found[: max(len(found) - keep, 0)]:
        if path.name not in spared:
            path.unlink()
            path.with_suffix(".safetensors").unlink(missing_ok=True)


def check_size(model: BaseAlgorithm, field: str = "train.overrides.buffer_size") -> None:
    """Refuse a replay buffer that no checkpoint could hold.

    Raises
    ------
    ConfigError
        It would take more than 256 MiB.
    """
    size = memory.replay_bytes(model)
    if size > MAX_BYTES - (32 << 20):
        raise ConfigError(
            f"{field}: the replay buffer takes {size >> 20} MiB and a checkpoint may have "
            f"{MAX_BYTES >> 20}; lower it, or use shorter observations"
        )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _difference(field: str, expected: Any, got: Any) -> str:
    """The innermost field that differs."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            if expected.get(key) != got.get(key):
                return _difference(f"{field}.{key}", expected.get(key), got.get(key))
    return f"{field}: expected {expected!r}, got {got!r}"
