"""A schema made into one function, which says whether a value fits; in what a misfit errs, `schema` says in words."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quantrl.contest.llm.schema import MAX_INTEGER, MAX_REPLY, SURROGATE, checked

Fits = Callable[[Any], bool]


@dataclass(frozen=True)
class Form:
    """A bounded schema.

    Attributes
    ----------
    text : str
        Canonical JSON, from which the form was made: nothing done to the schema afterwards changes it.
    fits : callable
        Whether `schema.parse` would find no problem with a value.
    """

    text: str
    fits: Fits


@lru_cache(maxsize=512)
def form_of(text: str) -> Form:
    """The form of a schema in canonical JSON.

    Raises
    ------
    ConfigError
        As for `schema.checked`.
    """
    return Form(text, _fits(checked(json.loads(text))))


def _fits(schema: Mapping[str, Any]) -> Fits:
    if "anyOf" in schema:
        branches = [_fits(branch) for branch in schema["anyOf"]]
        return lambda value: any(branch(value) for branch in branches)
    fits = _OF_TYPE[schema["type"]](schema)
    if "const" in schema:
        const = schema["const"]
        return lambda value: fits(value) and bool(value == const)
    if "enum" in schema:
        listed = schema["enum"]
        return lambda value: fits(value) and value in listed
    return fits


def _object(schema: Mapping[str, Any]) -> Fits:
    properties = {name: _fits(inner) for name, inner in schema["properties"].items()}
    known, required = properties.keys(), frozenset(schema.get("required", ()))

    def fits(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        names = value.keys()
        if names != known and not required <= names <= known:
            return False
        return all(properties[name](inner) for name, inner in value.items())

    return fits


def _array(schema: Mapping[str, Any]) -> Fits:
    item, least, most = _fits(schema["items"]), schema.get("minItems", 0), schema["maxItems"]

    def fits(value: Any) -> bool:
        return isinstance(value, list) and least <= len(value) <= most and all(map(item, value))

    return fits


def _string(schema: Mapping[str, Any]) -> Fits:
    least, most = schema.get("minLength", 0), schema.get("maxLength", MAX_REPLY)
    pattern = re.compile(schema["pattern"][1:-1]) if "pattern" in schema else None

    def fits(value: Any) -> bool:
        return (
            isinstance(value, str)
            and least <= len(value) <= most
            and (pattern is None or pattern.fullmatch(value) is not None)
            and (value.isascii() or SURROGATE.search(value) is None)
        )

    return fits


def _integer(schema: Mapping[str, Any]) -> Fits:
    low, high = schema.get("minimum", -MAX_INTEGER), schema.get("maximum", MAX_INTEGER)
    return lambda value: type(value) is int and low <= value <= high


def _number(schema: Mapping[str, Any]) -> Fits:
    low, high = schema.get("minimum", -MAX_INTEGER), schema.get("maximum", MAX_INTEGER)

    def fits(value: Any) -> bool:
        known = type(value) is int or (type(value) is float and math.isfinite(value))
        return known and bool(low <= value <= high)

    return fits


_OF_TYPE: Mapping[str, Callable[[Mapping[str, Any]], Fits]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda schema: lambda value: isinstance(value, bool),
    "null": lambda schema: lambda value: value is None,
}
