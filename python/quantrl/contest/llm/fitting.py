"""A schema no reply can outgrow: strings and arrays made shorter until the longest answer fits the tokens a model writes."""

from __future__ import annotations

import math
from typing import Any

from quantrl.typing import JsonObject

_STEPS = 64
_KEY, _ITEM, _QUOTES, _NUMBER, _WORD = 6, 4, 2, 8, 3
"""Tokens beside the characters: of a property with its line and indentation, of an item, of a string, a number, a word."""
_LEAST = 12
"""Characters a string keeps."""


def fitted(schema: JsonObject, tokens: int) -> JsonObject:
    """The schema itself if its longest answer has at most this many tokens, else one with shorter strings and arrays.

    Where the shortest form is too long as well, that one: a reply may then be cut, and is asked for again.

    Parameters
    ----------
    schema : JSON schema
        As `checked` allows it.
    tokens : int
        That the model writes at most.

    Notes
    -----
    A character counts as a token, as digits do for small vocabularies. All limits shrink in one proportion: an array to no
    fewer than one item or `minItems`, a string to no less than 12 characters or `minLength`. Enums and numbers stay.
    """
    for step in range(_STEPS, -1, -1):
        made: JsonObject = _scaled(schema, step / _STEPS)
        if longest(made) <= tokens:
            break
    return made


def longest(schema: JsonObject) -> int:
    """Tokens of the longest answer, indented; an upper estimate."""
    if "anyOf" in schema:
        return max(longest(branch) for branch in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return _QUOTES + max(len(str(value)) for value in values)
    kind = schema["type"]
    if kind == "object":
        inside = schema.get("properties", {})
        return _KEY + sum(_KEY + math.ceil(len(key) / 2) + longest(one) for key, one in inside.items())
    if kind == "array":
        return _ITEM + int(schema["maxItems"]) * (_ITEM + longest(schema["items"]))
    if kind == "string":
        return _QUOTES + int(schema["maxLength"])
    return _NUMBER if kind in ("integer", "number") else _WORD


def _scaled(schema: Any, factor: float) -> Any:
    """The same schema with limits times `factor`."""
    if not isinstance(schema, dict) or factor == 1.0:
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [_scaled(branch, factor) for branch in schema["anyOf"]]}
    made = dict(schema)
    if schema.get("type") == "object":
        made["properties"] = {key: _scaled(one, factor) for key, one in schema["properties"].items()}
    if schema.get("type") == "array":
        made["maxItems"] = _shrunk(schema["maxItems"], factor, max(1, schema.get("minItems", 0)))
        made["items"] = _scaled(schema["items"], factor)
    if schema.get("type") == "string" and "maxLength" in schema and "pattern" not in schema:
        made["maxLength"] = _shrunk(schema["maxLength"], factor, max(_LEAST, schema.get("minLength", 0)))
    return made


def _shrunk(limit: int, factor: float, least: int) -> int:
    return min(limit, max(least, math.ceil(limit * factor)))
