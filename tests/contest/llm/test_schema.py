"""Schemas bound every reply, and replies are read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.contest.llm.schema import array, checked, choice, parse, record, text, whole
from quantrl.contest.llm.scripted import some_value
from quantrl.errors import ConfigError

ACT = record(
    step={
        "anyOf": [
            record(
                tool={"type": "string", "const": "price_stats"}, symbol=choice(["AAA"]), days=whole(1, 250)
            ),
            record(tool={"type": "string", "const": "final"}, done={"type": "boolean"}),
        ]
    },
    note={"anyOf": [text(10), {"type": "null"}]},
)
LOOSE = {"type": "object", "properties": {}, "required": []}
NESTED: dict[str, Any] = text(3)
for _ in range(20):
    NESTED = array(NESTED, 1)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "maxLength": 3}, "expected an object at the root"),
        (record(a={"type": "string"}), r"\$\.a: expected maxLength"),
        (record(a={"type": "array", "items": text(3)}), r"\$\.a: expected maxItems"),
        (record(a={"type": "array", "maxItems": 3}), r"\$\.a\[\]: expected a schema, got NoneType"),
        (LOOSE, r"\$: expected additionalProperties = false"),
        (record(a=LOOSE), r"\$\.a: expected additionalProperties"),
        (record(a={"$ref": "#"}), r"\$\.a: expected a type of .* \(no references\), got \['\$ref'\]"),
        (record(a={"type": "object", "patternProperties": {}}), "expected other keywords"),
        (
            record(a={"type": "string", "enum": [str(i) for i in range(201)]}),
            "at most 200 values in enum, got 201",
        ),
        (record(a={"anyOf": [{"type": "string"}]}), r"\$\.a\.anyOf\[0\]: expected maxLength"),
        (record(a={"anyOf": []}), "at least one branch"),
        (record(a=NESTED), "expected at most 16 levels"),
        (record(a={"type": ["string", "null"]}), "expected a type of"),
        (record(a={"type": "string", "maxLength": 3, "pattern": "a*"}), "expected a pattern from"),
        (
            LOOSE | {"additionalProperties": False, "required": ["b"]},
            "expected required names to be properties",
        ),
    ],
)
def test_schemas_that_are_not_bounded(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        checked(schema)


@given(st.text(min_size=1, max_size=12))
def test_drawn_values_fit(seed: str) -> None:
    assert checked(ACT) is ACT
    value = some_value(ACT, seed)
    assert parse(json.dumps(value), ACT) == (value, None)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("", "not valid JSON"),
        ("null", "$: expected object, got NoneType 'None'"),
        (
            '{"step": {"tool": "final", "done": 1}, "note": null}',
            "fits none of 2 alternatives: $.step.done: expected bool",
        ),
        (
            '{"step": {"tool": "price_stats", "symbol": "BBB", "days": 3}, "note": null}',
            "$.step.symbol: expected one of",
        ),
        (
            '{"step": {"tool": "price_stats", "symbol": "AAA", "days": 251}, "note": null}',
            "expected 1 to 250, got 251",
        ),
        (
            '{"step": {"tool": "price_stats", "symbol": "AAA", "days": 3.0}, "note": null}',
            "expected integer, got float",
        ),
        (
            '{"step": {"tool": "price_stats", "symbol": "AAA", "days": true}, "note": null}',
            "expected integer, got bool",
        ),
        ('{"step": {"tool": "final", "done": true}, "note": null, "url": "x"}', "$: unexpected url"),
        ('{"step": {"tool": "final", "done": true}}', "$: missing note"),
        (
            '{"step": {"tool": "final", "done": true}, "note": "12345678901"}',
            "expected 0 to 10 characters, got 11",
        ),
        ('{"step": 1, "step": 2, "note": null}', "a name occurs twice"),
        ('{"note": Infinity}', "Infinity is not a number"),
        ('{"note": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{} {"a": 1}', "not valid JSON"),
        ("[" * 99_999, "not valid JSON"),
    ],
)
def test_replies_that_do_not_fit(reply: str, problem: str) -> None:
    value, found = parse(reply, ACT)
    assert value is None
    assert found is not None
    assert problem in found


def test_numbers_stay_finite() -> None:
    schema = record(x={"type": "number"})
    assert parse('{"x": 0.5}', schema) == ({"x": 0.5}, None)
    assert "expected number" in str(parse('{"x": 1e999}', schema)[1])
    assert "expected -9007199254740992 to" in str(parse('{"x": 1e300}', schema)[1])


def test_many_values_become_a_pattern() -> None:
    assert choice(["a", "b"]) == {"type": "string", "enum": ["a", "b"]}
    schema = record(x=choice([f"d{i:03d}" for i in range(201)]))
    checked(schema)
    assert parse('{"x": "d999"}', schema)[1] is None
    assert "expected the pattern" in str(parse('{"x": "d 9"}', schema)[1])
    assert parse('{"x": "d001\\n"}', schema)[1] is not None
    with pytest.raises(ConfigError, match="at least one value"):
        choice([])


def test_a_code_fence_is_read_as_its_content() -> None:
    schema = record(x=whole(0, 1))
    assert parse('```json\n{"x": 1}\n```', schema) == ({"x": 1}, None)
    assert parse('Sure!\n```json\n{"x": 1}\n```', schema)[0] is None
