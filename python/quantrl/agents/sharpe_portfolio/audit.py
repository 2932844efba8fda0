"""What the backtest released with arXiv 2412.18563 shows, computed again from its file.

The rules are those of the released code; statistics and controls use the convention of `released.statistics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from quantrl.agents.sharpe_portfolio.released import baselines as released_baselines
from quantrl.agents.sharpe_portfolio.released import controls, statistics
from quantrl.agents.sharpe_portfolio.released.baselines import Baseline
from quantrl.agents.sharpe_portfolio.released.controls import Crowd
from quantrl.agents.sharpe_portfolio.released.dates import Relatives, TrueDates, find_dates, read_relatives
from quantrl.agents.sharpe_portfolio.released.item import Item
from quantrl.agents.sharpe_portfolio.released.markdown import audit_markdown
from quantrl.agents.sharpe_portfolio.released.policy import Policy, read_policy
from quantrl.agents.sharpe_portfolio.released.reading import Source
from quantrl.agents.sharpe_portfolio.released.replaying import ReleasedReplay, replay
from quantrl.agents.sharpe_portfolio.released.result import ReleasedResult, read_result
from quantrl.agents.sharpe_portfolio.released.statistics import Certainty, Interval
from quantrl.agents.sharpe_portfolio.released.table import items_of
from quantrl.typing import JsonObject

__all__ = ["Item", "ReleasedAudit", "audit_markdown", "audit_released", "replay_released"]


@dataclass(frozen=True)
class ReleasedAudit:
    """Everything found about a released backtest; what an absent input would have shown is None.

    Attributes
    ----------
    replay : ReleasedReplay
        The file computed again.
    sharpe, sharpe_from_reset, sharpe_equal_weight : float
        Of the agent on the T - 1 rows after the reset, on all T rows, and of 1 / (K + 1) in everything on the former.
    correlation : float
        Of the agent's log returns with those of equal weight.
    interval, difference : Interval
        Of the agent's ratio, and of its difference from equal weight.
    certainty : Certainty or None
        PSR, DSR, MinTRL; None for returns that do not vary.
    crowd : Crowd or None
        Static portfolios; None for a result too long to replay them on.
    policy : Policy or None
        Logits; None where the weights are no softmax over [0, 1].
    has_relatives : bool
        Whether a table of relatives was given.
    dates : TrueDates or None
        None without relatives, or where the result's are not among them.
    baselines : tuple of Baseline or None
        None where no table of them was given.
    gross_equal_weight : (float, float) or None
        See `released.baselines.gross_equal_weight`.
    """

    replay: ReleasedReplay
    sharpe: float
    sharpe_from_reset: float
    sharpe_equal_weight: float
    correlation: float
    interval: Interval
    difference: Interval
    certainty: Certainty | None
    crowd: Crowd | None
    policy: Policy | None
    has_relatives: bool
    dates: TrueDates | None
    baselines: tuple[Baseline, ...] | None
    gross_equal_weight: tuple[float, float] | None

    @property
    def reproduced(self) -> bool:
        """Whether the replay agrees with every column of the file to 1e-6."""
        return self.replay.reproduced

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The rows of the table."""
        return items_of(self)

    def to_dict(self) -> JsonObject:
        """Plain values for JSON: numbers and sentences of every item, and one object a baseline."""
        return {
            "reproduced": self.reproduced,
            "errors": self.replay.errors,
            "items": [item.to_dict() for item in self.items],
            "baselines": None if self.baselines is None else [_plain(one) for one in self.baselines],
        }


def replay_released(result: Source | ReleasedResult) -> ReleasedReplay:
    """Compute a released result file again from its own weights and relatives.

    Parameters
    ----------
    result : str, Path or polars.DataFrame
        Parquet or CSV with ``date``, the columns of `released.result.MEASURES`, and ``w_<X>``, ``y_<X>`` (or
        ``weight_<X>``, ``price_<X>``) for cash first and then any number of names. Both are per row: the weight after the
        trade, the price over the previous one. The first row is the reset.

    Returns
    -------
    ReleasedReplay
        Every column as the rules give it, the largest error of each, and the value under arithmetic growth.

    Raises
    ------
    DataError
        A missing column, a value that is not finite, weights off the simplex by more than 1e-5, or over a million rows:
        names the row.

    Notes
    -----
    O(T K) in Rust, GIL released.

    References
    ----------
    arXiv 2412.18563, A deep reinforcement learning framework for dynamic portfolio optimization, and its released code.
    """
    return replay(read_result(result))


def audit_released(
    result: Source | ReleasedResult, relatives: Source | None = None, baselines: Source | None = None
) -> ReleasedAudit:
    """Replay a released result file and find out what it shows.

    Parameters
    ----------
    result : str, Path or polars.DataFrame
        As in `replay_released`.
    relatives : str, Path or polars.DataFrame, optional
        ``date`` and one column of close over previous close a name. Without it the dates of the result cannot be checked,
        nor the baselines replayed.
    baselines : str, Path or polars.DataFrame, optional
        ``strategy``, ``date``, ``w_<X>``, ``value``, ``cost``; see `released.baselines.read_baselines`.

    Raises
    ------
    DataError
        As in `replay_released`, for any of the three.
    """
    own = read_result(result)
    prices = None if relatives is None else read_relatives(relatives, own.names)
    rivals = None if baselines is None else released_baselines.read_baselines(baselines, own, prices)
    made = replay(own)
    returns, equal = made.columns["log_return"][1:], controls.equal_weight(own)
    interval, difference = statistics.intervals(returns, equal)
    return ReleasedAudit(
        replay=made,
        sharpe=statistics.sharpe(returns),
        sharpe_from_reset=statistics.sharpe(made.columns["log_return"]),
        sharpe_equal_weight=statistics.sharpe(equal),
        correlation=statistics.correlation(returns, equal),
        interval=interval,
        difference=difference,
        certainty=statistics.certainty(returns),
        crowd=controls.static_crowd(own),
        policy=read_policy(own),
        has_relatives=prices is not None,
        dates=None if prices is None else find_dates(own, prices),
        baselines=rivals,
        gross_equal_weight=_gross(rivals, prices),
    )


def _gross(rivals: tuple[Baseline, ...] | None, prices: Relatives | None) -> tuple[float, float] | None:
    return None if rivals is None or prices is None else released_baselines.gross_equal_weight(rivals, prices)


def _plain(baseline: Baseline) -> JsonObject:
    return {
        "name": baseline.name,
        "first": str(baseline.first),
        "last": str(baseline.last),
        "rows": baseline.n_rows,
        "published": baseline.published,
        "arithmetic": baseline.arithmetic,
        "sharpe": baseline.sharpe,
        "error": baseline.error,
    }
