"""hftbacktest in a process and an environment of its own: started once, asked by line, always ended."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from quantrl.cli.bench.tick_rows.flow import FEED_NS, LOT_SIZE, TICK_SIZE
from quantrl.errors import ConfigError, DataError
from quantrl.typing import IntArray

CHILD = Path(__file__).with_name("hft_child.py")
QUEUES: dict[str, tuple[str, float]] = {
    name: (name, 2.0) for name in ("risk_averse", "power", "power2", "power3", "log", "log2")
}
MAKER_BP, TAKER_BP = -0.5, 7.0
REFRESH_NS = 10_000_000


class Peer:
    """The child process.

    Parameters
    ----------
    python : path
        Interpreter of the environment hftbacktest is installed in.

    Raises
    ------
    ConfigError
        It does not start there, or hftbacktest is not installed.
    """

    def __init__(self, python: str | Path) -> None:
        command = [str(python), "-I", str(CHILD)]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise ConfigError(f"hftbacktest: expected an interpreter, got {python} ({error})") from error
        try:
            self.versions: dict[str, str] = self._read()["versions"]
        except DataError as error:
            self.close()
            raise ConfigError(f"hftbacktest: not usable with {python} ({error})") from None

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """What it answers to one job.

        Raises
        ------
        DataError
            It failed, or died.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        said = self._read()
        if "error" in said:
            raise DataError(f"hftbacktest: {said['error']}")
        return said

    def fills(self, job: dict[str, Any], path: Path) -> IntArray:
        """(n, 4) time, side (0 buy), tick and lots of each fill, by time, side, tick."""
        self.run({**job, "fills": str(path)})
        with np.load(path, allow_pickle=False) as archive:
            rows: IntArray = np.array(archive["fills"].tolist(), np.int64).reshape(-1, 4)
        return rows

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            last = self._process.stderr.read().strip().splitlines()[-1:]
            raise DataError(f"process ended: {last[0] if last else 'no message'}")
        said: dict[str, Any] = json.loads(line)
        return said


def job(
    data: Path,
    ticks: tuple[int, int],
    *,
    depth: str = "roi",
    strategy: str = "quote",
    queue: str = "power2",
    offset: int = 1,
) -> dict[str, Any]:
    """A job on a file of W-L2, whose prices lie within `ticks`."""
    tick_size = float(TICK_SIZE)
    return {
        "data": str(data),
        "rows": None,
        "depth": depth,
        "roi": [ticks[0] * tick_size, ticks[1] * tick_size],
        "strategy": strategy,
        "queue": QUEUES[queue],
        "tick_size": tick_size,
        "lot_size": float(LOT_SIZE),
        "entry_ns": FEED_NS,
        "response_ns": FEED_NS,
        "maker_fee": MAKER_BP * 1e-4,
        "taker_fee": TAKER_BP * 1e-4,
        "offset": offset,
        "size": 1,
        "refresh_ns": REFRESH_NS,
        "fills": None,
    }
