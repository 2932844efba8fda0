"""JSON schemas that bound what a model may write, and replies read strictly by them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from quantrl.errors import ConfigError
from quantrl.typing import JsonObject

MAX_ENUM = 200
MAX_REPLY = 100_000
MAX_DEPTH = 16
MAX_INTEGER = 2**53
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_NOTES = {"title", "description"}
_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "pattern", "enum", "const"},
    "integer": {"minimum", "maximum", "enum", "const"},
    "number": {"minimum", "maximum"},
    "boolean": {"const"},
    "null": set[str](),
}
SURROGATE = re.compile("[\ud800-\udfff]")
_FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)


def record(optional: Sequence[str] = (), /, **properties: JsonObject) -> JsonObject:
    """Schema of an object with these properties and no others; all required but the `optional` ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def text(limit: int, *, least: int = 0) -> JsonObject:
    """Schema of a string of at most `limit` characters."""
    return {"type": "string", "maxLength": limit} | ({"minLength": least} if least else {})


def whole(low: int, high: int) -> JsonObject:
    """Schema of an integer from `low` to `high`."""
    return {"type": "integer", "minimum": low, "maximum": high}


def array(items: JsonObject, most: int, *, least: int = 0) -> JsonObject:
    """Schema of an array of `least` to `most` items."""
    return {"type": "array", "items": items, "maxItems": most} | ({"minItems": least} if least else {})


def choice(values: Sequence[str]) -> JsonObject:
    """Schema of one of `values`: an enum, or above 200 values a pattern, whose matches the caller checks afterwards."""
    if not values:
        raise ConfigError("choice: expected at least one value, got none")
    if len(values) <= MAX_ENUM:
        return {"type": "string", "enum": list(values)}
    longest = max(len(value) for value in values)
    return {"type": "string", "pattern": f"^[A-Za-z0-9_.:/=^-]{{1,{longest}}}$", "maxLength": longest}


def checked(schema: JsonObject) -> JsonObject:
    """The schema itself, if every reply it allows is bounded and understood here.

    Raises
    ------
    ConfigError
        A reference, an unbounded string or array, extra properties, too deep, a keyword not in use here, or a root
        that is no object. It names the path.
    """
    if schema.get("type") != "object":
        raise ConfigError(f"schema: expected an object at the root, got {schema.get('type')!r}")
    for problem in _schema_problems(schema, "$", 0):
        raise ConfigError(f"schema: {problem}")
    return schema


def _schema_problems(schema: Any, path: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield f"{path}: expected at most {MAX_DEPTH} levels"
    elif not isinstance(schema, dict):
        yield f"{path}: expected a schema, got {type(schema).__name__}"
    elif "anyOf" in schema:
        if set(schema) - _NOTES != {"anyOf"} or not schema["anyOf"]:
            yield f"{path}: expected anyOf alone, with at least one branch, got {sorted(schema)}"
        for i, branch in enumerate(schema["anyOf"]):
            yield from _schema_problems(branch, f"{path}.anyOf[{i}]", depth + 1)
    elif schema.get("type") not in _TYPES:
        yield f"{path}: expected a type of {', '.join(_TYPES)} (no references), got {sorted(schema)}"
    else:
        unknown = sorted(set(schema) - _NOTES - _KEYWORDS[schema["type"]] - {"type"})
        if unknown:
            yield f"{path}: expected other keywords than {unknown}"
        yield from _bounds(schema, path, depth)


def _bounds(schema: JsonObject, path: str, depth: int) -> Iterator[str]:
    kind = schema["type"]
    values = schema.get("enum", ())
    if len(values) > MAX_ENUM:
        yield f"{path}: expected at most {MAX_ENUM} values in enum, got {len(values)}"
    if kind == "string" and not {"maxLength", "enum", "const"} & set(schema):
        yield f"{path}: expected maxLength, enum or const, got an unbounded string"
    pattern = schema.get("pattern", "^$")
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield f"{path}: expected a pattern from ^ to $, got {pattern!r}"
    if kind == "array":
        if not isinstance(schema.get("maxItems"), int):
            yield f"{path}: expected maxItems, got an unbounded array"
        yield from _schema_problems(schema.get("items"), f"{path}[]", depth + 1)
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{path}: expected additionalProperties = false"
        properties = schema.get("properties", {})
        if not set(schema.get("required", ())) <= set(properties):
            yield f"{path}: expected required names to be properties, got {schema['required']}"
        for name, inner in properties.items():
            yield from _schema_problems(inner, f"{path}.{name}", depth + 1)


def parse(
    reply: str, schema: JsonObject, fits: Callable[[Any], bool] | None = None
) -> tuple[Any, str | None]:
    """The value a reply holds, and None; or None and what is wrong with it, in words a model can act on.

    A reply fenced as a code block is read as its content. NaN, infinities, repeated names, lone surrogates and
    integers past 2^53 are refused.

    Parameters
    ----------
    reply : str
    schema : JSON schema
    fits : callable, optional
        The same schema as `form.form_of` reads it: a value it takes has no problem, and none is looked for.
    """
    if len(reply) > MAX_REPLY:
        return None, f"expected at most {MAX_REPLY} characters, got {len(reply)}"
    fenced = _FENCED.fullmatch(reply.strip()) if "```" in reply else None
    try:
        value = _decoded(fenced[1] if fenced else reply)
    except (ValueError, RecursionError) as error:
        return None, f"not valid JSON: {_short(error)}"
    if fits is not None and fits(value):
        return value, None
    problem = next(_value_problems(value, schema, "$"), None)
    return (None, problem) if problem else (value, None)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse)
