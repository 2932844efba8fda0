"""Every random generator a training run draws from: torch, NumPy, Python, and the one of the action space."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from quantrl.agents._training.arrays import Arrays, expect_same
from quantrl.errors import DataError


def capture(model: BaseAlgorithm) -> tuple[Arrays, dict[str, Any]]:
    """States as arrays and JSON numbers."""
    # SB3 samples minibatches and replays from NumPy's global generator.
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    version, words, gauss = random.getstate()
    arrays: Arrays = {
        "torch": torch.get_rng_state().numpy().copy(),
        "numpy": state["state"]["key"].copy(),
        "python": np.array(words, dtype=np.uint32),
    }
    if model.device.type == "cuda":
        arrays["cuda"] = torch.cuda.get_rng_state(model.device).numpy().copy()
    numbers = {
        "numpy": [int(state["state"]["pos"]), int(state["has_gauss"]), float(state["gauss"])],
        "python": [version, gauss],
        "actions": model.action_space.np_random.bit_generator.state,
    }
    return arrays, numbers


def check(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Compare kinds with the generators of this process; nothing is changed.

    Raises
    ------
    DataError
        Another kind of generator, or a state out of range.
    """
    current, known = capture(model)
    expect_same(current, arrays, "random")
    kind, got = known["actions"]["bit_generator"], numbers["actions"].get("bit_generator")
    if kind != got or numbers["python"][0] != known["python"][0]:
        raise DataError(f"random: expected generators {kind}, {known['python'][0]}, got {got}")
    if not 0 <= numbers["numpy"][0] <= 624:
        raise DataError(f"random/numpy: expected a position from 0 to 624, got {numbers['numpy'][0]}")
    if arrays["python"][-1] > 624:
        raise DataError(f"random/python: expected a position from 0 to 624, got {arrays['python'][-1]}")


def restore(model: BaseAlgorithm, arrays: Arrays, numbers: dict[str, Any]) -> None:
    """Take over what `check` has accepted."""
    torch.set_rng_state(torch.from_numpy(arrays["torch"].copy()))
    if "cuda" in arrays:
        torch.cuda.set_rng_state(torch.from_numpy(arrays["cuda"].copy()), model.device)
    position, has_gauss, gauss = numbers["numpy"]
    np.random.set_state(("MT19937", arrays["numpy"], position, has_gauss, gauss))  # noqa: NPY002
    version, next_gauss = numbers["python"]
    random.setstate((version, tuple(arrays["python"].tolist()), next_gauss))
    model.action_space.np_random.bit_generator.state = numbers["actions"]
