"""The section ``[api]`` of a config, for who starts a server: from a file, or as the book's folder keeps it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from quantrl.errors import ConfigError, QuantrlError
from quantrl.live.storage import Storage

NAME = "api.json"
_LIMIT = 1 << 16
_KINDS = {"bool": "true or false", "int": "a whole number", "str": "text", "tuple": "a list of text"}


@dataclass(frozen=True)
class ApiOptions:
    """The options of ``quantrl paper start`` of these names; `Settings.of` says what their values may be.

    Parameters
    ----------
    enabled : bool
        As ``--api``.
    host, port, allow_remote, allow_host, behind_proxy, tls_cert, tls_key
        None, False and empty: not said.
    """

    enabled: bool = False
    host: str | None = None
    port: int | None = None
    allow_remote: bool = False
    allow_host: tuple[str, ...] = ()
    behind_proxy: bool = False
    tls_cert: str | None = None
    tls_key: str | None = None

    @staticmethod
    def of(raw: Mapping[str, Any]) -> ApiOptions:
        """From a mapping.

        Raises
        ------
        ConfigError
            An unknown key, a value of another kind or a relative path, by its name.
        """
        known = {
            each.name: str(each.type).partition("|")[0].partition("[")[0].strip()
            for each in fields(ApiOptions)
        }
        given: dict[str, Any] = {}
        for name, value in raw.items():
            if name not in known:
                raise ConfigError(f"unknown key 'api.{name}'; known here: {', '.join(known)}")
            kind = known[name]
            if kind == "tuple":
                fits = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
            else:
                fits = type(value).__name__ == kind
            if not fits:
                raise ConfigError(f"api.{name}: expected {_KINDS[kind]}, got {value!r:.80}")
            if name.startswith("tls_") and not Path(value).is_absolute():
                raise ConfigError(f"api.{name}: expected an absolute path, got {value!r:.80}")
            given[name] = tuple(value) if kind == "tuple" else value
        return ApiOptions(**given)

    def write(self, folder: Path) -> None:
        """Keep them for later starts, durably."""
        Storage(folder).write_atomic(NAME, json.dumps(self.said()).encode())

    def said(self) -> dict[str, Any]:
        """What was said, by name."""
        return {name: value for name, value in asdict(self).items() if value != getattr(ApiOptions, name)}

    @staticmethod
    def read(folder: Path) -> ApiOptions:
        """Those that are kept; none where nothing is.

        Raises
        ------
        ConfigError
            The file is none of ours.
        """
        storage = Storage(folder)
        if not storage.exists(NAME):
            return ApiOptions()
        try:
            return ApiOptions.of(json.loads(storage.read(NAME, _LIMIT)))
        except (ValueError, AttributeError, QuantrlError) as error:
            raise ConfigError(f"{folder / NAME}: expected the section [api] as an object: {error}") from None

    @staticmethod
    def in_file(path: Path) -> ApiOptions:
        """Those of a config file; none where it cannot be read, which is for who reads all of it to say.

        Raises
        ------
        ConfigError
            As `of`.
        """
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8")).get("api", {})
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
            return ApiOptions()
        return ApiOptions.of(raw) if isinstance(raw, dict) else ApiOptions()
