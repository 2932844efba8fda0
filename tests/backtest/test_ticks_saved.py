"""Saved sessions: they go on in another process as if unbroken; damaged or foreign bytes are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backtest.tick_runs import CONFIG, CONFIGS, act, told
from counts import full_or_tenth
from quantrl.backtest import TickSession
from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.data.events import EventFile
from quantrl.errors import DataError

_OTHER = """
import sys
from backtest.tick_runs import CONFIGS, told
from quantrl.backtest import TickSession
from quantrl.data.events import EventFile
kind, path, *files = sys.argv[1:]
file = EventFile(path)
for saved in files:
    s = TickSession.restore(open(saved, "rb").read(), file, CONFIGS[kind])
    while s.step(dt="100ms"):
        pass
    print(told(s))
"""
POINTS = full_or_tenth(100)


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_a_session_goes_on_in_another_process(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Hash, record, account, book and own orders at the end."""
    file: EventFile = request.getfixturevalue(kind)
    random = np.random.default_rng(11)
    s = TickSession(file, CONFIGS[kind])
    cuts = np.sort(random.choice(len(file) - 1, POINTS, replace=False)) + 1
    saved, expected = [], []
    for k, cut in enumerate(cuts):
        s.step(events=int(cut) - s.n_received)
        act(s)
        if k % 2:
            s.step(dt="300us")
        saved.append(tmp_path / f"{k}.qts")
        saved[-1].write_bytes(s.snapshot())
        unbroken = s.fork()
        while unbroken.step(dt="100ms"):
            pass
        expected.append(told(unbroken))
    assert s.fills().height > POINTS / 2
    assert len(set(expected)) == POINTS
    command = [sys.executable, "-c", _OTHER, kind, str(file.path), *map(str, saved)]
    paths = [str(Path(__file__).parents[1]), *sys.path]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split("\n")[:-1] == expected


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_flipped_bits_are_refused(kind: str, request: pytest.FixtureRequest) -> None:
    file: EventFile = request.getfixturevalue(kind)
    s = TickSession(file, CONFIGS[kind])
    for _ in range(5):
        s.step(dt="20ms")
        act(s)
    saved = s.snapshot()
    random = np.random.default_rng(12)
    for at, bit in zip(
        random.integers(0, len(saved), full_or_tenth(1_000)), random.integers(0, 8, 1_000), strict=False
    ):
        broken = bytearray(saved)
        broken[at] ^= 1 << bit
        with pytest.raises(DataError, match="saved state"):
            TickSession.restore(bytes(broken), file, CONFIGS[kind])
    for size in random.integers(0, len(saved), full_or_tenth(500)):
        with pytest.raises(DataError, match="saved state"):
            TickSession.restore(saved[:size], file, CONFIGS[kind])
    assert TickSession.restore(saved, file, CONFIGS[kind]).hash() == s.hash()


def test_foreign_states_are_refused(levels: EventFile, tmp_path: Path) -> None:
    s = TickSession(levels, CONFIG)
    s.step(dt="20ms")
    saved = s.snapshot()
    with pytest.raises(DataError, match="config"):
        TickSession.restore(saved, levels, CONFIG.but(seed=8))
    other = EventFile(wl2(1_000, 4).write(tmp_path / "other.qev"))
    with pytest.raises(DataError, match="file"):
        TickSession.restore(saved, other, CONFIG)
