"""The same bytes for any number of threads, in another process, and for agents in another order."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from quantrl.selection import ContestResult
from selection.toy import agents, contest, market, quick

BARS = 200
_CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from selection.test_determinism import digest, run
print(digest(run(2)))
"""


def run(threads: int) -> ContestResult:
    return contest(market(BARS), pipeline=quick(), threads=threads).run()


def digest(result: ContestResult) -> str:
    """sha256 over decisions, equity, audit lines and every measure."""
    found = hashlib.sha256("\n".join(result.trail.lines).encode())
    for frame in (result.targets_frame(), result.equity(), result.ledger.frame()):
        for column in frame.iter_columns():
            found.update(column.name.encode() + repr(column.to_list()).encode())
    found.update(json.dumps(result.accounts.measures, sort_keys=True).encode())
    return found.hexdigest()


def test_threads_and_processes_give_the_same_bytes(tmp_path: Path) -> None:
    results = {threads: run(threads) for threads in (1, 2, 8)}
    found = {digest(result) for result in results.values()}
    tests = str(Path(__file__).parent.parent)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, tests], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert found == {child.stdout.strip()}
    files = set()
    for threads, result in results.items():
        result.targets_frame().write_parquet(tmp_path / f"{threads}.parquet")
        result.trail.write(tmp_path / f"{threads}.jsonl")
        content = pl.read_parquet(tmp_path / f"{threads}.parquet")
        assert content.equals(result.targets_frame())
        files.add(
            (tmp_path / f"{threads}.parquet").read_bytes() + (tmp_path / f"{threads}.jsonl").read_bytes()
        )
    assert len(files) == 1


def test_agents_in_another_order_get_the_same_capital() -> None:
    # A copy ties with its original, and ties go to the lower id; random numbers follow the place.
    entrants = [a for a in agents() if a != "rules/random_weights" and a[0] != "copycat"]
    order = np.random.default_rng(0).permutation(len(entrants))
    one = contest(market(BARS), entrants=entrants, pipeline=quick()).run()
    two = contest(market(BARS), entrants=[entrants[i] for i in order], pipeline=quick()).run()
    assert one.shares[:, order].tobytes() == two.shares.tobytes()
    np.testing.assert_allclose(two.books[:, 0, 0], one.books[:, 0, 0], rtol=1e-11)
