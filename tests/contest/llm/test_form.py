"""Forms take exactly the values in which no problem is found, and the quick ways to bytes give the slow ways' bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantrl.contest.llm.entry import Question, asked
from quantrl.contest.llm.form import form_of
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.quoting import quoted
from quantrl.contest.llm.schema import array, choice, parse, record, text, whole
from quantrl.errors import ConfigError
from quantrl.runs import canonical_json

NAMES = st.sampled_from(["a", "b", "tool"])
LEAVES = st.one_of(
    st.builds(text, st.integers(0, 4)),
    st.builds(lambda low, size: whole(low, low + size), st.integers(-3, 3), st.integers(0, 3)),
    st.just({"type": "number", "minimum": -1, "maximum": 1.5}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": "string", "const": "x"}),
    st.just({"type": "integer", "const": 1}),
    st.just({"type": "string", "pattern": "^[ab]{1,2}$", "maxLength": 2}),
    st.just(choice(["x", "ab", ":"])),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items, most: array(items, most), inner, st.integers(0, 3)),
        st.builds(lambda items, least: array(items, 3, least=least), inner, st.integers(0, 2)),
        st.builds(
            lambda fields, optional: record(sorted(optional & fields.keys()), **fields),
            st.dictionaries(NAMES, inner, max_size=3),
            st.sets(NAMES),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
    ),
    max_leaves=6,
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["", "x", "ab", ":", "é", "\ud800", "abcde"]),
        st.integers(-4, 4),
        st.floats(-2, 2),
        st.sampled_from([True, False, None, 2**60, 1e300]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(schema=SCHEMAS, values=st.lists(VALUES, max_size=8))
def test_a_form_takes_what_has_no_problem(schema: Any, values: list[Any]) -> None:
    whole_schema = record(value=schema)
    fits = form_of(canonical_json(whole_schema)).fits
    for value in [*values, {"value": values}, *({"value": each} for each in values)]:
        reply = json.dumps(value)
        found, problem = parse(reply, whole_schema)
        assert fits(json.loads(reply)) == (problem is None)
        assert parse(reply, whole_schema, fits) == (found, problem)


@pytest.mark.parametrize(
    "reply", ['{"a":1,"a":1}', '{"a": 1 , "a" : 2}', '{"a":{"b":1,"b":2}}', '{"a":":","a":":"}', '[{"a":1,"a":1}]']
)  # fmt: skip
def test_a_repeated_name_is_seen(reply: str) -> None:
    found, problem = parse(reply, record(a={"type": "integer"}))
    assert found is None
    assert problem is not None
    assert "a name occurs twice" in problem


def test_a_form_stays_as_it_was_made() -> None:
    schema = record(a=whole(0, 1))
    form = form_of(canonical_json(schema))
    schema["properties"]["a"]["maximum"] = 9
    assert not form.fits({"a": 5})
    assert form_of(canonical_json(schema)).fits({"a": 5})
    with pytest.raises(ConfigError, match="unbounded string"):
        form_of('{"additionalProperties":false,"properties":{"a":{"type":"string"}},"type":"object"}')


ANY_TEXT = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from('"\\\n\r\t\x00\x1f\x7f\ud800')))


@settings(max_examples=200, deadline=None)
@given(contents=st.lists(ANY_TEXT, min_size=1, max_size=3), model=ANY_TEXT, seed=st.integers(0, 2**40))
def test_the_bytes_of_a_question_are_its_canonical_json(contents: list[str], model: str, seed: int) -> None:
    for content in contents:
        assert quoted(content) == canonical_json(content).encode("utf-8", "surrogatepass")
    request = Request(
        task="signal",
        messages=(Message("system", contents[0]), *(Message("user", each) for each in contents)),
        schema=record(a=whole(0, 1)),
        provider="p",
        model=model,
        temperature=1,
        seed=seed,
        max_tokens=9,
    )
    assert Question(request).asked == canonical_json(asked(request)).encode("utf-8", "surrogatepass")
