"""Limits every entrant's weights go through, and what they cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantrl.errors import ConfigError, OrderError
from quantrl.typing import FloatArray, JsonObject

Limit = Literal["long_only", "max_name", "gross"]
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Clip:
    """One cut.

    Attributes
    ----------
    limit : {'long_only', 'max_name', 'gross'}
    instrument : int
        Column; -1 where all were scaled alike.
    before, after : float
        The weight, or the sum of weights.
    """

    limit: Limit
    instrument: int
    before: float
    after: float

    def json(self) -> JsonObject:
        """As plain values."""
        return {
            "limit": self.limit,
            "instrument": self.instrument,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True)
class Mandate:
    """What an account may hold. What a limit cuts off stays in cash.

    Parameters
    ----------
    long_only : bool
        Short positions need a margin account, which the bar engine has not.
    max_name : float
        Most of one name, as a fraction of equity.
    gross : float
        Most of all names together.

    Raises
    ------
    ConfigError
        A limit outside (0, 1], or short positions.
    """

    long_only: bool = True
    max_name: float = 0.25
    gross: float = 1.0

    def __post_init__(self) -> None:
        if not self.long_only:
            raise ConfigError("mandate.long_only: short positions need a margin account; expected true")
        for name in ("max_name", "gross"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise ConfigError(f"mandate.{name}: expected above 0 and at most 1, got {value!r}")

    def apply(
        self, weights: FloatArray, held: FloatArray | None = None
    ) -> tuple[FloatArray, tuple[Clip, ...]]:
        """Weights within the limits, and what was cut.

        Parameters
        ----------
        weights : (N,) float64
            NaN keeps the units held. A position that outgrew a limit by its price alone is not sold for it, but leaves
            less room for what is bought.
        held : (N,) float64, optional
            What is held now; nothing by default.

        Returns
        -------
        weights : (N,) float64
            A copy, NaN where they were.
        clips : tuple of Clip

        Raises
        ------
        OrderError
            Not one-dimensional, no numbers, infinite, or `held` of another shape.
        """
        wanted = _checked(weights, held)
        kept = np.isnan(wanted)
        clips = [Clip("long_only", int(i), float(wanted[i]), 0.0) for i in np.flatnonzero(wanted < 0)]
        wanted[wanted < 0] = 0.0
        over = np.flatnonzero(wanted > self.max_name)
        clips += [Clip("max_name", int(i), float(wanted[i]), self.max_name) for i in over]
        wanted[over] = self.max_name
        # fsum: the factor, and so the bits, do not depend on the order of the instruments
        stays = 0.0 if held is None else math.fsum(held[kept].tolist())
        total, room = math.fsum(wanted[~kept].tolist()), max(self.gross - stays, 0.0)
        if total > room + _NOISE:
            wanted *= room / total
            clips.append(Clip("gross", -1, total, room))
        return wanted, tuple(clips)


def _checked(weights: FloatArray, held: FloatArray | None) -> FloatArray:
    given = np.asarray(weights)
    if given.ndim != 1 or given.dtype.kind not in "fiu":
        raise OrderError(f"weights: expected (N,) float64, got {given.dtype} of shape {given.shape}")
    wanted = given.astype(np.float64)
    if np.isinf(wanted).any():
        at = int(np.flatnonzero(np.isinf(wanted))[0])
        raise OrderError(f"weights: expected finite numbers or NaN, that of instrument {at} is {wanted[at]}")
    if held is not None and held.shape != wanted.shape:
        raise OrderError(f"weights: expected shape {held.shape}, got {wanted.shape}")
    return wanted
