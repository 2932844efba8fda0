"""Decodes Parquet files in a process of their own first.

One wrong byte can make the decoder ask for so much memory that its whole process is aborted, which no handler can catch.
So a helper process tries the file; only what it could decode is read here. It is started at the first file and serves
all later ones.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


class Decoder:
    """The helper process, started when first needed and again after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def look(self, file: Path) -> tuple[list[str], int]:
        """Column names and number of rows, from the metadata.

        Raises
        ------
        RuntimeError
            They cannot be read.
        """
        reply = self._ask({"path": str(file.absolute())})
        return list(reply["names"]), int(reply["rows"])

    def attempt(self, file: Path, columns: list[str]) -> None:
        """Decode these columns once, in the helper.

        Raises
        ------
        RuntimeError
            They cannot be decoded.
        """
        self._ask({"path": str(file.absolute()), "columns": columns})

    def close(self) -> None:
        """Let the helper end."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.communicate()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except OSError:
                line = ""
            if not line:
                self._process = None
                process.kill()
                process.communicate()
                raise RuntimeError("damaged so badly that the decoder gave up")
        reply: dict[str, Any] = json.loads(line)
        if "problem" in reply:
            raise RuntimeError(str(reply["problem"]))
        return reply

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._owner != os.getpid():  # a forked process has no part in the pipes
            self._owner = os.getpid()
            # -P: the folder of this file has modules called numpy and csv
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "RUST_BACKTRACE": "0"},
                encoding="utf-8",
            )
        return self._process


def look(path: str) -> tuple[list[str], int]:
    """Column names and number of rows of a file that is trusted."""
    import polars as pl

    scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return scan.collect_schema().names(), int(scan.select(pl.len()).collect().item())


def decode(path: str, columns: list[str]) -> pl.DataFrame:
    """These columns of a file that is trusted, or was tried in the helper."""
    import polars as pl

    return pl.scan_parquet(path, glob=False, hive_partitioning=False).select(columns).collect()


def _serve() -> None:
    """Answer requests, one JSON object a line, until the input ends."""
    import polars as pl

    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, Any]
        try:
            if "columns" in request:
                reply = {"rows": decode(request["path"], request["columns"]).height}
            else:
                names, n_rows = look(request["path"])
                reply = {"names": names, "rows": n_rows}
        except (Exception, pl.exceptions.PanicException) as error:
            reply = {"problem": str(error).split("\n")[0][:200] or type(error).__name__}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    _serve()
else:
    decoder = Decoder()
    atexit.register(decoder.close)
