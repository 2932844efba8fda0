"""What a broker adds to an account: margin and shorts, interest, corporate actions, limits on orders."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import _core
from quantrl.backtest._numbers import (
    ByBar,
    Numbers,
    any_of,
    number,
    numbers,
    of_one,
    one_or_each,
    plain,
    spread,
)
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.config import TermsConfig

ON_CALL = ("liquidate", "halt")


@dataclass(frozen=True)
class Margin:
    """An account that may be short and may borrow.

    Parameters
    ----------
    max_gross : float
        Most that a trade may lead to of the sum of \\|position\\| over equity; targets beyond it shrink by one factor.
    maintenance : float
        Equity below this fraction of the sum of \\|position\\| is a margin call: everything is closed at the next fill
        point, and what was decided until then is dropped.
    on_call : str
        ``liquidate``: later decisions are filled again. ``halt``: nothing is traded ever after.

    Raises
    ------
    ConfigError
        A number out of range; `maintenance` times `max_gross` of 1 or more, a call as soon as anything is bought.
    """

    max_gross: float = 2.0
    maintenance: float = 0.25
    on_call: str = "liquidate"

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_gross", _above_zero("margin.max_gross", self.max_gross))
        object.__setattr__(self, "maintenance", number("margin.maintenance", self.maintenance, 1.0))
        if self.on_call not in ON_CALL:
            raise ConfigError(f"margin.on_call: expected one of {', '.join(ON_CALL)}, got {self.on_call!r}")
        if math.isinf(self.max_gross) or self.maintenance * self.max_gross >= 1.0:
            raise ConfigError(
                f"margin.maintenance: expected below 1 / max_gross, got {self.maintenance:g} with {self.max_gross:g}"
            )


@dataclass(frozen=True)
class Terms:
    """Everything beyond the cost of an order. The default adds nothing.

    Parameters
    ----------
    margin : Margin, optional
        Without it the account is long only and never overdrawn.
    lend, borrow : float
        Annual rates on cash that is no proceeds of shorts, and on borrowed cash; by calendar days over 365.
    short_fee : float, (N,) sequence, (T, 1) or (T, N) array
        Annual fee on the value of a short; by bar, that of row t is for what was held from close t - 1 to t.
    band : float or (n_instruments,) sequence
        A weight this close to its target, in equity, is left alone; others go to the target.
    min_order : float
        Smallest order in currency; closing a position is exempt.
    participation : float
        Largest share of a bar's volume that one order may be; the rest is dropped.
    max_turnover : float
        Largest sum of \\|order\\| over equity on one bar; all orders shrink by one factor.
    actions : bool
        Apply the panel's columns ``split`` (new units per unit), ``dividend`` and ``delisted`` (currency per unit),
        for prices that are not adjusted for them.
    price_limits : bool
        Apply the panel's masks ``can_buy`` and ``can_sell``.

    Raises
    ------
    ConfigError
        A number out of range; the message names the field.
    """

    margin: Margin | None = None
    lend: float = 0.0
    borrow: float = 0.0
    short_fee: Numbers | FloatArray = 0.0
    band: float | tuple[float, ...] = 0.0
    min_order: float = 0.0
    participation: float = math.inf
    max_turnover: float = math.inf
    actions: bool = False
    price_limits: bool = False

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        if self.margin is not None and not isinstance(self.margin, Margin):
            raise ConfigError(f"margin: expected Margin, got {type(self.margin).__name__}")
        for name in ("lend", "borrow", "min_order"):
            set_field(self, name, number(name, getattr(self, name), math.inf))
        set_field(self, "short_fee", numbers("short_fee", self.short_fee, math.inf))
        set_field(self, "band", one_or_each("band", self.band, math.inf))
        for name in ("participation", "max_turnover"):
            set_field(self, name, _above_zero(name, getattr(self, name)))
        for name in ("actions", "price_limits"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name}: expected True or False, got {getattr(self, name)!r}")
        if self.margin is None and (self.borrow or any_of(self._short_fee)):
            raise ConfigError("borrow, short_fee: only with margin; a cash account never borrows")

    @staticmethod
    def from_section(section: TermsConfig | None) -> Terms:
        """The terms of a config file."""
        if section is None:
            return _PLAIN
        given = section.model_dump(exclude_none=True)
        return Terms.from_config(given)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is added."""
        return self == _PLAIN

    @property
    def needs_time(self) -> bool:
        """Whether anything accrues with the calendar."""
        return bool(self.lend or self.borrow or any_of(self._short_fee) or self.short_fee_by_bar)

    @property
    def short_fee_by_bar(self) -> ByBar | None:
        """The fee of shorts, where it differs by bar."""
        return self._short_fee if isinstance(self._short_fee, ByBar) else None

    def short_fees(self, shape: tuple[int, int]) -> FloatArray:
        """The fee of every short there may be, (T, N), annual.

        Raises
        ------
        ConfigError
            It was given for other bars or instruments.
        """
        if isinstance(self._short_fee, ByBar):
            return self._short_fee.spread("short_fee", shape)
        return np.broadcast_to(spread("short_fee", self._short_fee, shape[1]), shape)

    def of_one(self, i: int) -> Terms:
        """Those of one instrument."""
        band = self.band[i] if isinstance(self.band, tuple) else self.band
        return replace(self, short_fee=of_one(self._short_fee, i), band=band)

    @property
    def _short_fee(self) -> Numbers:
        """As checked when it was made."""
        fee: Numbers = self.short_fee  # type: ignore[assignment]
        return fee

    def core(self, config: _core.BarConfig, n: int) -> _core.BarTerms:
        """The engine's own form, for n instruments."""
        margin = self.margin
        return _core.BarTerms(
            config,
            max_gross=None if margin is None else margin.max_gross,
            maintenance=0.0 if margin is None else margin.maintenance,
            on_call=ON_CALL[0] if margin is None else margin.on_call,
            lend=self.lend,
            borrow=self.borrow,
            short_fee=np.zeros(n) if self.short_fee_by_bar else spread("short_fee", self._short_fee, n),
            band=spread("band", self.band, n),
            min_order=self.min_order,
            participation=self.participation,
            max_turnover=self.max_turnover,
        )

    def to_config(self) -> JsonObject:
        """What differs from the default, as plain values."""
        kept: JsonObject = {}
        for one in fields(self):
            value: Any = getattr(self, one.name)
            if value != one.default:
                kept[one.name] = plain(value)
        if self.margin is not None:
            kept["margin"] = {one.name: getattr(self.margin, one.name) for one in fields(self.margin)}
        return kept

    @staticmethod
    def from_config(config: JsonObject) -> Terms:
        """The terms kept by `to_config`."""
        margin = config.get("margin")
        return Terms(**{**config, "margin": None if margin is None else Margin(**margin)})


def _above_zero(name: str, value: Any) -> float:
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not good or not float(value) > 0.0:
        raise ConfigError(f"{name}: expected a number above 0, got {value!r}")
    return float(value)


_PLAIN = Terms()
