"""Settings of a training run, and the algorithms they choose from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quantrl.envs import PairConfig, PairLayout
from quantrl.errors import ConfigError

Count = Annotated[int, Field(ge=1, le=10**12)]
_NOT_A_TRIAL = {"seeds", "seed0", "jobs", "executor"}
LEAST_GAMMA, MOST_GAMMA = 0.9, 0.9999
_REPLAY_BYTES = 200 << 20


class StatArbTrain(BaseModel):
    """What is trained, how often and how long. Frozen; unknown fields are refused.

    The defaults are a recipe chosen on seeds from 1000 on; the README says by which comparison.

    Parameters
    ----------
    algo : {"ddqn", "dqn", "ddqn_all", "qr", "qr_cvar"}
        Double and dueling DQN; plain DQN; the double one, told what each action would have earned, which no market tells;
        QR-DQN with 32 quantiles; the same for the tail of a session's P&L, which needs a pair of objective ``cvar``.
    explore : {"epsilon", "boltzmann", "noisy"}
    steps : int
        Environment steps of one run.
    seeds, seed0 : int
        Runs, with seeds `seed0`, `seed0` + 1, ...
    n_envs : int
        Environments stepped together.
    gamma : float, optional
        Discount a decision; by default 1 - kappa_dt / 4 within 0.9 to 0.9999. ``qr_cvar`` has none: 1.
    n_steps : int
        Rewards before a target's bootstrap.
    net : tuple of int, optional
        Hidden layers; by default (64, 64) for core features, (256, 256) for full ones.
    lr, lr_end : float
        Learning rate, falling linearly over the training.
    weight_decay : float
        Of AdamW, times the learning rate per update.
    batch, buffer, learning_starts, gradient_steps : int
        Minibatch (by default 512, and 256 with quantiles), transitions kept, steps before the first update, updates a step
        of all environments.
    tau : float
        Share of the online network that the target network takes after each step of all environments.
    loss : {"huber", "mse"}
        Of ``dqn`` and ``ddqn``; the kink of ``huber`` is 1 U.
    kink : float
        Of the quantile loss, in U.
    quantiles : int
    eps_end, eps_share : float
        Floor of exploration, and the share of the training after which it is reached.
    eval_points : int
        Validations, and checkpoints, of one run.
    warm : bool
        Of rolling retraining: each window but the first begins with the networks that the one before chose, seed by seed;
        exploration, memory and learning rate begin anew.
    jobs : int, optional
        Processes; by default one a core. Results do not depend on it.
    executor : {"auto", "serial", "processes"}
        ``auto`` is processes, or serial for one job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    algo: Literal["ddqn", "dqn", "ddqn_all", "qr", "qr_cvar"] = "ddqn"
    explore: Literal["epsilon", "boltzmann", "noisy"] = "epsilon"
    steps: Count = 800_000
    seeds: Annotated[int, Field(ge=1, le=10_000)] = 20
    seed0: Annotated[int, Field(ge=0, lt=2**62)] = 0
    n_envs: Annotated[int, Field(ge=1, le=100_000)] = 256
    gamma: Annotated[float, Field(gt=0, le=1)] | None = None
    n_steps: Annotated[int, Field(ge=1, le=100)] = 1
    net: tuple[Annotated[int, Field(ge=1, le=4096)], ...] | None = None
    lr: Annotated[float, Field(gt=0, le=1)] = 1e-3
    lr_end: Annotated[float, Field(ge=0, le=1)] = 5e-5
    weight_decay: Annotated[float, Field(ge=0, le=100)] = 1.0
    batch: Annotated[int, Field(ge=1, le=100_000)] | None = None
    buffer: Count | None = None
    learning_starts: Annotated[int, Field(ge=0, le=10**9)] = 20_000
    gradient_steps: Annotated[int, Field(ge=1, le=1000)] = 4
    tau: Annotated[float, Field(gt=0, le=1)] = 0.02
    loss: Literal["huber", "mse"] = "huber"
    kink: Annotated[float, Field(gt=0, le=100)] = 0.01
    quantiles: Annotated[int, Field(ge=1, le=1000)] = 32
    eps_end: Annotated[float, Field(ge=0, le=1)] = 0.05
    eps_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    eval_points: Annotated[int, Field(ge=1, le=10_000)] = 8
    warm: bool = False
    jobs: Annotated[int, Field(ge=1, le=1024)] | None = None
    executor: Literal["auto", "serial", "processes"] = "auto"

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            raise ConfigError(_one_line(error)) from None

    @property
    def every(self) -> int:
        """Steps from one validation to the next."""
        return max(1, self.steps // self.eval_points)

    @property
    def batch_size(self) -> int:
        """Transitions of a minibatch."""
        return self.batch or (256 if self.algo.startswith("qr") else 512)

    def replace(self, **changes: Any) -> StatArbTrain:
        """The settings with some changed, checked again."""
        return type(self)(**{**self.model_dump(), **changes})

    def trial(self) -> dict[str, Any]:
        """What makes two trials different, the seed apart."""
        return self.model_dump(mode="json", exclude=_NOT_A_TRIAL)

    def discount(self, pair: PairConfig) -> float:
        """Gamma for an environment.

        Raises
        ------
        ConfigError
            It looks ahead less than two reversion times, 1 / (1 - gamma) < 2 / kappa_dt, or for ever where episodes are cut
            off; ``qr_cvar`` with a discount, or with episodes that are; ``ddqn_all`` where more than the own position
            depends on an action.
        """
        if self.algo == "ddqn_all":
            self._check_every(pair)
        if self.algo == "qr_cvar":
            return self._undiscounted(pair)
        if self.gamma == 1.0:
            raise ConfigError(f"train.gamma: expected less than 1 for algo {self.algo!r}, got 1")
        gamma = self.gamma or min(max(1.0 - pair.kappa_dt / 4.0, LEAST_GAMMA), MOST_GAMMA)
        if pair.kappa_dt > 0 and 1.0 / (1.0 - gamma) < 2.0 / pair.kappa_dt:
            least = 1.0 - pair.kappa_dt / 2.0
            raise ConfigError(
                f"train.gamma: expected at least {least:g} at kappa_dt {pair.kappa_dt:g}, got {gamma:g}"
            )
        return gamma

    def _undiscounted(self, pair: PairConfig) -> float:
        if pair.objective != "cvar":
            raise ConfigError(
                "train.algo: qr_cvar needs sessions that close, expected pair.objective 'cvar', got 'mean', "
                "whose episodes are cut off"
            )
        if self.gamma not in (None, 1.0):
            raise ConfigError(f"train.gamma: expected 1 for algo 'qr_cvar', got {self.gamma:g}")
        return 1.0

    def _check_every(self, pair: PairConfig) -> None:
        if not pair.counterfactual:
            raise ConfigError("train.algo: ddqn_all needs pair.counterfactual")
        if pair.reward != "pnl" or pair.objective != "mean" or pair.loss_limit is not None:
            raise ConfigError(
                "train.algo: ddqn_all needs reward 'pnl', objective 'mean' and no loss_limit: what else an observation "
                "shows must not depend on the action"
            )
        if self.n_steps != 1:
            raise ConfigError(f"train.n_steps: expected 1 for algo 'ddqn_all', got {self.n_steps}")

    def hidden(self, pair: PairConfig) -> list[int]:
        """Hidden layers for an environment."""
        return list(self.net or ((64, 64) if pair.features == "core" else (256, 256)))

    def kept(self, pair: PairConfig) -> int:
        """Transitions of the replay buffer: 500,000, or as many as a checkpoint holds."""
        layout = PairLayout.of(pair)
        own = layout.own.stop - layout.own.start
        every = layout.n_actions * (1 + own) if self.algo == "ddqn_all" else 0
        row = 4 * (2 * layout.size + 5 + every)
        return self.buffer or min(500_000, _REPLAY_BYTES // row)


PRESETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "smoke": ({}, {"steps": 60_000, "seeds": 2, "eval_points": 3}),
    "truth": ({}, {}),
    "default": ({}, {"seeds": 5}),
    "explore": ({}, {}),
    "cvar": ({"objective": "cvar"}, {"algo": "qr_cvar", "seeds": 5}),
    "rolling": ({}, {"steps": 200_000, "seeds": 3}),
    "robust": ({}, {"seeds": 3, "eps_end": 0.1}),
}
"""Fields of `PairConfig` and of `StatArbTrain` that a preset changes."""


def preset(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A preset by name.

    Raises
    ------
    ConfigError
        Unknown; the message lists the choices.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset: expected one of {', '.join(PRESETS)}, got {name!r}")
    return PRESETS[name]


def _one_line(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"train.{field}: unknown key; known here: {', '.join(StatArbTrain.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"train.{field}: {message}, got {problem['input']!r}"
