"""What may be said of an account against equal weight. Words that claim skill need more than one interval."""

from __future__ import annotations

from quantrl.contest.evaluate.gap import Gap


def words(gap: Gap, n_days: int, *, claimed: bool, others: int, benchmark: str = "equal weight") -> str:
    """One clause, without the name of the account.

    Parameters
    ----------
    gap : Gap
        Sharpe ratio of the account less that of the benchmark.
    n_days : int
        T, cash days included.
    claimed : bool
        Whether the account passes the rule of `stepm.may_claim`.
    others : int
        Accounts compared at once.
    benchmark : str
    """
    if gap.holds_zero:
        return f"not distinguishable from {benchmark} over {n_days} days"
    if gap.low > 0 and claimed:
        return f"beats {benchmark} over {n_days} days, corrected for {others} accounts compared"
    side = "ahead of" if gap.low > 0 else "behind"
    return (
        f"{side} {benchmark} over {n_days} days: the interval excludes 0 "
        f"(a single comparison, not corrected for {others} accounts)"
    )
