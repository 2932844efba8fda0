"""Does a decision depend on the future? Take the future away, or replace it by nonsense, and decide again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from quantrl.agent import Agent
from quantrl.backtest.bars import as_bars, float_array
from quantrl.backtest.leaks import Leak, LookaheadReport
from quantrl.backtest.settings import Settings
from quantrl.backtest.walk import decide_all
from quantrl.errors import ConfigError, DataError
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel

Build: TypeAlias = "Callable[[Panel], FloatArray | Agent] | Callable[[], Agent]"
Decide: TypeAlias = "Callable[[Panel, int], FloatArray]"
MODES = ("truncate", "poison")
_ANY_PERIODS = 252.0
_POISON_FACTOR = 1_000.0


def lookahead_check(
    build: Build, panel: Panel, prefixes: int = 32, seed: int = 0, modes: Sequence[str] = MODES
) -> LookaheadReport:
    """Decide again with the future removed or poisoned; decisions before it must be equal bit for bit.

    Parameters
    ----------
    build : callable
        ``build(panel)`` gives weights (T, N), or an agent made for that panel; ``build()`` gives an agent. It
        is called afresh for every run. An agent is led through the panel as `run_agent` would, with 10 bp of
        cost, filled at the next open, or at the next close where there is no open.
    panel : Panel
        At least 2 bars.
    prefixes : int
        How many places to cut: after the first decision (or the fewest rows `build` accepts), before the last
        row, the rest drawn with `seed`.
    seed : int
    modes : sequence of str
        ``truncate`` (rows are gone) and ``poison`` (rows are there: as NaN, then permuted and times 1,000).

    Returns
    -------
    LookaheadReport

    Raises
    ------
    ConfigError
        An unknown mode, less than one prefix.
    DataError
        Fewer than 2 bars, or weights of another shape than the panel.

    Notes
    -----
    Blind to what was learnt from the future before `build`, such as a model trained on later rows, and to an
    agent of ``build()`` that carries its own copy of the data. At most 2 + 3 `prefixes` runs,
    and log2 T to find the shortest panel that `build` accepts.
    """
    _check(panel, prefixes, modes)
    decide = _decider(build)
    full = decide(panel, panel.n_bars)
    again = decide(panel, panel.n_bars)
    if _first_difference(full, again) is not None:
        return LookaheadReport(None, deterministic=False, prefixes=(), runs=2)
    last = panel.n_bars - 1
    first = _first_cut(full)
    if "truncate" in modes:
        first = _smallest_valid(decide, panel, first)
    cuts = _cuts(first, last, prefixes, seed)
    runs = 2
    for cut in cuts:
        for mode, twin in _twins(panel, cut, modes, seed):
            runs += 1
            without = _decided_without(decide, twin, cut, mode)
            where = _first_difference(full[:cut], without[:cut])
            if where is not None:
                leak = _leak(panel, full, without, where, mode, cut)
                return LookaheadReport(leak, deterministic=True, prefixes=tuple(cuts), runs=runs)
    return LookaheadReport(None, deterministic=True, prefixes=tuple(cuts), runs=runs)


def _check(panel: Panel, prefixes: int, modes: Sequence[str]) -> None:
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise ConfigError(f"modes: expected some of {', '.join(MODES)}, got {list(modes)!r}")
    if isinstance(prefixes, bool) or not isinstance(prefixes, int) or prefixes < 1:
        raise ConfigError(f"prefixes: expected a number of at least 1, got {prefixes!r}")
    if panel.n_bars < 2:
        raise DataError(f"panel: expected at least 2 bars, got {panel.n_bars}")


def _decider(build: Any) -> Decide:
    """A function of a panel and the number of rows that matter, giving the weights decided on them."""
    takes_panel = _takes_panel(build)

    def decide(panel: Panel, stop: int) -> FloatArray:
        made = build(panel) if takes_panel else build()
        if not hasattr(made, "decide"):
            return _as_weights(made, panel)
        fill = "next_open" if "open" in panel else "next_close"
        bars = as_bars(panel, fill=fill, periods_per_year=_ANY_PERIODS)
        return decide_all(made, panel, bars, Settings(fill=fill), stop=stop)

    return decide


def _takes_panel(build: Any) -> bool:
    try:
        parameters = inspect.signature(build).parameters.values()
    except (TypeError, ValueError):
        raise ConfigError(
            f"build: expected a function of a panel or an agent factory, got {build!r}"
        ) from None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind in positional and p.default is inspect.Parameter.empty for p in parameters)


def _as_weights(made: Any, panel: Panel) -> FloatArray:
    weights = float_array("build: weights", made, (2,))
    if weights.shape != panel.shape:
        raise DataError(f"build: expected weights of shape {panel.shape}, got {weights.shape}")
    return weights.copy()


def _first_cut(full: FloatArray) -> int:
    """Rows up to the first decision; all but one where it comes last or never."""
    decided = np.flatnonzero(~np.isnan(full).all(axis=1))
    return min(int(decided[0]) + 1, len(full) - 1) if decided.size else 1


def _smallest_valid(decide: Decide, panel: Panel, first: int) -> int:
    """Fewest rows, at least `first`, that `decide` does not refuse; by bisection."""
    refused, accepted = first - 1, panel.n_bars - 1
    at = first
    while refused + 1 < accepted:
        try:
            decide(panel.head(at), at)
        except Exception:  # what a strategy raises on too little data is its own affair
            refused = at
        else:
            accepted = at
        at = (refused + accepted) // 2
    return accepted


def _cuts(first: int, last: int, prefixes: int, seed: int) -> list[int]:
    """Row counts to keep, increasing: the first and the last possible, and seeded ones between."""
    between = np.arange(first + 1, last)
    wanted = min(max(prefixes - 2, 0), between.size)
    drawn = generator(seed, 0, "check").choice(between, wanted, replace=False) if wanted else between[:0]
    return sorted({last, *((first,) if prefixes > 1 else ()), *(int(n) for n in drawn)})


def _decided_without(decide: Decide, twin: Panel, cut: int, mode: str) -> FloatArray:
    try:
        return decide(twin, cut)
    except Exception as error:
        error.add_note(f"look-ahead test: while deciding without the rows from {cut} on ({mode})")
        raise


def _twins(panel: Panel, cut: int, modes: Sequence[str], seed: int) -> Iterator[tuple[str, Panel]]:
    for mode in modes:
        if mode == "truncate":
            yield mode, panel.head(cut)
        else:
            later = np.arange(cut, panel.n_bars)
            mixed = generator(seed, 0, "check", draw=1, episode=cut).permutation(later)
            yield mode, _poisoned(panel, later, later, np.nan)
            yield mode, _poisoned(panel, later, mixed, _POISON_FACTOR)


def _poisoned(panel: Panel, rows: IntArray, source: IntArray, factor: float) -> Panel:
    """The panel with `rows` taken from `source`, times `factor`; masks false where that is NaN."""
    columns = {name: column.copy() for name, column in panel.columns.items()}
    masks = {name: mask.copy() for name, mask in panel.masks.items()}
    for name, column in panel.columns.items():
        columns[name][rows] = column[source] * factor
    for name, mask in panel.masks.items():
        masks[name][rows] = mask[source] & np.isfinite(factor)
    return type(panel)(
        columns,
        panel.time,
        panel.table,
        periods_per_year=panel.periods_per_year,
        available_at=panel.late,
        masks=masks,
        adjust=panel.adjust,
        flags=panel.flags,
    )


def _first_difference(a: FloatArray, b: FloatArray) -> tuple[int, int] | None:
    """First (row, column) where two weight arrays differ in any bit; NaN equals NaN."""
    equal = (a.view(np.uint64) == b.view(np.uint64)) | (np.isnan(a) & np.isnan(b))
    where = np.argwhere(~equal)
    return (int(where[0][0]), int(where[0][1])) if where.size else None


def _leak(
    panel: Panel, full: FloatArray, without: FloatArray, where: tuple[int, int], mode: str, cut: int
) -> Leak:
    row, column = where
    return Leak(
        row=row,
        time=int(panel.time[row]),
        instrument=panel.instruments[column],
        value=float(full[where]),
        without=float(without[where]),
        mode=mode,
        prefix=cut,
    )
