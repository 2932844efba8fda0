"""The operations of an exported policy, written down from the modules that perform them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from quantrl.errors import ConfigError


class Tape:
    """Named operations and their numbers, in the form of ``rust/env/src/policy``.

    Values are row-major without the batch axis; images are (rows, columns, channels), so kernels are stored as (rows,
    columns, channels in, channels out) and matrices as (in, out).

    Attributes
    ----------
    ops : list of dict
    tensors : dict of str to ndarray
    """

    def __init__(self) -> None:
        self.ops: list[dict[str, Any]] = []
        self.tensors: dict[str, NDArray[np.float32]] = {}

    def gather(self) -> tuple[str, str, str]:
        """Prices (W, K, F), weights (K + 1) and s of the observation."""
        names = ("image", "weights", "stats")
        self.ops.append({"op": "gather", "out": list(names)})
        return names

    def add_op(self, op: str, x: str | list[str], **numbers: Any) -> str:
        """Any operation; the name of its result."""
        out = f"v{len(self.ops)}"
        self.ops.append({"op": op, "x": x, **numbers, "out": out})
        return out

    def conv2d(self, x: str, module: nn.Conv2d) -> str:
        """A convolution, its kernel turned."""
        kernel = self._keep("kernel", _array(module.weight).transpose(2, 3, 1, 0))
        return self.add_op(
            "conv2d",
            x,
            weight=kernel,
            bias=self._bias(module.bias),
            stride=list(module.stride),
            padding=[int(side) for side in module.padding],
        )

    def linear(self, x: str, module: nn.Linear, *, image: tuple[int, int, int] | None = None) -> str:
        """A matrix; where its input is a flat image (channels, rows, columns), its first rows are put in our order."""
        matrix = _array(module.weight).T
        if image is not None:
            size = int(np.prod(image))
            turned = matrix[:size].reshape(*image, -1).transpose(1, 2, 0, 3).reshape(size, -1)
            matrix = np.concatenate([turned, matrix[size:]])
        return self.add_op("linear", x, weight=self._keep("matrix", matrix), bias=self._bias(module.bias))

    def sequence(self, x: str, modules: nn.Module) -> str:
        """Layers one after the other.

        Raises
        ------
        ConfigError
            A layer that has no operation.
        """
        for module in modules.children():
            x = self._layer(x, module)
        return x

    def _layer(self, x: str, module: nn.Module) -> str:
        if isinstance(module, nn.Linear):
            return self.linear(x, module)
        if isinstance(module, nn.Conv2d):
            return self.conv2d(x, module)
        if isinstance(module, nn.MaxPool2d):
            size = module.kernel_size
            return self.add_op("maxpool2d", x, size=[size, size] if isinstance(size, int) else list(size))
        for kind, op in ((nn.ReLU, "relu"), (nn.Tanh, "tanh")):
            if isinstance(module, kind):
                return self.add_op(op, x)
        raise ConfigError(f"policy: {type(module).__name__} cannot be exported")

    def _bias(self, bias: Any) -> str | None:
        return None if bias is None else self._keep("bias", _array(bias))

    def _keep(self, kind: str, values: NDArray[np.float32]) -> str:
        name = f"{kind}{len(self.ops)}"
        self.tensors[name] = np.ascontiguousarray(values)
        return name


def _array(parameter: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = parameter.detach().cpu().numpy().astype(np.float32)
    return values
