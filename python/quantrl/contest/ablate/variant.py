"""What is left out, as changes of a config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quantrl.contest.config import ContestConfig
from quantrl.contest.presets import Mechanism
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject

MIN_SEEDS = 20
EVERYTHING = 1_000_000
_NO_JUDGE: JsonObject = {"judges": {"count": 0, "use": "off"}}
_ALL_FACTORS: JsonObject = {
    "data_engine": "paper",
    "context": {"name": "all", "every": 1, "phase": 0, "capacity": EVERYTHING, "params": {}},
}
_ONE_CALL: JsonObject = {"deep_research": False}
_READERS = ("plan", "act", "signal", "judge")
NAMES = (
    "no-judge",
    "no-data-contest",
    "no-research-contest",
    "no-deep-research",
    "none",
    "random-data",
    "random-research",
)
"""``none`` leaves out all four; ``random-data`` reads factors at random, ``random-research`` funds agents at random."""


@dataclass(frozen=True)
class Variant:
    """One way to run the contest.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    change : dict
        Fields of `Mechanism`, nested ones as tables; empty where the rows of the whole contest serve.
    engine : str
        Whose returns count: ``book``, or one of the engines each day is also divided by.
    seed : int, optional
        Of a random choice.
    asks : tuple of str
        Tasks whose questions change, so that the record may not answer them.
    """

    name: str
    change: JsonObject = field(default_factory=dict, hash=False)
    engine: str = "book"
    seed: int | None = None
    asks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the folder of its run."""
        return self.name if self.seed is None else f"{self.name}-{self.seed:03d}"

    @property
    def reruns(self) -> bool:
        """Whether the contest must be run again."""
        return bool(self.change)

    def applied(self, config: ContestConfig) -> ContestConfig:
        """The config of its run."""
        if not self.reruns:
            return config
        return config.model_copy(update={"contest": Mechanism(**self.change).over(config.contest)})


def variants(names: Sequence[str] = NAMES, *, seeds: int = MIN_SEEDS) -> list[Variant]:
    """Variants by name; each random one once a seed.

    Raises
    ------
    ConfigError
        An unknown name, one twice, or fewer than 20 seeds of a random choice.
    """
    for name in names:
        if name not in NAMES:
            raise ConfigError(f"variants: expected some of {', '.join(NAMES)}, got {name!r}")
    if len(set(names)) < len(names):
        raise ConfigError(f"variants: expected each once, got {', '.join(names)}")
    if seeds < MIN_SEEDS and any(name.startswith("random") for name in names):
        raise ConfigError(f"seeds: a random choice needs {MIN_SEEDS} or more, got {seeds}")
    return [variant for name in names for variant in _named(name, seeds)]


def _named(name: str, seeds: int) -> list[Variant]:
    if name == "random-data":
        return [Variant(name, _random_factors(seed), seed=seed, asks=_READERS) for seed in range(seeds)]
    if name == "random-research":
        return [Variant(name, engine=f"random:{seed}", seed=seed) for seed in range(seeds)]
    return [_FIXED[name]]


def _random_factors(seed: int) -> JsonObject:
    return {"data_engine": "paper", "context": {"name": "random", "params": {"seed": seed}}}


_FIXED = {
    "no-judge": Variant("no-judge", _NO_JUDGE),
    "no-data-contest": Variant("no-data-contest", _ALL_FACTORS, asks=_READERS),
    "no-research-contest": Variant("no-research-contest", engine="equal"),
    "no-deep-research": Variant("no-deep-research", _ONE_CALL, asks=("signal", "judge")),
    "none": Variant("none", {**_NO_JUDGE, **_ALL_FACTORS, **_ONE_CALL}, engine="equal", asks=("signal",)),
}
