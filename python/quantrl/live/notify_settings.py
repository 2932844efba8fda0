"""What a notifier needs to know, in a file of the book's folder: it must work where no engine does."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from quantrl.errors import ConfigError, QuantrlError
from quantrl.live.storage import Storage

NAME = "notify.json"
_LIMIT = 1 << 16


@dataclass(frozen=True)
class NotifySettings:
    """The section ``[notify]`` of a config, checked there."""

    sinks: tuple[str, ...] = ("file",)
    webhook_url: str | None = None
    webhook_url_secret: str | None = None
    webhook_token_secret: str | None = None
    timeout_s: float = 10.0
    per_key_s: float = 60.0
    per_hour: int = 30

    def write(self, folder: Path) -> None:
        """Keep it, durably."""
        Storage(folder).write_atomic(NAME, json.dumps(asdict(self)).encode())

    @staticmethod
    def read(folder: Path) -> NotifySettings:
        """What is kept; the defaults where nothing is.

        Raises
        ------
        ConfigError
            The file is none of ours.
        """
        storage = Storage(folder)
        if not storage.exists(NAME):
            return NotifySettings()
        try:
            raw: dict[str, Any] = json.loads(storage.read(NAME, _LIMIT))
            return NotifySettings(**{**raw, "sinks": tuple(raw["sinks"])})
        except (ValueError, TypeError, KeyError, QuantrlError):
            names = ", ".join(each.name for each in fields(NotifySettings))
            raise ConfigError(f"{folder / NAME}: expected an object of {names}") from None
