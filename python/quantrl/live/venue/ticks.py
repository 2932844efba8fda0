"""The simulated venue of an event feed: the tick engine's own fills, its orders named by client id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quantrl._exact import billionths
from quantrl.backtest.ticks import Fees, TickConfig, TickSession
from quantrl.errors import ConfigError
from quantrl.live.feeds.event_file import EventFeed
from quantrl.live.feeds.synthetic import SyntheticFeed
from quantrl.live.instruments import Instruments
from quantrl.live.venue.desk import Desk
from quantrl.live.venue.stream_session import StreamSession
from quantrl.live.vocabulary import BP, Tif

MARKET, TOUCH = "market", "touch"
MOST_LOTS = 2**31 - 1
"""Of one order."""
_BILLION = 10**9


@dataclass(frozen=True)
class TickVenue:
    """How orders meet the books of an event feed; it keeps no state.

    Parameters
    ----------
    feed : EventFeed or SyntheticFeed
    instruments : Instruments
    execution : {"market", "touch"}
    timeout_ns : int
        How long an order at the touch rests.
    band_bp : int
        How far from the mark an order may take, in hundredths of a percent.

    Raises
    ------
    ConfigError
        More instruments than the engine has room for orders.
    """

    feed: EventFeed | SyntheticFeed
    instruments: Instruments
    execution: str
    timeout_ns: int
    band_bp: int

    def __post_init__(self) -> None:
        if len(self.instruments) > self.config.max_own_orders:
            raise ConfigError(
                f"feed: expected at most {self.config.max_own_orders} instruments, one order each, got "
                f"{len(self.instruments)}"
            )

    @property
    def config(self) -> TickConfig:
        """The engine's settings."""
        return self.feed.config

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """(N,) ticks between prices the venue takes."""
        file = self.feed.opening if isinstance(self.feed, SyntheticFeed) else self.feed.file
        return tuple(one.step for one in file.instruments)

    @property
    def tif(self) -> Tif:
        """How long an order stays."""
        return Tif.GTC if self.execution == TOUCH else Tif.IOC

    def price(self, inst: int, side: int, mark: int, best: tuple[int, int]) -> int:
        """Limit of an order, ticks: the own side's best, or the last price inside the band around the mark."""
        if self.execution == TOUCH:
            return best[0] if side > 0 else best[1]
        return self.edge(inst, side, mark)

    def edge(self, inst: int, side: int, mark: int) -> int:
        """The last price the venue takes inside the band around a mark, ticks, at least one step."""
        step, reach = self.steps[inst], mark * self.band_bp // BP
        if side > 0:
            return max((mark + reach) // step, 1) * step
        return max(-(-(mark - reach) // step), 1) * step

    def fee(self, inst: int, lots: int, px: int) -> int:
        """Cash units of one execution that takes, at the lowest tier; rounded up."""
        fees = self.config.fees
        return max(self._charge(inst, lots, px, fees, [fees.taker], 0, 1), self._units(fees.minimum))

    def fee_bound(self, inst: int, lots: int, px: int) -> int:
        """Cash units that the executions of a buy of so many lots, at `px` or below, can cost at most.

        Of a sale there is no such bound: it may execute far above its limit, and fees grow with the price.
        """
        fees = self.config.fees
        rates = [0, fees.maker, fees.taker, *(rate for tier in fees.tiers for rate in tier[1:])]
        # Lot by lot at worst: each execution may cost the fixed parts, and a part of a cash unit.
        return self._charge(inst, lots, px, fees, rates, fees.buy_surcharge, lots) + lots * (
            self._units(fees.minimum) + 1
        )

    def _charge(
        self, inst: int, lots: int, px: int, fees: Fees, rates: list[Any], surcharge: Any, executions: int
    ) -> int:
        rate = max(billionths("fees", each) for each in rates) + max(billionths("fees", surcharge), 0)
        whole = -(-rate * lots * px * self.instruments.tv[inst] // _BILLION)
        return whole + lots * self._units(fees.per_lot) + executions * self._units(fees.per_trade)

    @staticmethod
    def _units(amount: Any) -> int:
        """Cash units of an amount in currency, rounded up; 0 where it is paid to us."""
        return max(-(-billionths("fees", amount) // 10), 0)

    def desk(self) -> Desk:
        """A desk at the start of the feed."""
        if isinstance(self.feed, SyntheticFeed):
            return Desk(self, StreamSession.begin(self.feed))
        return Desk(self, TickSession(self.feed.file, self.config))

    def restored(self, saved: Any) -> TickSession | StreamSession:
        """A desk's session as it was kept.

        Raises
        ------
        DataError
            Of another feed or other settings, or damaged.
        """
        if isinstance(self.feed, SyntheticFeed):
            return StreamSession.restore(saved, self.feed)
        return TickSession.restore(saved, self.feed.file, self.config)
