"""The TOML schema. Unknown keys are refused by name; every error is one line with the file and the key."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from quantrl.errors import ConfigError

Fill = Literal["next_open", "next_typical", "next_close", "close"]
Sizing = Literal["post_cost", "pre_cost", "first_order"]
_MAX_BYTES = 1 << 20
_STEPS = ("score", "voters", "rank", "gate", "select", "allocate")
Bps = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A table of a config: unknown keys are refused, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _no_nan(value: Any) -> Any:
    """Refuses NaN anywhere in a table that the schema does not know from inside."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inside:
        _no_nan(one)
    if isinstance(value, float) and math.isnan(value):
        raise ValueError("expected no NaN among the parameters")
    return value


Params = Annotated[dict[str, Any], AfterValidator(_no_nan)]


class DataConfig(Section):
    """Where the panel comes from: a bundled sample or a file.

    ``adjust = "total"`` scales open, high, low and close by ``adj_close``, so that splits and dividends move no account.
    """

    sample: str | None = None
    path: str | None = None
    start: str | None = None
    end: str | None = None
    close_time: str | None = None
    calendar: str | None = None
    adjust: Literal["raw", "total"] = "raw"
    periods_per_year: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> DataConfig:
        if (self.sample is None) == (self.path is None):
            raise ValueError("expected exactly one of sample, path")
        return self


class CostsConfig(Section):
    """Trading costs per side; `bps` sets both sides, `buy_bps` and `sell_bps` override it."""

    bps: Bps = 10.0
    buy_bps: Bps | None = None
    sell_bps: Bps | None = None
    slippage_bps: Bps = 0.0
    fixed: Money = 0.0
    minimum: Money = 0.0


class BacktestConfig(Section):
    """How decisions are filled."""

    fill: Fill = "next_open"
    sizing: Sizing = "post_cost"
    costs: CostsConfig = CostsConfig()


class AgentConfig(Section):
    """One entrant: a registered agent with parameters; `name` tells two entrants of one rule apart."""

    id: str
    name: str | None = None
    params: Params = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name in the ledger and the report."""
        return self.name or self.id


def _named(step: Any) -> Any:
    """A step given by its name alone as a table."""
    return {"name": step} if isinstance(step, str) else step


def _has_name(step: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(step.get("name"), str):
        raise ValueError("expected a name, or a table with a name and parameters")
    return step


Step = Annotated[Params, BeforeValidator(_named), AfterValidator(_has_name)]


class SelectionConfig(Section):
    """The selection layer; defaults are those of `Pipeline.default`.

    `score`, `rank`, `gate`, `select` and `allocate` name another member of ``quantrl.selection.<step>``, or are tables of
    its ``name`` and parameters; `voters` are more scorers, for aggregators of several. A member checks its own parameters.
    """

    half_life: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 126.0
    hysteresis: Annotated[float, Field(ge=0, le=5)] = 0.5
    top_k: Annotated[int, Field(ge=1)] | None = None
    psr_enter: Annotated[float, Field(ge=0, le=1)] = 0.5
    psr_stay: Annotated[float, Field(ge=0, le=1)] = 0.3
    cusum_cut: Annotated[float, Field(gt=0)] = 15.0
    drawdown_cut: Annotated[float, Field(gt=0)] = 2.0
    ban: Annotated[int, Field(ge=0)] = 63
    vesting: Annotated[float, Field(gt=0, le=1)] = 0.25
    probation: Annotated[float, Field(gt=0, le=1)] = 0.5
    copy_correlation: Annotated[float, Field(gt=0, le=1)] = 0.95
    target_vol: Annotated[float, Field(gt=0, le=10)] = 0.10
    max_gross: Annotated[float, Field(gt=0, le=1)] = 1.0
    score: Step | None = None
    voters: list[Step] = Field(default_factory=list)
    rank: Step | None = None
    gate: Step | None = None
    select: Step | None = None
    allocate: Step | None = None

    @model_serializer(mode="wrap")
    def _without_default_steps(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is not named is not written: a config without steps of its own keeps the identity it had."""
        written: dict[str, Any] = dump(self)
        return {key: value for key, value in written.items() if key not in _STEPS or value}


class SweepConfig(Section):
    """A family of parameter sets, each on an account of its own.

    A value of `params` is a list, or text as on the command line: ``"2:143"`` and ``"2:143:5"`` count as Python's range
    does, ``"5,10,20"`` lists. `instrument` is the one that signals trade; `measure` and `min_trades` say what is best.
    """

    family: str
    params: dict[str, str | list[int | float]]
    instrument: str | None = None
    measure: Literal["total", "sharpe", "max_drawdown"] = "sharpe"
    min_trades: Annotated[int, Field(ge=0)] = 30
    tie_rtol: Annotated[float, Field(ge=0, lt=1)] = 1e-12
    blocks: Annotated[int, Field(ge=1, le=1024)] = 16


