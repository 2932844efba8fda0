"""Secrets by name, from systemd's credentials or the environment, and text without them."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from quantrl.errors import ConfigError

SHOWN = "Secret(***)"
LEAST = 6
"""Characters of a secret; a shorter one could not be told from other text."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_MOST = 4096
_known: set[str] = set()


class Secret:
    """Text that no `repr`, format, traceback or log of this process shows; `reveal` gives it.

    Parameters
    ----------
    value : str
        At least six characters.
    sought : bool
        `redacted` looks for it in any text; not for what is made by the thousand and ends soon.

    Raises
    ------
    ConfigError
        It is shorter.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str, *, sought: bool = True) -> None:
        if len(value) < LEAST:
            raise ConfigError(f"secret: expected at least {LEAST} characters, got {len(value)}")
        self._value = value
        if sought:
            _known.update({value, quote(value, safe=""), value.encode("unicode_escape").decode()})

    def reveal(self) -> str:
        """The text, for the one place that needs it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def __repr__(self) -> str:
        return SHOWN

    def __format__(self, how: str) -> str:
        return SHOWN

    __str__ = __repr__


def read_secret(name: str, environ: Mapping[str, str] = os.environ) -> Secret:
    """The file `name` of ``$CREDENTIALS_DIRECTORY``, else the variable `name`.

    Raises
    ------
    ConfigError
        A name of other characters, or nothing of that name.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"secret: expected a name of letters, digits, _ . or -, got {name!r:.40}")
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / name).is_file():
        with (Path(folder) / name).open(encoding="utf-8", errors="replace") as file:
            return Secret(file.read(_MOST).strip())
    if name in environ:
        return Secret(environ[name].strip())
    raise ConfigError(
        f"secret {name}: expected in $CREDENTIALS_DIRECTORY or in the environment, found in neither"
    )


def redacted(text: str) -> str:
    """The same text with every secret this process has read replaced, longest first."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, "***")
    return text
