"""A trained pair policy that decides from a `View` of bars alone, by native inference: no torch."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from quantrl.agent import AgentSpec, Decision, Evidence
from quantrl.agents.dqn_statarb._spread import Spread, spread_of
from quantrl.agents.dqn_statarb._standing import SIZE, Standing
from quantrl.agents.dqn_statarb.adapt import Answer
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import View

SPEC = AgentSpec(
    id="dqn_statarb",
    kind="rl",
    params={"model": "bundled", "first": "", "second": "", "window": 120, "drift": "ignore"},
    summary="Turns between the two legs of a pair by a Q-network trained on a simulated spread with costs.",
    reference="arXiv 2311.10718, Harnessing deep Q-learning for enhanced statistical arbitrage in HFT",
)
DRIFT_ANSWERS = ("ignore", "stand_down")
_STATE = struct.Struct("<d")
_CORE = frozenset(("z", "dz1", "position", "size", "in_flight", "imbalance", "unrealised", "left", "cost"))


@final
@dataclass
class StatArbAgent:
    """Position p of the spread as weights of a cash account: p = 1 holds the first leg, p = -1 the second.

    A cash account cannot be short. A margin account would hold (p, -p beta) / (1 + |beta|); here each leg is raised by the
    least equal amount that leaves none negative, so that what is held differs from them by a constant part of both legs.
    With too short a history, without both prices or with a ratio that hedges nothing it is in cash.

    Parameters
    ----------
    policy : PairPolicy
        Of core features.
    legs : (str, str), optional
        Names of the instruments; by default the first two.
    window : int
        Bars of the regression and of the mean, twice as many are needed.
    drift : {"ignore", "stand_down"}
        What follows when z no longer reverts as in training: nothing, or cash for `window` bars.
    """

    policy: PairPolicy
    legs: tuple[str, str] | None = None
    window: int = 120
    drift: Answer = "ignore"
    _standing: Standing = field(init=False, repr=False)
    _entry: float = field(default=float("nan"), init=False)

    SPEC = SPEC

    def __post_init__(self) -> None:
        self._standing = Standing(self.policy.pair.kappa_dt, self.drift, self.window)

    @property
    def flags(self) -> tuple[str, ...]:
        """What a report must say."""
        pair = self.policy.pair
        if pair.venue == "flow":
            return ("trained on two books of simulated order flow, never on prices",)
        if pair.has_tape:
            return ("trained on recorded books of another clock, whatever the bars are",)
        return (
            f"trained on a simulated pair ({pair.venue}, kappa dt {pair.kappa_dt:g}, cost {pair.cost:g} s), "
            "never on prices",
        )

    def decide(self, view: View) -> Decision:
        """Turn, or hold while the position stays the same."""
        n, places = view.n_instruments, self._places(view)
        needed = 2 * self.window + 1
        if places is None or view.n < needed:
            return Decision.cash(n)
        closes = view.window("close", needed)[:, places]
        if not (np.isfinite(closes).all() and (closes > 0).all()):
            return Decision.cash(n)
        spread = spread_of(np.log(closes), self.window)
        if not spread.hedges:
            self._standing.begin()
            return Decision.cash(n)
        flat_only = self._standing.flat_only(spread.z)
        position = float(np.sign(view.held[places[0]] - view.held[places[1]] / spread.beta))
        target = float(self.policy.targets[self.policy.act(self._observe(spread, position, flat_only))[0]])
        if target == position:
            return Decision.hold(n)
        self._entry = spread.x
        weights = np.zeros(n)
        weights[places] = cash_weights(target, spread.beta)
        evidence = tuple(
            Evidence("state", name, value)
            for name, value in (
                ("z", spread.z),
                ("beta", spread.beta),
                ("target", target),
                ("drift", self._standing.score),
            )
        )
        return Decision(weights, evidence=evidence)

    def snapshot(self) -> bytes:
        """The spread at the last turn and the drift watch, for `restore`."""
        return _STATE.pack(self._entry) + self._standing.snapshot()

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        """Go on where `snapshot` was taken.

        Raises
        ------
        DataError
            Not a state of this agent.
        """
        if len(state) != _STATE.size + SIZE:
            raise DataError(f"state: expected {_STATE.size + SIZE} bytes, got {len(state)}")
        (self._entry,) = _STATE.unpack(state[: _STATE.size])
        self._standing.restore(state[_STATE.size :])

    @property
    def _targets(self) -> Iterable[tuple[int, float]]:
        return enumerate(self.policy.targets.tolist())

    def _places(self, view: View) -> list[int] | None:
        if self.legs is None:
            return [0, 1] if view.n_instruments >= 2 else None
        names = view.instruments
        return [names.index(leg) for leg in self.legs] if set(self.legs) <= set(names) else None

    def _observe(self, spread: Spread, position: float, flat_only: bool) -> NDArray[np.float32]:
        """(1, D) core features in the units the policy was trained in; everything is legal, or only flat."""
        pair, names = self.policy.pair, self.policy.names
        moved = spread.x - (self._entry if np.isfinite(self._entry) else spread.x)
        known = {
            "z": spread.z,
            "dz1": spread.change,
            "position": position,
            "size": abs(position),
            "unrealised": position * moved / spread.sd,
            "left": 1.0,
            "cost": pair.cost,
        }
        known |= {
            f"legal_{action}": float(target == 0.0 or not flat_only) for action, target in self._targets
        }
        obs = [known.get(name, 0.0) for name in names]
        return np.clip(np.array([obs], dtype=np.float32), -5.0, 5.0)


def cash_weights(position: float, beta: float) -> FloatArray:
    """(2,) weights that a cash account can hold and that sum to at most 1; flat is cash."""
    if position == 0.0:
        return np.zeros(2)
    legs = np.array([1.0 + position, (1.0 - position) * beta])
    return legs / (2.0 * max(1.0, beta))


def build(
    model: str = "bundled",
    first: str = "",
    second: str = "",
    window: int = 120,
    drift: str = "ignore",
    **other: Any,
) -> StatArbAgent:
    """The agent of a policy folder, or of the policy that comes with the package.

    Raises
    ------
    ConfigError
        No policy there, one leg without the other, a window below 4, an unknown answer to drift, or a policy of other
        features.
    DataError
        A policy that was changed or is of another format.
    """
    if other:
        raise ConfigError(f"agent dqn_statarb: unknown parameter {next(iter(other))!r}")
    if bool(first) != bool(second) or (first and first == second):
        raise ConfigError(f"agent dqn_statarb: first, second: expected two names, got {first!r}, {second!r}")
    if not 4 <= window <= 100_000:
        raise ConfigError(f"agent dqn_statarb: window: expected 4 to 100000, got {window}")
    if drift not in DRIFT_ANSWERS:
        # There is nothing to retrain on bars: the regression is fitted anew at each of them.
        raise ConfigError(
            f"agent dqn_statarb: drift: expected one of {', '.join(DRIFT_ANSWERS)}, got {drift!r}"
        )
    answer: Answer = "stand_down" if drift == "stand_down" else "ignore"
    policy = load_policy(model)
    unknown = [name for name in policy.names if name not in _CORE and not name.startswith("legal_")]
    if unknown or len(policy.targets) != 3:
        what = f"the feature {unknown[0]!r}" if unknown else f"{len(policy.targets)} actions"
        raise ConfigError(f"agent dqn_statarb: model: expected core features and 3 actions, got {what}")
    return StatArbAgent(policy, (first, second) if first else None, window, answer)
