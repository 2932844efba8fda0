"""Writes the few shapes of TOML a config has: scalars, nested tables, lists of tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(settings: Mapping[str, Any]) -> str:
    """TOML text that `tomllib` reads back as `settings`.

    Parameters
    ----------
    settings : mapping
        Strings, booleans, finite numbers, lists of these, mappings, and lists of mappings; no None.
    """
    lines: list[str] = []
    _table(settings, "", lines)
    return "\n".join(lines).strip() + "\n"


def _table(table: Mapping[str, Any], path: str, lines: list[str]) -> None:
    nested = {key: value for key, value in table.items() if isinstance(value, Mapping) or _is_tables(value)}
    lines += [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in nested]
    for key, value in nested.items():
        name = f"{path}{_key(key)}"
        for entry in value if isinstance(value, list) else [value]:
            lines += ["", f"[[{name}]]" if isinstance(value, list) else f"[{name}]"]
            _table(entry, name + ".", lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value)
    return str(value) if isinstance(value, int) else _text(value)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _text(key)


def _text(text: str) -> str:
    # JSON escapes are TOML escapes, but for DEL, which TOML wants escaped too.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
