"""Schemas made to fit what a small model writes."""

from __future__ import annotations

from typing import Any

import pytest

from quantrl.contest.desk import Desk, Model, Question
from quantrl.contest.llm.fitting import fitted, longest
from quantrl.contest.llm.protocol import Completion, Request, Usage
from quantrl.contest.llm.schema import array, checked, choice, record, text, whole
from quantrl.contest.llm.waves import Waves
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.signal import signal_schema
from quantrl.typing import JsonObject

LINES = record(lines=array(record(text=text(400, least=1), refs=array(choice(["d001"]), 4, least=1)), 8))
SIGNAL = signal_schema(["AAA", "BBB"], ["f001", "t01"], ResearchLimits.small())


def test_what_fits_is_the_schema_itself() -> None:
    assert fitted(LINES, longest(LINES)) is LINES


@pytest.mark.parametrize("schema", [LINES, SIGNAL])
@pytest.mark.parametrize("tokens", [220, 260, 500])
def test_the_longest_answer_fits(schema: JsonObject, tokens: int) -> None:
    made = checked(fitted(schema, tokens))
    assert longest(made) <= tokens
    assert longest(made) > tokens // 2


def test_every_answer_to_the_short_form_fits_the_long_one() -> None:
    made = fitted(LINES, 120)["properties"]["lines"]
    line = made["items"]["properties"]
    assert 1 <= made["maxItems"] < 8
    assert 12 <= line["text"]["maxLength"] < 400
    assert line["text"]["minLength"] == 1
    assert line["refs"]["minItems"] == line["refs"]["maxItems"] == 1
    assert line["refs"]["items"] == {"type": "string", "enum": ["d001"]}


def test_numbers_and_choices_cannot_shrink() -> None:
    scores = record(**{f"rubric_{i}": whole(0, 100) for i in range(5)})
    assert fitted(scores, 10) == scores


class Reader:
    """Keeps what it is asked."""

    name, kind = "small", "scripted"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def complete(self, req: Request) -> Completion:
        self.asked.append(req)
        parsed: Any = {"lines": []}
        return Completion('{"lines": []}', parsed, Usage(1, 1), 0.0, "stop", "scripted", "small")


@pytest.mark.parametrize("most", [None, 260])
def test_a_desk_fits_schemas_to_models_that_write_little(most: int | None) -> None:
    reader = Reader()
    question = Question(task="summarise", agent="a", data={}, schema=LINES, max_tokens=4_000)
    with Waves({"small": reader}) as waves:
        Desk(waves, default=Model("small", "small", max_tokens=most)).ask("2030-01-02", [question])
    (asked,) = reader.asked
    assert asked.max_tokens == (most or 4_000)
    assert (asked.schema == LINES) is (most is None)
