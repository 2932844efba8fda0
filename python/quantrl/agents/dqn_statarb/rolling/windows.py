"""Which sessions of a tape each retrain sees."""

from __future__ import annotations

from quantrl.envs import PairConfig
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import ConfigError, DataError


def rolling_windows(pair: PairConfig, sessions: int) -> list[PairConfig]:
    """A pair a window: train on `sessions` sessions, choose on the next, judge on the one after; then one session on.

    Each session begins with a warm-up of at least 4 W decisions that is never served, so no window over the spread reaches
    from one part into the next.

    Parameters
    ----------
    pair : PairConfig
        Of ``replay``.
    sessions : int
        At least 1.

    Raises
    ------
    ConfigError
        Another venue, or no session to train on.
    DataError
        Fewer sessions on the tape than one window needs: says how many there are.
    """
    if not pair.has_tape:
        raise ConfigError(f"pair.venue: expected replay, whose sessions go by, got {pair.venue!r}")
    if sessions < 1:
        raise ConfigError(f"sessions: expected at least 1, got {sessions}")
    tape = tape_of(pair)
    rows, runs = len(tape.rows()["ts_ns"]), tape.runs((0.0, 1.0))
    if len(runs) < sessions + 2:
        raise DataError(
            f"events: expected at least {sessions + 2} sessions to train on {sessions}, choose on one and judge on one, "
            f"got {len(runs)}"
        )
    # Half a row on, so that a share of the tape falls on the row it means.
    ends = [0.0, *((stop + 0.5) / rows for _, stop in runs[:-1]), 1.0]
    return [
        pair.replace(
            span=(ends[first], ends[first + sessions + 2]),
            split=(ends[first + sessions], ends[first + sessions + 1]),
        )
        for first in range(len(runs) - sessions - 1)
    ]
