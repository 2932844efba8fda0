"""The configuration of ContestTrade; the same fields in Python and in TOML."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from quantrl.config import AgentConfig, BacktestConfig, DataConfig, Section
from quantrl.contest.llm.budget import Budget
from quantrl.contest.presets import PRESETS, Engine, Mechanism
from quantrl.contest.sources import SourceConfig
from quantrl.errors import ConfigError
from quantrl.runs import sha256_json
from quantrl.typing import JsonObject

MAX_BYTES = 1 << 20
RESEARCHER = "contest/researcher"
_SPEED = ("concurrency", "timeout_s", "api_key_env", "mode", "replay")
Preset = Literal["default", "paper-v3", "repo-2025"]
Cap = Annotated[int, Field(ge=0)] | None
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)] | None


class ModelConfig(Section):
    """Who answers for an agent: `rules`, `local`, or a server that speaks the OpenAI protocol."""

    provider: str = "rules"
    model: str = "rules"
    base_url: str | None = None
    api_key_env: str | None = None
    format: Literal["native", "prompted", "tool"] = "native"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1, le=32_768)] | None = None
    strict: bool = False


class LLMConfig(ModelConfig):
    """`[llm]`: the model of every agent that `agents` does not name, and how answers are kept.

    ``mode = "auto"`` records whatever rules do not answer. `replay` is a run folder whose record alone is read.
    """

    mode: Literal["auto", "off", "record", "replay"] = "auto"
    replay: str | None = None
    on_error: Literal["raise", "abstain"] = "raise"
    concurrency: Annotated[int, Field(ge=1, le=8)] = 8
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    prices: str | None = None
    model_cutoff: str | None = None
    agents: dict[str, ModelConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _record_named(self) -> LLMConfig:
        # A replay without a record would ask the model itself.
        if (self.mode == "replay") != (self.replay is not None):
            raise ValueError(
                f"replay: expected the run to read with mode = 'replay', and with it alone, got {self.replay!r}"
            )
        return self


class CapsConfig(Section):
    """Five caps; what is not given is not capped."""

    usd: Amount = None
    input_tokens: Cap = None
    output_tokens: Cap = None
    calls: Cap = None
    seconds: Amount = None

    def budget(self) -> Budget:
        """As `Budgets` takes it."""
        return Budget(**self.model_dump())


class BudgetConfig(Section):
    """`[budget.run]`, `[budget.day]`, `[budget.agent]`; a call must fit all three."""

    run: CapsConfig = CapsConfig()
    day: CapsConfig = CapsConfig()
    agent: CapsConfig = CapsConfig()
    strict: bool = False


class DataAgentConfig(Section):
    """`[[data_agents]]`: who reads which sources, with a preference of its own, as `DataAgent` has it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    sources: list[str] = Field(min_length=1)
    preference: Literal["learned", "static", "off"] | None = None
    text: Annotated[str, Field(max_length=200)] = ""


class FundamentalsConfig(Section):
    """`[fundamentals]`: a file of filed figures, see `quantrl.contest.fundamentals`."""

    path: str
    time_zone: str | None = None


class Span(Section):
    """First and last day, ISO dates."""

    start: str
    end: str

    @field_validator("start", "end")
    @classmethod
    def _date(cls, value: str) -> str:
        return _iso(value)


