"""``summary.json`` of a run: what cannot be read off its tables."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quantrl.contest.llm.protocol import Kind
from quantrl.errors import DataError

Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class DataFacts(_Part):
    """The panel and the documents."""

    id: str = ""
    source: str = ""
    start: str = ""
    end: str = ""
    bars: int = Field(default=0, ge=0)
    instruments: list[str] = []
    periods_per_year: Number = Field(default=252.0, gt=0)
    documents: int = Field(default=0, ge=0)
    flags: list[str] = []


class SettingFacts(_Part):
    """How decisions were filled; `costs` as in ``report.json`` of any run (basis points and currency)."""

    fill: str = "next_open"
    sizing: str = "at_fill"
    costs: dict[str, Number | None] = {}
    seed: int = 0
    initial_cash: Number = Field(default=1_000_000.0, gt=0)


class PresetRow(_Part):
    """One line of the resolved configuration."""

    field: str
    value: str


class Spent(_Part):
    """What was used of a cap; None = no cap."""

    used: Number = 0.0
    cap: Number | None = None


class DataContest(_Part):
    """What replays the choice of factors: optimiser, its parameters, days between rebuilds, days predicted."""

    context: str = "knapsack"
    params: dict[str, Any] = {}
    capacity: int = Field(default=16_000, ge=0)
    every: int = Field(default=3, ge=1)
    phase: int = Field(default=0, ge=0)
    horizon: int = Field(default=3, ge=1)
    engine: str = "paper"


class ResearchContest(_Part):
    """Days a prediction is for, and the engine whose capital the book follows."""

    horizon: int = Field(default=5, ge=1)
    engine: str = "paper"


class AuditFacts(_Part):
    """What the accounting check of the book found, and the head of the journal it was made from."""

    decisions: int = Field(ge=0)
    breaches: int = Field(ge=0)
    max_residual: Number | None = None
    last_sha: str = ""


class Summary(_Part):
    """The whole of ``summary.json``.

    Attributes
    ----------
    kinds : dict of agent to kind
        Who answered for each agent: ``llm local rules scripted replay``; agents that ask nobody are absent.
    models : dict of agent to str
        Model of each agent that has one.
    recorded : str
        Date of the record a replay reads.
    model_cutoff : dict of model to str, optional
        ISO date up to which a model may have read the news; models not named are "cutoff unknown".
    calibration_end : int, optional
        Last trading day, by index, that settings may be chosen on.
    """

    name: str = "contest"
    run: str = ""
    command: str = ""
    status: Literal["done", "partial", "interrupted"] = "done"
    kinds: dict[str, Kind] = {}
    models: dict[str, str] = {}
    recorded: str = ""
    model_cutoff: dict[str, str] = {}
    calibration_end: int | None = None
    preset: list[PresetRow] = []
    preset_name: str = "default"
    partial: list[str] = []
    fallback: int = Field(default=0, ge=0)
    abstentions: dict[str, int] = {}
    flags: list[str] = []
    digest: str = ""
    audit: AuditFacts | None = None
    versions: dict[str, str] = {}
    spend: dict[str, Spent] = {}
    trials: dict[str, int | None] = {}
    data: DataFacts = DataFacts()
    settings: SettingFacts = SettingFacts()
    data_contest: DataContest = DataContest()
    research_contest: ResearchContest = ResearchContest()

    @property
    def periods_per_year(self) -> float:
        """What annualises."""
        return float(self.data.periods_per_year)

    @property
    def n_trials(self) -> int:
        """Configurations ever tried on these data: the N of a deflated Sharpe ratio."""
        return max([count or 0 for count in self.trials.values()], default=0)


def read_summary(raw: object, source: str = "summary.json") -> Summary:
    """Check parsed JSON.

    Raises
    ------
    DataError
        One line that names `source`, the key and what was expected.
    """
    try:
        return Summary.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = "/".join(str(part) for part in problem["loc"]) or "the whole file"
        got = repr(problem["input"])[:60]
        raise DataError(f"{source}: {key}: {problem['msg'].lower()}, got {got}") from None
