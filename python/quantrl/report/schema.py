"""What a ``report.json`` must hold to make a page of. Unknown keys are left alone; NaN is refused."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from quantrl.errors import DataError
from quantrl.report.account import AccountEntry, RandomEntry
from quantrl.report.parts import STRICT, Gap, MeasureEntry, Number

SCHEMA = 1


class _Part(BaseModel):
    model_config = STRICT


class BookEntry(_Part):
    """One account: the contest, a baseline, the market, a control, or a single agent."""

    name: str
    label: str
    role: str
    measures: dict[str, MeasureEntry]
    sharpe_minus_contest: Gap | None = None


class ChangeEntry(_Part):
    """The newest change of an agent's state."""

    date: str
    before: str = Field(alias="from")
    after: str = Field(alias="to")
    why: str


class LeaderEntry(_Part):
    """One agent of the contest."""

    pos: int
    pos_low: Number | None = None
    pos_high: Number | None = None
    agent: str
    id: str
    kind: str
    summary: str = ""
    params: dict[str, Any] = {}
    state: str
    reasons: list[str] = []
    capital: Number | None
    scale: Number | None = None
    sharpe: MeasureEntry
    mean: Number | None = None
    sd: Number | None = None
    key: Number | None = None
    p_top_k: Number | None = None
    psr: Number | None = None
    dsr: Number | None = None
    max_drawdown: Number | None = None
    turnover: Number | None = None
    cost_bps_year: Number | None = None
    rows: int | None = None
    n_eff: Number | None = None
    funded_share: Number | None = None
    brier_skill: Number | None = None
    tokens: Number | None = None
    usd: Number | None = None
    last_change: ChangeEntry | None = None
    claim: str | None = None

    @property
    def shown(self) -> str:
        """The name, and of recorded returns the venue they were made on."""
        venue = self.params.get("venue") if self.kind == "recorded" else None
        return self.agent if venue is None else f"{self.agent} (recorded, {venue})"


class DataEntry(_Part):
    """The panel the run used."""

    id: str
    source: str
    start: str
    end: str
    bars: int
    instruments: list[str]
    periods_per_year: Number | None = None
    flags: list[str] = []


class SettingsEntry(_Part):
    """How decisions were filled and at what cost."""

    fill: str
    sizing: str
    costs: dict[str, Number | list[Number] | dict[str, Any] | None]
    seed: int
    initial_cash: Number
    selection: dict[str, Any] = {}


class TrialsEntry(_Part):
    """How many configurations were tried."""

    this_run: int | None = None
    on_data: int | None = None


class DelayEntry(_Part):
    """Sharpe ratio of the contest when feedback comes `delay` bars later."""

    delay: int
    sharpe: Number | None


class AuditEntry(_Part):
    """What the accounting check found."""

    decisions: int | None = None
    breaches: int | None = None
    max_residual: Number | None = None
    last_sha: str | None = None


class StateEntry(_Part):
    """A trading state of a paper book, since when, and why."""

    time: str
    state: str
    reason: str = ""


class GateEntry(_Part):
    """How often a gate refused at one level."""

    gate: int
    name: str
    scope: str
    refused: int


class MoneyEntry(_Part):
    """What a paper book's equity is made of, currency; the residual is what the parts do not explain, in 1e-8."""

    deposited: Number
    marks: Number
    fills: Number
    fees: Number
    financing: Number
    equity: Number
    slippage: Number
    residual_1e8: int


class JournalEntry(_Part):
    """The journal behind a paper book; `rederived` is the part of its outputs that was computed again."""

    events: int
    content: int
    head: str
    digest: str
    starts: int
    rederived: Number | None = None


class PaperEntry(_Part):
    """What only a paper book has."""

    currency: str
    state: str
    states: list[StateEntry] = Field(min_length=1)
    gates: list[GateEntry] = []
    money: MoneyEntry
    counts: dict[str, int] = {}
    orders: dict[str, int] = {}
    journal: JournalEntry


class ReportEntry(_Part):
    """The whole of ``report.json``."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["contest", "backtest", "paper"]
    name: str
    run: str
    command: str
    status: str
    data: DataEntry
    settings: SettingsEntry
    versions: dict[str, str]
    trials: TrialsEntry = TrialsEntry()
    books: list[BookEntry] = Field(min_length=1)
    leaderboard: list[LeaderEntry] = []
    delay: list[DelayEntry] = []
    audit: AuditEntry | None = None
    claims: list[str] = []
    warnings: list[str] = []
    disagreements: list[Any] = []
    random: RandomEntry | None = None
    account: AccountEntry | None = None
    lookahead: dict[str, int | None] = {}
    paper: PaperEntry | None = None

    @field_validator("random", mode="before")
    @classmethod
    def _of_schedules(cls, found: Any) -> Any:
        """A contest with documents keeps random choices of its agents under this name, which its own page reads."""
        return None if isinstance(found, dict) and "below" in found else found

    @model_validator(mode="after")
    def _complete(self) -> ReportEntry:
        if (self.kind == "paper") != (self.paper is not None):
            raise ValueError("a report of kind paper, and no other, has the part paper")
        return self


def check_report(raw: object, source: str = "report.json") -> ReportEntry:
    """Check parsed JSON against the schema.

    Raises
    ------
    DataError
        One line that names `source`, the key and what was expected.
    """
    try:
        return ReportEntry.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = "/".join(str(part) for part in problem["loc"]) or "the whole file"
        raise DataError(
            f"{source}: {key}: {problem['msg'].lower()}, got {_short(problem['input'])}"
        ) from None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