class ContestConfig(Section):
    """A whole contest.

    `start` and `end` are the first and the last day decided for, ISO dates; `calibration` is a span before them on which
    ``fit = "calibration"`` learns, and of which no result is reported. Agents are registry ids, tables, or
    ``contest/researcher:<belief>``. Data agents default to one a source of documents. `documents` may stand in `data`, too.
    `symbols` are those of the data that take part; by default all.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "contest"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    preset: Preset = "default"
    start: str
    end: str
    calibration: Span | None = None
    initial_cash: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1_000_000.0
    open_time: str | None = None
    lead_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    data: DataConfig | None = None
    documents: list[SourceConfig] = Field(default_factory=list)
    fundamentals: FundamentalsConfig | None = None
    symbols: list[str] = Field(default_factory=list)
    backtest: BacktestConfig = BacktestConfig()
    contest: Mechanism = Mechanism()
    agents: list[AgentConfig] = Field(min_length=1)
    data_agents: list[DataAgentConfig] = Field(default_factory=list)
    llm: LLMConfig = LLMConfig()
    budget: BudgetConfig = BudgetConfig()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(f"contest: {_problem(error)}") from None

    @model_validator(mode="before")
    @classmethod
    def _documents_in_data(cls, values: Any) -> Any:
        data = values.get("data") if isinstance(values, dict) else None
        if not isinstance(data, dict) or "documents" not in data:
            return values
        if "documents" in values:
            raise ValueError("documents: expected at the top or in data, got both")
        rest = {key: value for key, value in data.items() if key != "documents"}
        return {**values, "data": rest or None, "documents": data["documents"]}

    @field_validator("start", "end")
    @classmethod
    def _date(cls, value: str) -> str:
        return _iso(value)

    @field_validator("agents", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [_agent(item) for item in value] if isinstance(value, (list, tuple)) else value

    @field_validator("documents", mode="before")
    @classmethod
    def _sources(cls, value: Any) -> Any:
        items = [value] if isinstance(value, (str, dict, SourceConfig)) else value
        return [{"source": one} if isinstance(one, str) else one for one in items]

    @field_validator("llm", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_llm(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _in_order(self) -> ContestConfig:
        if self.end < self.start:
            raise ValueError(f"end: expected {self.start} or later, got {self.end}")
        span = self.calibration
        if span is not None and not span.start <= span.end < self.start:
            raise ValueError(
                f"calibration: expected a span before {self.start}, got {span.start} to {span.end}"
            )
        for field, names in (
            ("agents", [one.label for one in self.agents]),
            ("data_agents", [one.id for one in self.data_agents]),
        ):
            twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
            if twice is not None:
                raise ValueError(f"{field}: {twice!r} is entered twice; give one another name")
        mechanism = self.mechanism
        fits = [mechanism.data_predictor, mechanism.research_predictor]
        if span is None and any(fit is not None and fit.fit == "calibration" for fit in fits):
            raise ValueError(
                f"calibration: preset {self.preset!r} learns on a span of its own; give calibration = "
                "{ start, end }, or fit = 'expanding'"
            )
        return self

    @property
    def mechanism(self) -> Mechanism:
        """The preset with what `contest` says of its own."""
        return self.contest.over(PRESETS[self.preset])

    def resolved(self) -> JsonObject:
        """The table a report prints: every switch with its value, ``*`` at those that differ from the preset."""
        base = PRESETS[self.preset].table()
        return {
            name + ("" if base.get(name) == value else " *"): value
            for name, value in self.mechanism.table().items()
        }

    @property
    def sha256(self) -> str:
        """Digest of everything that can change a result: not of what only changes speed, nor of where files and keys are.

        What the files hold is part of a run's identity, beside this.
        """
        files = {"data": self.data, "fundamentals": self.fundamentals}
        places: dict[str, Any] = {name: {"path"} for name, table in files.items() if table}
        places["documents"] = {"__all__": {"path"}}
        raw = self.model_dump(mode="json", exclude={"llm": dict.fromkeys(_SPEED, True), **places})
        raw["own_costs"] = "costs" in self.backtest.model_fields_set
        raw["llm"]["agents"] = [
            [name, {key: value for key, value in model.items() if key not in _SPEED}]
            for name, model in sorted(raw["llm"]["agents"].items())
        ]
        raw["contest"] = self.mechanism.model_dump(mode="json")
        return sha256_json(raw)

    def with_engine(self, engine: Engine) -> ContestConfig:
        """The same contest with this engine in both of its contests."""
        chosen = self.contest.model_copy(update={"data_engine": engine, "research_engine": engine})
        return self.model_copy(update={"contest": chosen})

    @staticmethod
    def read(path: str | Path) -> ContestConfig:
        """From a TOML file; a relative path of data or documents starts at its folder.

        Raises
        ------
        ConfigError
            No such file, not TOML, an unknown key or a value out of range.
        """
        file = Path(path)
        try:
            if file.stat().st_size > MAX_BYTES:
                raise ConfigError(f"{file}: a config may have at most {MAX_BYTES} bytes")
            raw = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(f"{file}: not valid TOML: {error}") from None
        _anchor(raw, file.parent)
        try:
            return ContestConfig(**raw)
        except ConfigError as error:
            raise ConfigError(f"{file}: {error}") from None


def _agent(item: Any) -> Any:
    if not isinstance(item, str):
        return item
    name, colon, belief = item.partition(":")
    if not colon:
        return {"id": item}
    if name != RESEARCHER or not belief:
        raise ValueError(f"agents: expected a registry id or {RESEARCHER}:<belief>, got {item!r}")
    return {"id": RESEARCHER, "name": belief, "params": {"belief": belief}}


def short_llm(text: str) -> JsonObject:
    """`[llm]` in one word: ``rules``, ``local``, ``openai:MODEL``, ``scripted:NAME`` or ``replay:RUN``.

    Raises
    ------
    ValueError
        Another word.
    """
    name, _, rest = text.partition(":")
    if name in ("rules", "local") and not rest:
        return {"provider": name, "model": name}
    if name == "replay" and rest:
        return {"mode": "replay", "replay": rest}
    if name in ("openai", "scripted") and rest:
        return {"provider": name, "model": rest}
    raise ValueError(f"expected rules, local, openai:MODEL or replay:RUN, got {text!r}")


def _anchor(raw: JsonObject, folder: Path) -> None:
    data = raw.get("data")
    below = data.get("documents") if isinstance(data, dict) else None
    tables = [
        data,
        raw.get("fundamentals"),
        *(one for found in (raw.get("documents"), below) for one in _listed(found)),
    ]
    for table in tables:
        path = table.get("path") if isinstance(table, dict) else None
        if isinstance(path, str):
            table["path"] = str((folder / path).resolve())


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _iso(value: str) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(f"expected a date such as 2030-03-01, got {value!r}") from None


def _problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}"
    if problem["type"] in ("missing", "value_error"):
        return f"{key}: {message}" if key else message
    return f"{key}: {message}, got {problem['input']!r}"
