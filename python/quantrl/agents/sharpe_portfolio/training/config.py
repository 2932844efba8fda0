"""Settings of a training run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from quantrl.agents.sharpe_portfolio.training.algos import ALGOS
from quantrl.errors import ConfigError
from quantrl.units import ns_from_iso

Count = Annotated[int, Field(ge=1, le=10**12)]
_NOT_A_TRIAL = {"seeds", "seed0", "jobs", "executor"}


class TrainConfig(BaseModel):
    """What is trained, on which folds, how often and how long. Frozen; unknown fields are refused.

    Parameters
    ----------
    algo : {"ppo", "a2c", "trpo", "sac", "td3", "released"}
        ``released`` is PPO with the settings of the code released with arXiv 2412.18563.
    net : {"asset_conv", "vgg", "resnet"}
    head : {"score", "mlp"}, optional
        By default the one that fits: ``score`` for `asset_conv` on an on-policy algorithm, else ``mlp``.
    steps : int
        Environment steps of one run.
    seeds, seed0 : int
        Runs per fold, with seeds `seed0`, `seed0` + 1, ...
    folds : int, optional
        The last so many folds; None for all.
    min_train, validation, test, step, gap, min_test : int
        Walk-forward windows in bars: see `quantrl.backtest.Expanding`.
    n_envs : int, optional
        Environments stepped together; by default that of the algorithm.
    overrides : dict
        Arguments of the algorithm that differ from its defaults, such as ``{"n_steps": 48}``.
    device : {"auto", "cpu", "cuda"}
        ``auto`` is CUDA for `vgg` and `resnet` where there is one: small networks lose on a GPU.
    eval_points : int
        Validations, and checkpoints, of one run.
    until : str, optional
        Last date used, for any purpose.
    jobs : int, optional
        Processes; by default one per core. Results do not depend on it.
    executor : {"auto", "serial", "processes"}
        ``auto`` is processes, or serial for one job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    algo: Literal["ppo", "a2c", "trpo", "sac", "td3", "released"] = "ppo"
    net: Literal["asset_conv", "vgg", "resnet"] = "asset_conv"
    head: Literal["score", "mlp"] | None = None
    steps: Count = 300_000
    seeds: Annotated[int, Field(ge=1, le=10_000)] = 10
    seed0: Annotated[int, Field(ge=0, lt=2**62)] = 0
    folds: Annotated[int, Field(ge=1, le=10_000)] | None = 8
    min_train: Count = 1260
    validation: Count = 252
    test: Count = 252
    step: Count = 252
    gap: Annotated[int, Field(ge=0, le=10**6)] = 5
    min_test: Count = 63
    n_envs: Annotated[int, Field(ge=1, le=100_000)] | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    eval_points: Annotated[int, Field(ge=1, le=10_000)] = 20
    until: str | None = None
    jobs: Annotated[int, Field(ge=1, le=1024)] | None = None
    executor: Literal["auto", "serial", "processes"] = "auto"

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            raise ConfigError(_one_line(error)) from None

    @field_validator("until")
    @classmethod
    def _a_date(cls, value: str | None) -> str | None:
        if value is not None:
            ns_from_iso(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        if self.head == "score" and not ALGOS[self.algo].on_policy:
            raise ValueError(f"head='score' has no critic over actions, which {self.algo} needs; use 'mlp'")
        if self.head == "score" and self.net != "asset_conv":
            raise ValueError(f"head='score' scores assets one by one, which {self.net} does not; use 'mlp'")
        return self

    @property
    def every(self) -> int:
        """Steps from one validation to the next."""
        return max(1, self.steps // self.eval_points)

    def replace(self, **changes: Any) -> TrainConfig:
        """The settings with some changed, checked again."""
        return type(self)(**{**self.model_dump(), **changes})

    def trial(self) -> dict[str, Any]:
        """What makes two trials different, seed and fold apart."""
        return self.model_dump(mode="json", exclude=_NOT_A_TRIAL)


def _one_line(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"train.{field}: unknown key; known here: {', '.join(TrainConfig.model_fields)}"
    return f"train.{field}: {message}, got {problem['input']!r}" if field else f"train: {message}"
