"""What simulated order flow is held against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StylisedFacts:
    """Measures of one instrument, by `EventFile.stylised_facts`. Changes are the mid's from one look to the next.

    NaN where there is nothing to measure: no time with both sides, no two trades, fewer than two changes, or changes that
    do not vary.

    Attributes
    ----------
    seconds : float
        From the file's first event to its last.
    adds, cancels, trades : int
        Orders that came to rest, orders that left without a trade, groups of events with an execution or trade.
    spread_ticks, one_tick_share, touch_lots : float
        Mean spread, share of time at one tick, mean lots at a best price; weighted by time.
    volatility_ticks : float
        Standard deviation of a change.
    excess_kurtosis : float
        Of the changes; above 0 the tails are fat.
    change_autocorrelation, size_autocorrelation : float
        At lag 1, of the changes and of their sizes; the latter is above 0 where volatility clusters.
    variance_ratio : float
        Variance over ten intervals, divided by ten times that over one (Lo and MacKinlay 1988).
    sign_autocorrelation : float
        At lag 1, of the sides of takers; above 0 where orders are split (Bouchaud et al. 2004).

    References
    ----------
    Cont (2001), Empirical properties of asset returns: stylized facts and statistical issues, Quantitative Finance 1(2).
    """

    seconds: float
    adds: int
    cancels: int
    trades: int
    spread_ticks: float
    one_tick_share: float
    touch_lots: float
    volatility_ticks: float
    excess_kurtosis: float
    change_autocorrelation: float
    size_autocorrelation: float
    variance_ratio: float
    sign_autocorrelation: float
