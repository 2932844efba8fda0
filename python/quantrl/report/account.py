"""What a ``report.json`` says of the one account a backtest's page is about, and of random schedules."""

from __future__ import annotations

from pydantic import BaseModel

from quantrl.report.parts import STRICT, MeasureEntry, Number


class _Part(BaseModel):
    model_config = STRICT


class CostRow(_Part):
    """The same decisions with every cost multiplied."""

    multiplier: Number
    bps: Number | None = None
    total: Number | None = None
    cagr: Number | None = None
    sharpe: Number | None = None
    max_drawdown: Number | None = None
    cost_bps_year: Number | None = None


class BreakevenEntry(_Part):
    """The multiple of all costs that leaves nothing, or why there is none."""

    multiplier: Number | None = None
    bps: Number | None = None
    reason: str = "ok"


class EarnedEntry(_Part):
    """What one instrument earned, currency."""

    instrument: str
    profit: Number
    costs: Number
    net: Number
    bars: int


class DropEntry(_Part):
    """How many targets were left out for one reason."""

    reason: str
    count: int


class OrdersEntry(_Part):
    """Decisions, and what was not done of them."""

    decisions: int
    fills: int
    scaled: int
    lowest_scale: Number | None = None
    pending: int
    drops: list[DropEntry] = []


class LuckEntry(_Part):
    """Could it be luck? `spread` says where the spread of the trials' Sharpe ratios is from: ``trials`` or ``luck``."""

    trials: int | None = None
    sd_trials: Number | None = None
    spread: str
    known: int = 0
    psr: MeasureEntry
    dsr: MeasureEntry
    min_track_record: MeasureEntry


class AccountEntry(_Part):
    """More about the one account of a backtest that its page is about."""

    name: str
    measures: dict[str, MeasureEntry]
    trades: dict[str, MeasureEntry]
    open_trades: int = 0
    attribution: list[EarnedEntry] = []
    earned: Number
    carry: Number = 0.0
    cost_curve: list[CostRow] = []
    breakeven: BreakevenEntry | None = None
    orders: OrdersEntry
    luck: LuckEntry


class RandomEntry(_Part):
    """Random schedules that hold and trade as much: 5 %, 50 % and 95 % quantiles, and where the account stands."""

    count: int
    seed: int
    beaten: Number | None = None
    p_value: Number | None = None
    measures: dict[str, MeasureEntry]
