"""Who reads documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quantrl.errors import ConfigError

PREFERENCES = ("learned", "static", "off")
MAX_TEXT = 200


@dataclass(frozen=True)
class DataAgent:
    """A reader with sources of its own.

    Parameters
    ----------
    id : str
        Name in the factor ledger.
    sources : tuple of str
        Names of the sources it reads; empty reads all.
    preference : {'learned', 'static', 'off'}
        Written anew every day from what the news is about, always `text`, or none.
    text : str
        At most 200 characters: the preference of ``static``, and what a ``learned`` one is told to care for.

    Raises
    ------
    ConfigError
        No id, another preference, a text that is too long, or ``static`` without one.
    """

    id: str
    sources: tuple[str, ...] = ()
    preference: Literal["learned", "static", "off"] = "learned"
    text: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise ConfigError("data agent: expected an id, got none")
        if self.preference not in PREFERENCES:
            raise ConfigError(
                f"data agent {self.id!r}, preference: expected one of {', '.join(PREFERENCES)}, "
                f"got {self.preference!r}"
            )
        if len(self.text) > MAX_TEXT:
            raise ConfigError(
                f"data agent {self.id!r}, text: expected at most {MAX_TEXT} characters, got {len(self.text)}"
            )
        if self.preference == "static" and not self.text.strip():
            raise ConfigError(f"data agent {self.id!r}, text: expected a static preference, got none")
