"""Finished tasks on disk, so that an interrupted map goes on where it was."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl.errors import RunError
from quantrl.runs import canonical_json, sha256_json


@dataclass(frozen=True)
class Shards:
    """One JSON file per finished task, named by the sha256 of all that decides its result."""

    folder: Path

    def read(self, key: str) -> dict[str, Any] | None:
        """A finished shard, or None. A file that is not one is an error: nothing here overwrites what it did not write."""
        path = self._path(key)
        try:
            shard = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(
                f"{path}: cannot be read; remove it to have its task done again: {error}"
            ) from None
        if not isinstance(shard, dict) or shard.get("key") != key or "result" not in shard:
            raise RunError(f"{path}: expected the shard {key[:8]}; remove it to have its task done again")
        return shard

    def write(self, key: str, task: Any, result: Any) -> None:
        """Write aside, then rename."""
        path = self._path(key)
        aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with aside.open("w", encoding="utf-8") as file:
                file.write(canonical_json({"key": key, "task": task, "result": result}))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from None
        finally:
            aside.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def shard_key(target: str, shared_id: str, task: Any, code: str) -> str:
    """Content hash of a task."""
    return sha256_json([target, shared_id, task, code])
