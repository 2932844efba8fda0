"""The mechanism of a contest, field by field, and the three presets: ours, the paper's, and the released code's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from quantrl.config import Section
from quantrl.typing import JsonObject

Engine = Literal["paper", "selection"]
Days = Annotated[int, Field(ge=1, le=250)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class PredictorConfig(Section):
    """From matured scores to u. `n` are the days of a target, `floor` the least sigma of ``lightgbm``."""

    name: Literal["ew", "ridge5", "lightgbm"] = "ew"
    half_life: Positive = 63.0
    n: Annotated[int, Field(ge=2, le=250)] = 3
    target: Literal["mean_sd", "sharpe"] = "mean_sd"
    fit: Literal["expanding", "calibration"] = "expanding"
    floor: Positive | None = None


class ContextConfig(Section):
    """Which factors are read: an optimiser, its limit in tokens, and how often it chooses anew."""

    name: str = "knapsack"
    capacity: Annotated[int, Field(ge=0, le=1_000_000)] = 16_000
    every: Days = 3
    phase: Annotated[int, Field(ge=0)] = 0
    params: dict[str, Any] = Field(default_factory=dict)


class JudgesConfig(Section):
    """`count` judges; ``gated``: their opinion enters the prediction once it has predicted what the record did not."""

    count: Annotated[int, Field(ge=0, le=5)] = 5
    mode: Literal["pointwise", "listwise"] = "pointwise"
    past_returns: bool = False
    use: Literal["gated", "features", "off"] = "gated"


class Mechanism(Section):
    """Every switch of the two contests; None = as the preset says."""

    data_engine: Engine | None = None
    data_score: Literal["paper_sum", "paper_mean", "implied", "repo_positive_clipped"] | None = None
    data_predictor: PredictorConfig | None = None
    context: ContextConfig | None = None
    preference: Literal["learned", "static", "off"] | None = None
    locked: Literal["out", "zero"] | None = None
    research_engine: Engine | None = None
    research_reward: Literal["net", "gross", "first_signal"] | None = None
    research_predictor: PredictorConfig | None = None
    judges: JudgesConfig | None = None
    cold: Literal["equal", "cash"] | None = None
    market: str | None = None
    max_name: Share | None = None
    gross: Share | None = None
    sizing: Literal["equal", "probability"] | None = None
    max_doc_share: Share | None = None
    charge_inference: bool | None = None
    deep_research: bool | None = None

    def over(self, base: Mechanism) -> Mechanism:
        """This one, with the fields of `base` where nothing is said; nested tables field by field."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        for name, value in said.items():
            below = getattr(base, name)
            if isinstance(value, Section) and below is not None:
                own = {key: getattr(value, key) for key in value.model_fields_set}
                said[name] = below.model_copy(update=own)
        return base.model_copy(update=said)

    def table(self) -> JsonObject:
        """Field by field, nested ones joined by dots."""
        return _flat(self.model_dump(mode="json"), "")


DEFAULT = Mechanism(
    data_engine="paper",
    data_score="paper_sum",
    data_predictor=PredictorConfig(half_life=21.0),
    context=ContextConfig(),
    preference="learned",
    locked="out",
    research_engine="paper",
    research_reward="net",
    research_predictor=PredictorConfig(half_life=63.0, n=5),
    judges=JudgesConfig(),
    cold="equal",
    market="us",
    max_name=0.25,
    gross=1.0,
    sizing="equal",
    max_doc_share=0.34,
    charge_inference=False,
    deep_research=True,
)
PAPER_V3 = Mechanism(
    data_predictor=PredictorConfig(name="lightgbm", n=3, fit="calibration"),
    research_reward="gross",
    research_predictor=PredictorConfig(name="lightgbm", n=5, target="sharpe", fit="calibration"),
    judges=JudgesConfig(mode="listwise", use="features"),
    market="flat_10bp",
    max_name=1.0,
).over(DEFAULT)
REPO_2025 = Mechanism(
    data_score="repo_positive_clipped",
    data_predictor=PredictorConfig(name="lightgbm", n=3, fit="calibration", floor=0.01),
    context=ContextConfig(name="top_k", capacity=1_000_000, every=1, params={"k": 3}),
    locked="zero",
    research_reward="first_signal",
    research_predictor=PredictorConfig(name="lightgbm", n=3, fit="calibration", floor=0.01),
    judges=JudgesConfig(mode="listwise", past_returns=True, use="features"),
    market="flat_10bp",
    max_name=1.0,
).over(DEFAULT)
PRESETS = {"default": DEFAULT, "paper-v3": PAPER_V3, "repo-2025": REPO_2025}


def _flat(table: JsonObject, before: str) -> JsonObject:
    found: JsonObject = {}
    for name, value in table.items():
        found |= (
            _flat(value, f"{before}{name}.") if isinstance(value, dict) and value else {before + name: value}
        )
    return found