class Config(Section):
    """A whole run: agents for a contest or a backtest, `env` and `train` for a training, or `sweep`.

    `env` and `train` are plain tables here; `PortfolioConfig` and `TrainConfig` check them where they are used.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    initial_cash: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1_000_000.0
    data: DataConfig
    backtest: BacktestConfig = BacktestConfig()
    agents: list[AgentConfig] = Field(default_factory=list)
    selection: SelectionConfig = SelectionConfig()
    env: dict[str, Any] | None = None
    train: dict[str, Any] | None = None
    sweep: SweepConfig | None = None

    @model_validator(mode="after")
    def _something_to_run(self) -> Config:
        if not self.agents and self.train is None and self.sweep is None:
            raise ValueError("agents: expected at least one entrant")
        return self

    @model_validator(mode="after")
    def _distinct_labels(self) -> Config:
        seen: set[str] = set()
        for index, agent in enumerate(self.agents):
            if agent.label in seen:
                raise ValueError(f"agents[{index}]: {agent.label!r} is entered twice; give one a name")
            seen.add(agent.label)
        return self


class MarginConfig(Section):
    """An account that may be short and may borrow: `quantrl.backtest.Margin`."""

    max_gross: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2.0
    maintenance: Annotated[float, Field(ge=0, lt=1)] = 0.25
    on_call: Literal["liquidate", "halt"] = "liquidate"


class TermsConfig(Section):
    """What a broker adds to an account: `quantrl.backtest.Terms`; `participation` and `max_turnover` are without bound by
    default."""

    margin: MarginConfig | None = None
    lend: Money = 0.0
    borrow: Money = 0.0
    short_fee: Money = 0.0
    band: Money = 0.0
    min_order: Money = 0.0
    participation: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    max_turnover: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    actions: bool = False
    price_limits: bool = False


class AccountConfig(Config):
    """A backtest, whose accounts may have `terms`; a contest, a training and a daemon know cash accounts only."""

    terms: TermsConfig | None = None


C = TypeVar("C", bound=Config)


def load_config(path: str | Path) -> Config:
    """`load_as` for the config of a contest, backtest or training."""
    return load_as(path, Config)


def load_as(path: str | Path, kind: type[C]) -> C:
    """Read and check a TOML config.

    Parameters
    ----------
    path : str or Path
        The file; a relative ``data.path`` in it is resolved against its folder.
    kind : type
        `Config`, or one with more sections.

    Raises
    ------
    ConfigError
        No such file, not TOML, over 1 MiB, an unknown key or a value out of range.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{file}: a config may have at most {_MAX_BYTES} bytes")
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such config file") from None
    except (IsADirectoryError, PermissionError) as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    config = parse_as(raw, kind, source=str(file))
    if config.data.path is not None and not Path(config.data.path).is_absolute():
        resolved = str(file.parent / config.data.path)
        config = config.model_copy(update={"data": config.data.model_copy(update={"path": resolved})})
    return config


def parse_config(raw: dict[str, Any], *, source: str = "config") -> Config:
    """`parse_as` for the config of a contest, backtest or training."""
    return parse_as(raw, Config, source=source)


def parse_as(raw: dict[str, Any], kind: type[C], *, source: str = "config") -> C:
    """Check a config given as a mapping.

    Raises
    ------
    ConfigError
        One line that names the key and what was expected.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{source}: {_first_problem(error, kind)}") from None


def _first_problem(error: ValidationError, kind: type[Config]) -> str:
    problem = error.errors(include_url=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(kind, problem["loc"][:-1]))
        return f"unknown key {key!r}; known here: {known}"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] in ("missing", "value_error"):
        return f"{key}: {message}" if key else message
    return f"{key}: {message}, got {problem['input']!r}"


def _known_keys(kind: type[Section], location: tuple[int | str, ...]) -> list[str]:
    """Keys of the table at a location, found along the fields' own types."""
    section: type[BaseModel] = kind
    for part in (part for part in location if isinstance(part, str)):
        field = section.model_fields.get(part)
        section = next(
            (
                one
                for one in _types(field and field.annotation)
                if isinstance(one, type) and issubclass(one, BaseModel)
            ),
            section,
        )
    return list(section.model_fields)


def _types(hint: Any) -> list[Any]:
    """A type hint and everything inside it."""
    return [hint, *(found for inner in get_args(hint) for found in _types(inner))]