_WARY = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once)


def _decoded(text: str) -> Any:
    """The value of a text in which no object repeats a name.

    A member takes one colon, and a repeated name is lost in the value. So where there are no more colons than members in
    the value, none was repeated; only else, as where a string holds a colon, is every object looked through.
    """
    value = _DECODER.decode(text)
    return value if text.count(":") == _members(value) else _WARY.decode(text)


def _members(value: Any) -> int:
    """Names in all objects of a value."""
    found, rest = 0, [value]
    for each in rest:
        if type(each) is dict:
            found += len(each)
            rest.extend(each.values())
        elif type(each) is list:
            rest.extend(each)
    return found


def _short(value: object) -> str:
    return " ".join(str(value).encode("utf-8", "replace").decode().split())[:80]


def _value_problems(value: Any, schema: JsonObject, path: str) -> Iterator[str]:
    if "anyOf" in schema:
        problems = [next(_value_problems(value, branch, path), None) for branch in schema["anyOf"]]
        if None not in problems:
            yield f"{path}: fits none of {len(problems)} alternatives: {problems[_closest(value, schema['anyOf'])]}"
        return
    kind = schema["type"]
    if not _is(value, kind):
        yield f"{path}: expected {kind}, got {_short(type(value).__name__)} {_short(value)!r}"
    elif "const" in schema and value != schema["const"]:
        yield f"{path}: expected {schema['const']!r}, got {_short(value)!r}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: expected one of the listed values, got {_short(value)!r}"
    elif kind == "object":
        yield from _object_problems(value, schema, path)
    elif kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema["maxItems"]:
            yield f"{path}: expected {schema.get('minItems', 0)} to {schema['maxItems']} items, got {len(value)}"
        else:
            for i, item in enumerate(value):
                yield from _value_problems(item, schema["items"], f"{path}[{i}]")
    elif kind == "string":
        yield from _string_problems(value, schema, path)
    elif kind in ("integer", "number"):
        low, high = schema.get("minimum", -MAX_INTEGER), schema.get("maximum", MAX_INTEGER)
        if not low <= value <= high:
            yield f"{path}: expected {low} to {high}, got {_short(value)}"


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        number = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
        return number and (isinstance(value, int) or math.isfinite(value))
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, types[kind])


def _closest(value: Any, branches: list[JsonObject]) -> int:
    """The branch whose constants match the value best: its complaint is the helpful one."""
    if not isinstance(value, dict):
        return 0
    matches = [
        sum(
            value.get(name) == inner["const"]
            for name, inner in branch.get("properties", {}).items()
            if "const" in inner
        )
        for branch in branches
    ]
    return matches.index(max(matches))


def _object_problems(value: JsonObject, schema: JsonObject, path: str) -> Iterator[str]:
    missing = [name for name in schema.get("required", ()) if name not in value]
    extra = sorted(set(value) - set(schema["properties"]))
    if missing:
        yield f"{path}: missing {', '.join(missing)}"
    if extra:
        yield f"{path}: unexpected {_short(', '.join(extra))}"
    for name, inner in schema["properties"].items():
        if name in value:
            yield from _value_problems(value[name], inner, f"{path}.{name}")


def _string_problems(value: str, schema: JsonObject, path: str) -> Iterator[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", MAX_REPLY)
    if not low <= len(value) <= high:
        yield f"{path}: expected {low} to {high} characters, got {len(value)}"
    elif "pattern" in schema and not re.fullmatch(schema["pattern"][1:-1], value):
        yield f"{path}: expected the pattern {schema['pattern']}, got {_short(value)!r}"
    elif not value.isascii() and SURROGATE.search(value):
        yield f"{path}: expected Unicode text, got half of a surrogate pair"
