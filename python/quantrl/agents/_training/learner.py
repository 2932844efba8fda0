"""The state of a Stable-Baselines3 learner as named arrays and JSON numbers, and back. No pickle."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.save_util import recursive_getattr

from quantrl.agents._training.arrays import Arrays, expect_same, parts
from quantrl.errors import DataError

COUNTERS = (
    "num_timesteps",
    "_n_updates",
    "_episode_num",
    "_current_progress_remaining",
    "_n_calls",
    "exploration_rate",
)


def capture(model: BaseAlgorithm) -> tuple[Arrays, dict[str, Any]]:
    """Weights, optimizers, SAC's entropy coefficient, counters and the values of the schedules.

    Returns
    -------
    arrays : dict of str to ndarray
        ``weights/<module>/<key>``, ``optimizer/<name>/<index>/<key>`` and ``variable/<name>``.
    numbers : dict
        For JSON.
    """
    arrays: Arrays = {}
    optimizers: dict[str, Any] = {}
    for name, state in model.get_parameters().items():
        if "param_groups" in state:
            optimizers[name] = _optimizer(name, state, arrays)
        else:
            arrays |= {f"weights/{name}/{key}": _array(value) for key, value in state.items()}
    arrays |= {f"variable/{name}": _array(recursive_getattr(model, name)) for name in _variables(model)}
    numbers = {
        "counters": {name: getattr(model, name) for name in COUNTERS if hasattr(model, name)},
        "optimizers": optimizers,
        "schedules": schedules(model, model._current_progress_remaining),
        "episodes": [[float(info["r"]), int(info["l"])] for info in model.ep_info_buffer or ()],
    }
    return arrays, numbers


def schedules(model: BaseAlgorithm, remaining: float) -> dict[str, float]:
    """Learning rate and clip range at a remaining share of training."""
    found = {"learning_rate": float(model.lr_schedule(remaining))}
    if callable(clip := getattr(model, "clip_range", None)):
        found["clip_range"] = float(clip(remaining))
    return found


def check(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Compare with a fresh learner of the same settings; nothing is changed.

    Raises
    ------
    DataError
        A name, shape, type or schedule that differs.
    """
    current, known = capture(model)
    for kind in ("weights", "variable"):
        expect_same(parts(current, kind), parts(arrays, kind), kind)
    expect_keys(known["counters"], numbers["counters"], "counters")
    expect_keys(known["optimizers"], numbers["optimizers"], "optimizers")
    planned = schedules(model, numbers["counters"]["_current_progress_remaining"])
    if planned != numbers["schedules"]:
        raise DataError(f"schedules: expected {planned}, got {numbers['schedules']}")
    for name, saved in numbers["optimizers"].items():
        _check_optimizer(model, name, saved, parts(arrays, f"optimizer/{name}"))


def restore(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Take over what `check` has accepted."""
    state: dict[str, Any] = {}
    for name, fresh in model.get_parameters().items():
        if "param_groups" in fresh:
            slots = parts(arrays, f"optimizer/{name}")
            state[name] = _optimizer_state(fresh, numbers["optimizers"][name], slots)
        else:
            state[name] = {key: _tensor(value) for key, value in parts(arrays, f"weights/{name}").items()}
    model.set_parameters(state, exact_match=True, device=model.device)
    for name in _variables(model):
        recursive_getattr(model, name).data.copy_(_tensor(arrays[f"variable/{name}"]))
    for name, value in numbers["counters"].items():
        setattr(model, name, value)
    episodes = [{"r": earned, "l": length, "t": 0.0} for earned, length in numbers["episodes"]]
    model.ep_info_buffer = deque(episodes, maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)


def load_weights(model: BaseAlgorithm, arrays: Arrays) -> None:
    """Take over the policy's weights alone."""
    weights = parts(arrays, "weights/policy")
    expect_same(parts(capture(model)[0], "weights/policy"), weights, "weights/policy")
    model.policy.load_state_dict({key: _tensor(value) for key, value in weights.items()})


def finite(model: BaseAlgorithm) -> bool:
    """Whether every parameter is a finite number."""
    return all(bool(torch.isfinite(value).all()) for value in model.policy.parameters())


def answers(model: BaseAlgorithm) -> bool:
    """Whether the last observations still get finite actions; finite parameters may be too large for that."""
    assert isinstance(model._last_obs, np.ndarray)
    try:
        actions, _ = model.predict(model._last_obs, deterministic=True)
    except ValueError:  # torch refuses a distribution whose mean is NaN
        return False
    return bool(np.isfinite(actions).all())


def expect_keys(expected: dict[str, Any], got: Any, what: str) -> None:
    """Raise where two mappings have different keys."""
    if not isinstance(got, dict) or set(got) != set(expected):
        raise DataError(f"{what}: expected the keys {sorted(expected)}, got {sorted(got)}")


def _variables(model: BaseAlgorithm) -> list[str]:
    # SAC keeps `log_ent_coef` here, outside `get_parameters`.
    return list(model._get_torch_save_params()[1])


def _optimizer(name: str, state: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for index, slots in state["state"].items():
        for key, value in slots.items():
            if torch.is_tensor(value):
                arrays[f"optimizer/{name}/{index}/{key}"] = _array(value)
            else:
                numbers[f"{index}/{key}"] = value
    return {"groups": state["param_groups"], "numbers": numbers}


def _check_optimizer(model: BaseAlgorithm, name: str, saved: Any, slots: Arrays) -> None:
    optimizer = recursive_getattr(model, name)
    groups = optimizer.state_dict()["param_groups"]
    if len(groups) != len(saved["groups"]):
        raise DataError(f"{name}: expected {len(groups)} groups, got {len(saved['groups'])}")
    for group, got in zip(groups, saved["groups"], strict=True):
        expect_keys(group, got, name)
        if group["params"] != got["params"]:
            raise DataError(f"{name}: expected {len(group['params'])} parameters, got {len(got['params'])}")
    parameters = [value for group in optimizer.param_groups for value in group["params"]]
    for key, value in slots.items():
        index, _, slot = key.partition("/")
        if not index.isdecimal() or int(index) >= len(parameters):
            raise DataError(f"{name}/{key}: there are {len(parameters)} parameters")
        expected = () if slot == "step" else tuple(parameters[int(index)].shape)
        if value.shape != expected:
            raise DataError(f"{name}/{key}: expected shape {expected}, got {value.shape}")


def _optimizer_state(fresh: dict[str, Any], saved: dict[str, Any], slots: Arrays) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {}
    for key, value in (*slots.items(), *saved["numbers"].items()):
        index, _, slot = key.partition("/")
        state.setdefault(int(index), {})[slot] = _tensor(value) if isinstance(value, np.ndarray) else value
    groups = [
        {key: tuple(got[key]) if isinstance(value, tuple) else got[key] for key, value in group.items()}
        for group, got in zip(fresh["param_groups"], saved["groups"], strict=True)
    ]
    return {"state": state, "param_groups": groups}


def _array(value: torch.Tensor) -> np.ndarray[Any, Any]:
    return value.detach().cpu().numpy().copy()


def _tensor(value: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(value.copy())
