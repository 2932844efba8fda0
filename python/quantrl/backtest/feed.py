"""What a market tells an account beside prices: time, corporate actions, volume, price limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.backtest.bars import Bars
    from quantrl.backtest.settings import Settings

ACTIONS = ("split", "dividend", "delisted")
_NS_PER_YEAR = 365 * 86_400 * 10**9


class Day(NamedTuple):
    """What one bar tells an account beside prices; each is (N,), None where there is nothing to tell.

    Parameters
    ----------
    years : float
        Since the bar before, calendar days over 365.
    split, dividend, delisted : float64, optional
        New units per unit; currency per unit; currency per unit of a name that is delisted. NaN: none.
    volume : float64, optional
        Units traded in the market.
    can_buy, can_sell : bool, optional
    slippage_bps : float64, optional
        Of a fill on this bar, for costs that differ by bar.
    short_fee : float64, optional
        Annual, of shorts held since the close before, for terms that differ by bar.
    """

    years: float = 0.0
    split: FloatArray | None = None
    dividend: FloatArray | None = None
    delisted: FloatArray | None = None
    volume: FloatArray | None = None
    can_buy: BoolArray | None = None
    can_sell: BoolArray | None = None
    slippage_bps: FloatArray | None = None
    short_fee: FloatArray | None = None

    def told(self) -> dict[str, Any]:
        """As the engine takes it, beside `years`."""
        return _told(self._asdict())


@dataclass(frozen=True, eq=False)
class Feed:
    """Columns (T, N) that terms ask for, None where they do not; `years` (T,) since the bar before."""

    years: FloatArray
    split: FloatArray | None = None
    dividend: FloatArray | None = None
    delisted: FloatArray | None = None
    volume: FloatArray | None = None
    can_buy: BoolArray | None = None
    can_sell: BoolArray | None = None
    slippage_bps: FloatArray | None = None
    short_fee: FloatArray | None = None

    @staticmethod
    def of(bars: Bars, settings: Settings) -> Feed:
        """From the panel behind some bars, and settings that differ by bar.

        Raises
        ------
        ConfigError
            Terms ask for something that is not there, or for actions that the prices are adjusted for; numbers by bar
            for other bars.
        """
        found: dict[str, Any] = {"years": np.zeros(len(bars.close))}
        terms, panel = settings.terms, bars.panel
        if settings.costs.by_bar is not None:
            found["slippage_bps"] = settings.costs.slippage_by_bar(bars.shape)
        if terms.short_fee_by_bar is not None:
            found["short_fee"] = terms.short_fees(bars.shape)
        if panel is None:
            if terms.needs_time or terms.actions or terms.price_limits or np.isfinite(terms.participation):
                raise ConfigError(
                    "terms: interest, fees of shorts, actions, price limits and participation need a Panel, got an array"
                )
            return Feed(**found)
        found["years"] = np.diff(bars.time, prepend=bars.time[:1]) / _NS_PER_YEAR
        if terms.actions:
            there = [name for name in ACTIONS if name in panel]
            if not there:
                raise ConfigError(
                    f"actions: expected a column of {', '.join(ACTIONS)}, got {', '.join(panel.columns)}"
                )
            twice = {"total": ("split", "dividend"), "split": ("split",)}.get(panel.adjust, ())
            for name in there:
                if name in twice:
                    raise ConfigError(
                        f"actions: prices are adjusted ({panel.adjust}): {name} would count twice"
                    )
            found |= {name: panel[name] for name in there}
        if np.isfinite(terms.participation):
            if "volume" not in panel:
                raise ConfigError("participation: needs the column 'volume', which the data lacks")
            found["volume"] = panel["volume"]
        if terms.price_limits:
            found |= {name: np.ascontiguousarray(getattr(panel, name)) for name in ("can_buy", "can_sell")}
        return Feed(**found)

    def day(self, t: int) -> Day:
        """One bar of it."""
        columns = {
            name: column for name, column in vars(self).items() if column is not None and name != "years"
        }
        return Day(float(self.years[t]), **{name: column[t] for name, column in columns.items()})

    def told(self) -> dict[str, Any]:
        """As the engine takes it, beside `years`."""
        return _told(vars(self))


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    told = {name: column for name, column in columns.items() if name != "years" and column is not None}
    if "slippage_bps" in told:
        told["slippage"] = told.pop("slippage_bps") * BP
    return told
