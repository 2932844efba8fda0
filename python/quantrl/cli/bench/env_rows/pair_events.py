"""P7: recorded pairs whose orders meet the events themselves, 20 events a book and decision."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from quantrl.cli.bench.env_rows.market import THREADS, Size
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.data.events import FLAGS, KINDS, convert
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.batch import fingerprint
from quantrl.rng import generator
from quantrl.typing import IntArray

N = {"full": 256, "small": 8}
DECISIONS = {"full": 8_000, "small": 3_000}
EVENTS, LEVELS, ACTIONS = 20, 10, 64
DT_NS, START_NS, PRICE = 200_000_000, 1_700_000_000 * 10**9, 10_000
FACTS = {"alpha": 0.0, "beta": 1.0, "kappa": 0.1, "s": 1e-3}
_STREAM = 9_007


def case(size: Size, name: str) -> RateCase:
    """Random targets by either style beside aggressive orders that the five levels answer; files made up by a seed."""
    n = N[name]
    with tempfile.TemporaryDirectory() as folder:
        files = [_file(Path(folder), leg, DECISIONS[name]) for leg in (0, 1)]
        made = PairConfig.replay(
            files, FACTS, dt=1e-9 * DT_NS, features="full", hedge="fixed", window=64, notional=5_000.0,
            segment="all", episode_len=2_048, slip_ticks=2,
        )  # fmt: skip
        passive = made.replace(styles=2)
        contenders = tuple(
            _batch(size, config, n, threads, label)
            for config, label in ((passive, "passive and aggressive"), (made, "five levels"))
            for threads in (THREADS, 1)
        )
    return RateCase(
        id="P7",
        title=f"core, recorded books, N={n}, {EVENTS} events a book and decision, full",
        unit="decisions",
        contenders=contenders,
        goals=(Goal(contenders[0].name, 0.25e6),),
        sha256=fingerprint(passive, "train").hex(),
    )


def _batch(size: Size, config: PairConfig, n: int, threads: int, label: str) -> Contender:
    batch = PairBatch(config, n_envs=n, threads=threads)
    actions = generator(0, _STREAM, "synthetic").integers(0, config.n_actions, (ACTIONS, n), dtype=np.int32)
    batch.reset()
    name = f"{label}, {threads} thread{'s' * (threads > 1)}"
    return Contender(name, lambda: batch.core.bench(actions, size.steps), n * size.steps)


def _file(folder: Path, leg: int, decisions: int) -> Path:
    columns = made_columns(generator(leg, _STREAM, "synthetic"), decisions)
    path = folder / f"leg{leg}.qev"
    convert(columns, path, format="columns", tick_size="0.01", lot_size="1", symbol=f"LEG{leg}", level=2)
    return path


def made_columns(draws: np.random.Generator, decisions: int) -> dict[str, IntArray]:
    """Level-2 events of one book: ten levels a side a tick apart about a walking mid, one trade a decision at the touch.

    Parameters
    ----------
    draws : numpy.random.Generator
    decisions : int
        Groups of `EVENTS`, `DT_NS` apart.
    """
    level, trade = KINDS.index("LEVEL"), KINDS.index("TRADE")
    sell, known = FLAGS["sell"], FLAGS["side_known"]
    lots = iter(draws.integers(20, 200, 2 * EVENTS * decisions + 4 * LEVELS).tolist())
    mid = PRICE
    rows = [
        (START_NS, level, known | side * sell, mid + way * (1 + i), next(lots))
        for side, way in ((0, -1), (1, 1))
        for i in range(LEVELS)
    ]
    for k in range(decisions):
        first = START_NS + k * DT_NS
        times = np.sort(draws.integers(1, DT_NS, EVENTS)).tolist()
        way = int(draws.integers(-1, 2))
        group: list[tuple[int, int, int, int]] = []
        if way:
            near, far = (1, 0) if way > 0 else (0, 1)
            # The touch that is met goes, the other side follows, and both keep their levels.
            group += [
                (level, known | near * sell, mid + way, 0),
                (level, known | far * sell, mid, next(lots)),
                (level, known | near * sell, mid + way * (LEVELS + 1), next(lots)),
                (level, known | far * sell, mid - way * LEVELS, 0),
            ]
            mid += way
        side = int(draws.integers(0, 2))
        group.append((trade, known | side * sell, mid + (1 - 2 * side), int(draws.integers(1, 150))))
        for where in draws.integers(0, 2 * LEVELS, EVENTS - len(group)).tolist():
            side, i = divmod(where, LEVELS)
            group.append((level, known | side * sell, mid + (2 * side - 1) * (1 + i), next(lots)))
        rows += [(first + ts, *event) for ts, event in zip(times, group, strict=True)]
    ts, kind, flags, tick, qty = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    last = flags | FLAGS["last"]
    return {
        "ts": ts,
        "received": ts + 1_000_000,
        "kind": kind.astype(np.uint8),
        "flags": last.astype(np.uint8),
        "tick": tick,
        "qty": qty.astype(np.uint64),
    }
