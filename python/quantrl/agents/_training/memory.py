"""What a learner remembers between updates: environments, last observations, and a replay buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl.agents._training.arrays import Arrays, below, expect_kind, parts
from quantrl.errors import DataError


def capture(model: BaseAlgorithm) -> tuple[Arrays, dict[str, Any]]:
    """Environment bytes, `_last_obs`, `_last_episode_starts`, and the filled part of a replay buffer."""
    env: Any = model.env
    arrays: Arrays = {"env": np.frombuffer(env.state_bytes(), dtype=np.uint8)}
    for name in ("_last_obs", "_last_episode_starts"):
        arrays[name] = np.array(getattr(model, name))
    buffer = getattr(model, "replay_buffer", None)
    if buffer is None:
        return arrays, {}
    filled = buffer.size()
    arrays |= below("replay", {name: value[:filled] for name, value in _columns(buffer).items()})
    return arrays, {"replay": {"pos": int(buffer.pos), "full": bool(buffer.full)}}


def check(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Compare with a fresh learner of the same settings; nothing is changed.

    Raises
    ------
    DataError
        Observations of another shape, or a replay buffer of another kind or size.
    """
    space: Any = model.observation_space
    expected = np.empty((model.n_envs, *space.shape), space.dtype)
    expect_kind(expected, _named(arrays, "_last_obs"), "_last_obs")
    expect_kind(np.empty(model.n_envs, bool), _named(arrays, "_last_episode_starts"), "_last_episode_starts")
    _named(arrays, "env")
    buffer = getattr(model, "replay_buffer", None)
    if (buffer is None) != ("replay" not in numbers):
        raise DataError(f"replay: expected {'none' if buffer is None else 'a replay buffer'}")
    if buffer is not None:
        _check_replay(buffer, parts(arrays, "replay"), numbers["replay"])


def restore(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Take over what `check` has accepted; the environment checks its bytes before it changes.

    Raises
    ------
    DataError
        Bytes of an environment on another market or with other settings.
    """
    env: Any = model.env
    env.load_state_bytes(arrays["env"].tobytes())
    model._last_obs = arrays["_last_obs"].copy()
    model._last_episode_starts = arrays["_last_episode_starts"].copy()
    buffer = getattr(model, "replay_buffer", None)
    if buffer is not None:
        saved = parts(arrays, "replay")
        for name, column in _columns(buffer).items():
            column[: len(saved[name])] = saved[name]
        buffer.pos, buffer.full = numbers["replay"]["pos"], numbers["replay"]["full"]


def replay_bytes(model: BaseAlgorithm) -> int:
    """Size of a full replay buffer; 0 without one."""
    buffer = getattr(model, "replay_buffer", None)
    return 0 if buffer is None else sum(column.nbytes for column in _columns(buffer).values())


def _columns(buffer: Any) -> Arrays:
    return {name: value for name, value in vars(buffer).items() if isinstance(value, np.ndarray)}


def _check_replay(buffer: Any, saved: Arrays, numbers: dict[str, Any]) -> None:
    pos, full = numbers["pos"], numbers["full"]
    if not (isinstance(pos, int) and isinstance(full, bool) and 0 <= pos < buffer.buffer_size):
        raise DataError(f"replay: expected a position below {buffer.buffer_size}, got {pos}")
    filled = buffer.buffer_size if full else pos
    for name, column in _columns(buffer).items():
        expect_kind(column[:filled], _named(saved, name), f"replay/{name}")


def _named(arrays: Arrays, name: str) -> np.ndarray[Any, Any]:
    if name not in arrays:
        raise DataError(f"{name}: missing")
    return arrays[name]
