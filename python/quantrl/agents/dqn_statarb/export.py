"""From trained networks to `policy.safetensors` and `policy.json`: ``"kind": "q"`` of format ``quantrl-policy/1``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantrl.agents._training.files import SPEC_FILE, WEIGHTS_FILE, read_limited, write_policy_files
from quantrl.envs import PairConfig, PairLayout
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from quantrl.agents.dqn_statarb.nets import ValueNet

FORMAT = "quantrl-policy/1"
CLIP = 5.0
Tensors = dict[str, NDArray[np.float32]]


def export_policy(
    model: BaseAlgorithm,
    folder: str | Path,
    *,
    pair: PairConfig,
    algo: str,
    seed: int,
    meta: dict[str, Any],
    start: float = 0.0,
) -> None:
    """Write the greedy policy of a learner, for `quantrl._core.NativeQ` and whoever else reads the format.

    Parameters
    ----------
    model : BaseAlgorithm
        Made by `make_learner`.
    folder : path
        Made where missing; a policy in it is replaced. Both files are written aside and renamed, the numbers first: a
        reader between the two renames finds a sha256 that differs, never a mixture.
    pair : PairConfig
        What it was trained on.
    algo, seed, meta
        What the policy says of itself.
    start : float
        First stock it is deployed with, U; of policies that read a stock.

    Raises
    ------
    DataError
        A parameter that is not finite: names it; nothing is written.
    RunError
        The folder cannot be written.
    """
    nets: Any = model
    export_nets([nets.nets[0]], folder, pair=pair, algo=algo, seed=seed, meta=meta, start=start)


def export_nets(
    nets: Sequence[ValueNet],
    folder: str | Path,
    *,
    pair: PairConfig,
    algo: str,
    seed: int,
    meta: dict[str, Any],
    combine: str | None = None,
    start: float = 0.0,
) -> None:
    """The same for several networks, whose values are combined by ``mean`` or ``min``."""
    from safetensors.numpy import save

    tensors: Tensors = {}
    members = [{"ops": _operations(net, tensors, f"{i}/")} for i, net in enumerate(nets)]
    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise DataError(f"policy: expected finite numbers, {name} of shape {values.shape} has others")
    numbers = save(tensors)
    layout = PairLayout.of(pair)
    spec = {
        "format": FORMAT,
        "kind": "q",
        "sha256": hashlib.sha256(numbers).hexdigest(),
        "combine": _combine(combine, len(nets)),
        "members": members,
        "layout": {"names": list(layout.names), "legal": layout.n_actions},
        "clip": CLIP,
        "actions": list(pair.targets),
        "unit": pair.reward_unit,
        "pair": pair.model_dump(mode="json"),
        "pair_id": pair.id,
        "clock": {"kind": "dt", "dt": pair.dt},
        "stock": None if nets[0].stock is None else {"unit": nets[0].stock.unit, "start": start},
        "seed": seed,
        "algo": algo,
        "meta": meta,
    }
    write_policy_files(
        Path(folder), numbers, json.dumps(spec, indent=1, sort_keys=True, allow_nan=False).encode()
    )


def _combine(asked: str | None, members: int) -> str:
    chosen = asked or ("single" if members == 1 else "mean")
    if (chosen == "single") != (members == 1):
        raise ConfigError(f"combine: {chosen!r} does not go with {members} networks")
    return chosen


def _operations(net: ValueNet, tensors: Tensors, prefix: str) -> list[dict[str, Any]]:
    """Operations of a network; weights go to `tensors` as (inputs, outputs), noise is left out."""

    def linear(layer: Any, name: str) -> dict[str, str]:
        tensors[f"{prefix}{name}.weight"] = np.ascontiguousarray(layer.weight.detach().cpu().numpy().T)
        tensors[f"{prefix}{name}.bias"] = layer.bias.detach().cpu().numpy().copy()
        return {"weight": f"{prefix}{name}.weight", "bias": f"{prefix}{name}.bias"}

    ops: list[dict[str, Any]] = []
    for i, layer in enumerate(net.trunk[::2]):
        ops += [{"op": "linear", **linear(layer, f"trunk{i}")}, {"op": "relu"}]
    head = linear(net.advantage, "advantage")
    if net.value is None:
        ops.append({"op": "linear", **head})
    else:
        value = linear(net.value, "value")
        ops.append(
            {
                "op": "dueling",
                **{f"advantage_{k}": v for k, v in head.items()},
                **{f"value_{k}": v for k, v in value.items()},
            }
        )
    if net.stock is not None:
        ops.append({"op": "quantile_stock", "quantiles": net.n_quantiles, "epsilon": net.stock.epsilon})
    elif net.n_quantiles:
        ops.append({"op": "quantile_mean", "quantiles": net.n_quantiles})
    return [*ops, {"op": "masked_argmax"}]


def combine_policies(sources: Sequence[Path], folder: Path, combine: str = "mean") -> None:
    """One policy of several on the same pair: what is deployed is the mean of the values of all seeds, from the mean of
    their first stocks.

    Parameters
    ----------
    sources : sequence of Path
        Policy folders.
    folder : Path
        Where the whole goes.
    combine : {"mean", "min"}

    Raises
    ------
    DataError
        A file that cannot be read or was changed; policies of other pairs, units or layouts: names the field.
    ConfigError
        None at all.
    RunError
        The folder cannot be written.
    """
    from safetensors.numpy import save

    if not sources:
        raise ConfigError("policies: expected at least one, got none")
    tensors: Tensors = {}
    members: list[Any] = []
    read = [read_policy(source) for source in sources]
    first, others = read[0][0], [spec for spec, _ in read[1:]]
    expected = _shared(first)
    for spec in others:
        got = _shared(spec)
        for field in sorted(expected.keys() | got.keys()):
            if expected.get(field) != got.get(field):
                raise DataError(
                    f"policies: {field}: expected {expected.get(field)!r}, got {got.get(field)!r}"
                )
    for spec, arrays in read:
        for member in spec["members"]:
            at = f"{len(members)}/"
            members.append({"ops": [_moved(op, at, arrays, tensors) for op in member["ops"]]})
    numbers = save(tensors)
    whole = {
        **first,
        "sha256": hashlib.sha256(numbers).hexdigest(),
        "combine": _combine(None if len(members) == 1 else combine, len(members)),
        "members": members,
        "stock": _stock([spec["stock"] for spec, _ in read]),
        "meta": {"members": [spec["meta"] for spec, _ in read]},
    }
    write_policy_files(folder, numbers, json.dumps(whole, indent=1, sort_keys=True, allow_nan=False).encode())


def _stock(each: Sequence[dict[str, float] | None]) -> dict[str, float] | None:
    known = [stock for stock in each if stock is not None]
    if not known:
        return None
    return {"unit": known[0]["unit"], "start": float(np.mean([stock["start"] for stock in known]))}


def _shared(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What policies put together must have in common: all but the domain parameters they were trained under."""
    pair = {f"pair.{name}": value for name, value in spec["pair"].items() if not name.startswith("theta_")}
    pair["stock"] = None if spec["stock"] is None else spec["stock"]["unit"]
    return {**pair, **{field: spec[field] for field in ("unit", "layout", "actions", "clip", "clock")}}


def read_policy(folder: Path) -> tuple[dict[str, Any], Tensors]:
    """The spec of a policy and its numbers by name, weights as (inputs, outputs).

    Raises
    ------
    DataError
        A file that is missing, too large, damaged or changed.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    numbers = read_limited(folder / WEIGHTS_FILE)
    try:
        spec: dict[str, Any] = json.loads(read_limited(folder / SPEC_FILE))
        expected, got = spec["sha256"], hashlib.sha256(numbers).hexdigest()
        if expected != got:
            raise DataError(f"{folder / WEIGHTS_FILE}: sha256: expected {expected}, got {got}")
        return spec, load(numbers)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise DataError(f"{folder}: not a policy: {error}") from None


def _moved(op: dict[str, Any], at: str, arrays: Tensors, tensors: Tensors) -> dict[str, Any]:
    """The operation with its tensors under new names."""
    found = dict(op)
    for field, name in op.items():
        if field.endswith(("weight", "bias")):
            found[field] = at + name.partition("/")[2]
            tensors[found[field]] = arrays[name]
    return found
