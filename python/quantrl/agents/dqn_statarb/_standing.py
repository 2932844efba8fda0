"""Whether an agent on bars may trade: a drift watch on z, and how long it stands down after an alarm."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

from quantrl.agents.dqn_statarb.adapt import Answer, DriftWatch

_STATE = struct.Struct("<4dqq")
SIZE = _STATE.size


@dataclass
class Standing:
    """Watches z, which a rolling regression keeps near mean 0 and deviation 1, for reversion as a policy was trained on.

    Parameters
    ----------
    kappa_dt : float
        Reversion a decision in training; 0 has none to miss, so nothing is watched.
    answer : {"stand_down", "ignore"}
    bars : int
        An alarm ends with so many more of them: as many as the regression sees, so that none is left from before.
    """

    kappa_dt: float
    answer: Answer
    bars: int
    _watch: DriftWatch | None = field(init=False, repr=False)
    _left: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        known = self.kappa_dt > 0
        self._watch = DriftWatch(math.exp(-self.kappa_dt), 1.0, answer=self.answer) if known else None

    @property
    def score(self) -> float:
        """The drift sum nearest to its limit, as a share of it; 0 where nothing is watched."""
        return 0.0 if self._watch is None else float(self._watch.drift.score[0])

    def flat_only(self, z: float) -> bool:
        """Whether only flat is legal, after one more bar's z."""
        watch = self._watch
        if watch is None:
            return False
        if watch.alarmed[0]:
            self._left -= 1
            if self._left <= 0:
                self.begin()
        was = bool(watch.alarmed[0])
        if watch.push(np.array([z]))[0] and not was:
            self._left = self.bars
        return bool(watch.flat_only[0])

    def begin(self) -> None:
        """Forget everything: the spread begins anew."""
        if self._watch is not None:
            watch = self._watch
            watch.refit(np.ones(1, dtype=np.bool_), phi=watch.phi, s=watch.s)
            self._left = 0

    def snapshot(self) -> bytes:
        """State, for `restore`."""
        if self._watch is None:
            return bytes(SIZE)
        up, down, reversion, before, alarmed = self._watch.state()
        return _STATE.pack(up, down, reversion, before, int(alarmed), self._left)

    def restore(self, state: bytes) -> None:
        """Go on where `snapshot` was taken."""
        *numbers, alarmed, left = _STATE.unpack(state)
        if self._watch is not None:
            self._watch.load((*numbers, float(alarmed)))
            self._left = left
