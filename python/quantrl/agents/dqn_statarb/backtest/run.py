"""One account of a policy or a rule, decided in Rust from its first decision to its last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantrl import _core
from quantrl.agents.dqn_statarb.backtest.result import Instrument, PairResult
from quantrl.agents.dqn_statarb.baselines import Rule
from quantrl.data.events import EventFile
from quantrl.envs import PairConfig, PairLayout
from quantrl.envs.pair import PairBatch
from quantrl.errors import CapitalError, ConfigError
from quantrl.units import ns_from_iso

DECISIONS = 250_000
"""Of a simulated pair, which has no end of its own."""
START = "2000-01-01"
"""First day of the calendar of a simulated pair, which has none of its own."""
MOST_DECISIONS = 10_000_000
_LOTS = {"ou": 1.0, "books": 0.01}


def run_pair(
    leader: _core.NativeQ | Rule,
    pair: PairConfig,
    *,
    names: tuple[str, ...] | None = None,
    seed: int = 0,
    decisions: int | None = None,
    start: str = START,
    capital: float | None = None,
) -> PairResult:
    """Lead a policy or a rule through a pair from flat, with no Python between two decisions and the GIL released.

    Parameters
    ----------
    leader : NativeQ or Rule
    pair : PairConfig
        As `market` makes it.
    names : tuple of str, optional
        What the policy reads; it must be what the pair shows.
    seed : int
        Of latencies, and of the books where they are simulated.
    decisions : int, optional
        By default all of the part of recorded books, and `DECISIONS` of simulated ones.
    start : str
        Date at which simulated books begin.
    capital : float, optional
        Quote currency that returns are a share of; by default both legs paid in full, notional times 1 + beta.

    Raises
    ------
    ConfigError
        A pair of other observations; a number of decisions or a capital out of range.
    CapitalError
        More than the capital was lost on the way.
    DataError
        As `quantrl.envs.pair.recorded.tape_of`.
    """
    shown = PairLayout.of(pair).names
    if names is not None and names != shown:
        raise ConfigError(
            f"pair: expected the {len(names)} observations the policy was trained on, got {len(shown)} of "
            f"features {pair.features!r}"
        )
    if decisions is not None and not 1 <= decisions <= MOST_DECISIONS:
        raise ConfigError(f"decisions: expected 1 to {MOST_DECISIONS}, got {decisions}")
    money = pair.notional * (1.0 + pair.beta) if capital is None else capital
    if not 0.0 < money < 1e15:
        raise ConfigError(f"capital: expected a positive amount, got {money}")
    batch = PairBatch(pair, seed=seed, threads=1, mode="evaluate")
    if pair.has_tape:
        most = sum(stop - first - 1 for first, stop in _runs(pair))
        if decisions is not None and decisions > most:
            raise ConfigError(f"decisions: expected at most the {most} of the part, got {decisions}")
    else:
        decisions = decisions or DECISIONS
    batch.reset()
    who: dict[str, Any] = (
        {"rule": (leader.name, list(leader.numbers))} if isinstance(leader, Rule) else {"policy": leader}
    )
    (columns,) = _core.pair_record(batch.core, decisions=decisions, **who)
    result = PairResult(
        pair=pair,
        seed=seed,
        capital=money,
        start_ns=0 if pair.has_tape else ns_from_iso(start),
        instruments=instruments(pair),
        quantum=pair.reward_unit / batch.core.reward_unit,
        columns=columns,
    )
    worst = float(result.equity.min())
    if worst <= 0:
        raise CapitalError(
            f"capital: expected more than the worst loss of {money - worst:,.2f}, got {money:,.2f}"
        )
    return result


def instruments(pair: PairConfig) -> tuple[Instrument, Instrument]:
    """Both legs by name, with what a lot of them is."""
    if not pair.has_tape:
        lot = _LOTS[pair.venue]
        return Instrument("first", lot), Instrument("second", lot)
    rows = [row for path in pair.events for row in EventFile(Path(path)).instruments]
    one, two = (Instrument(row.symbol, float(row.lot_size * row.multiplier)) for row in rows)
    return one, two


def _runs(pair: PairConfig) -> list[tuple[int, int]]:
    from quantrl.envs.pair.recorded import tape_of

    return tape_of(pair).runs(pair.shares)
