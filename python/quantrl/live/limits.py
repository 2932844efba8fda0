"""The numbers behind the gates."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.errors import ConfigError
from quantrl.live.vocabulary import I64_MAX, MINUTE, SECOND


@dataclass(frozen=True)
class RiskLimits:
    """Limits of every gate; a value at its limit passes. `bp` are hundredths of a percent.

    Parameters
    ----------
    data_age : int
        ns for event feeds, bars for panels.
    band_bp : int
        Distance of a price from the mark.
    order_bp, position_bp, gross_bp, net_bp : int
        Of the book's equity: one order; one instrument with open orders at their worst; all together, unsigned and signed.
    orders_per_decision : int
    orders_per_s, burst : int
        Token bucket in event time; `orders_per_s` 0 = none.
    window_ns, orders_per_window, turnover_bp : int
        Orders, and their notional of equity, within the last `window_ns`.
    cancel_ppm, cancel_orders : int
        Part of the last so many orders that may have been cancelled, asked once there are so many.
    daily_loss_bp, drawdown_reduce_bp, drawdown_halt_bp : int
        Of equity at the session's start; of its peak.
    same_reject, reject_lock_ns : int
        The same reject this often in a row locks the instrument this long.
    refusals, refusals_ns : int
        So many refused decisions of an agent within the time turn it off and halt the book.
    """

    data_age: int = 5 * SECOND
    band_bp: int = 500
    order_bp: int = 2_500
    orders_per_decision: int = 200
    position_bp: int = 2_000
    gross_bp: int = 10_000
    net_bp: int = 10_000
    orders_per_s: int = 10
    burst: int = 20
    window_ns: int = MINUTE
    orders_per_window: int = 200
    turnover_bp: int = 5_000
    cancel_ppm: int = 900_000
    cancel_orders: int = 1_000
    daily_loss_bp: int = 300
    drawdown_reduce_bp: int = 1_000
    drawdown_halt_bp: int = 1_500
    same_reject: int = 3
    reject_lock_ns: int = 15 * MINUTE
    refusals: int = 50
    refusals_ns: int = 10 * SECOND

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = 0 if name in _MAY_BE_ZERO else 1
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= I64_MAX:
                raise ConfigError(f"risk.{name}: expected a whole number >= {least}, got {value!r}")
        if self.drawdown_halt_bp < self.drawdown_reduce_bp:
            raise ConfigError(
                f"risk.drawdown_halt_bp: expected at least drawdown_reduce_bp {self.drawdown_reduce_bp}, "
                f"got {self.drawdown_halt_bp}"
            )

    @classmethod
    def bars(cls, n_instruments: int, **changes: int) -> RiskLimits:
        """Limits for a feed of bars: two orders an instrument and bar, 250 % turned over in one, data of one bar's age."""
        orders = 2 * n_instruments
        own = {
            "data_age": 1,
            "orders_per_decision": orders,
            "orders_per_s": 0,
            "window_ns": 1,
            "orders_per_window": orders,
            "turnover_bp": 25_000,
        }
        return cls(**{**own, **changes})


_MAY_BE_ZERO = {
    "data_age",
    "band_bp",
    "order_bp",
    "position_bp",
    "gross_bp",
    "net_bp",
    "orders_per_s",
    "turnover_bp",
    "cancel_ppm",
    "daily_loss_bp",
    "drawdown_reduce_bp",
    "drawdown_halt_bp",
    "reject_lock_ns",
}
