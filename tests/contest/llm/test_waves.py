"""Order decides; how many run at once, and who is quicker, decides nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from contest.llm.questions import no_wait, question, told
from quantrl.contest.llm.budget import Budget, Budgets
from quantrl.contest.llm.entry import request_key
from quantrl.contest.llm.protocol import Completion, Message, Request, Transient
from quantrl.contest.llm.record import Record
from quantrl.contest.llm.schema import record
from quantrl.contest.llm.scripted import Scripted, some_value
from quantrl.contest.llm.waves import Waves
from quantrl.errors import BudgetExceeded, ConfigError, LLMError, ReplayMiss

GOOD = {"rating": 1, "why": "", "refs": []}


class Uneven(Scripted):
    """Takes longer over some questions than over others, and counts how many it has at once."""

    def __init__(self, script: Any = None) -> None:
        super().__init__(script)
        self.now = self.most = 0

    async def complete(self, req: Request) -> Completion:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(int(request_key(req)[:2], 16) / 256 * 0.004)
        try:
            return await super().complete(req)
        finally:
            self.now -= 1


def failing() -> Any:
    seen: Counter[str] = Counter()

    def script(request: Request) -> Any:
        key = request_key(request)
        seen[key] += 1
        mood = int(key[:2], 16)
        if mood < 60 and seen[key] == 1:
            return Transient("busy", reason="503")
        return "bad" if mood < 90 else some_value(request.schema, key)

    return script


def everything(
    path: Path, concurrency: int, budgets: Budgets
) -> tuple[bytes, list[Any], bytes, list[Any], int]:
    double = Uneven(failing())
    asked = [question(agent, i, day) for day in ("d1", "d2") for i in range(5) for agent in ("c", "a", "b")]
    with Waves(
        {"p": double},
        record=Record(path),
        mode="record",
        budgets=budgets,
        concurrency=concurrency,
        sleep=no_wait,
    ) as waves:
        said = told(waves.ask(asked))
    assert double.most <= concurrency
    lines = (path / "calls.jsonl").read_bytes()
    return said, waves.lines, lines, budgets.cuts, double.most


@pytest.mark.parametrize("cap", [{}, {"calls": 21}, {"input_tokens": 1200}, {"output_tokens": 700}])
def test_concurrency_changes_nothing(tmp_path: Path, cap: dict[str, int]) -> None:
    one, four, eight = (
        everything(tmp_path / str(n), n, Budgets(run=Budget(**cap), agent=Budget(calls=6))) for n in (1, 4, 8)
    )
    assert one[:4] == four[:4] == eight[:4]
    assert (one[4], four[4]) == (1, 4)
    assert eight[4] > 4
    assert bool(one[3])


def test_answers_come_in_the_order_of_the_requests_calls_in_that_of_the_agents() -> None:
    double = Scripted()
    asked = [question("b", 1), question("a", 1), question("b", 0), question("a", 0)]
    with Waves({"p": double}, concurrency=1) as waves:
        answers = waves.ask(asked)
    assert [(request.agent, request.place[3]) for request in double.asked] == [
        ("a", 0),
        ("a", 1),
        ("b", 0),
        ("b", 1),
    ]
    assert [answer.parsed for answer in answers] == [some_value(r.schema, request_key(r)) for r in asked]


def test_no_more_than_eight_before_a_barrier() -> None:
    events: list[tuple[str, int]] = []

    class Watched(Scripted):
        async def complete(self, req: Request) -> Completion:
            events.append(("start", req.place[3]))
            await asyncio.sleep(0.001)
            events.append(("end", req.place[3]))
            return await super().complete(req)

    with Waves({"p": Watched()}) as waves:
        waves.ask([question(index=i) for i in range(19)])
    started = [i for i, (word, _) in enumerate(events) if word == "start"]
    assert started == [*range(8), *range(16, 24), *range(32, 35)]


def test_equal_questions_are_asked_once() -> None:
    double = Scripted()
    same = [question("a", i, messages=(Message("system", "s"),)) for i in range(5)]
    with Waves({"p": double}) as waves:
        answers = waves.ask(same)
    assert len(double.asked) == 1
    assert len({str(answer.parsed) for answer in answers}) == 1
    double.asked.clear()
    with Waves({"p": double}) as waves:
        waves.ask([question("a", i, messages=(Message("system", "s"),), sample=i) for i in range(5)])
    assert len(double.asked) == 5


def test_a_bad_reply_is_asked_again_twice_then_the_agent_abstains() -> None:
    double = Scripted(lambda request: '{"rating": 9}')
    with Waves({"p": double}) as waves:
        answer = waves.ask([question()])[0]
    assert (answer.ok, answer.parsed, answer.reason) == (False, None, "schema")
    assert "missing why, refs" in answer.detail
    assert answer.spent.calls == len(double.asked) == 3
    roles = [[message.role for message in request.messages] for request in double.asked]
    assert roles == [
        ["system", "user"],
        ["system", "user", "assistant", "user"],
        ["system", "user", "assistant", "user"],
    ]
    assert "missing why, refs" in double.asked[1].messages[-1].content
    assert [line["problem"] for line in waves.lines] == ["$: missing why, refs"] * 3


def test_a_second_reply_may_fit() -> None:
    double = Scripted(lambda request: GOOD if len(request.messages) > 2 else "{")
    with Waves({"p": double}) as waves:
        answer = waves.ask([question()])[0]
    assert answer.ok
    assert (answer.parsed, answer.spent.calls) == (GOOD, 2)


def test_the_callers_check_is_heard() -> None:
    double = Scripted(lambda request: GOOD)
    with Waves({"p": double}) as waves:
        answer = waves.ask([question()], lambda request, value: "rating: expected 2")[0]
    assert (answer.reason, answer.detail, len(double.asked)) == ("schema", "rating: expected 2", 3)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_cut_reply_fails_even_if_it_parses(finish: str) -> None:
    with Waves({"p": Scripted(lambda request: GOOD, finish=finish)}) as waves:
        answer = waves.ask([question()])[0]
    assert answer.reason == "schema"
    assert "cut at 60 tokens" in answer.detail or "content filter" in answer.detail


def after(failures: int, **error: Any) -> Scripted:
    seen: Counter[str] = Counter()

    def script(request: Request) -> Any:
        seen[request_key(request)] += 1
        return Transient("busy", **error) if seen[request_key(request)] <= failures else GOOD

    return Scripted(script)


@pytest.mark.parametrize(
    ("failures", "error", "waits"),
    [
        (3, {"reason": "429"}, [1, 2, 4]),
        (3, {"reason": "500"}, [1, 2, 4]),
        (2, {"reason": "429", "retry_after": 7.0}, [7, 7]),
        (1, {"reason": "429", "retry_after": 60.0}, [60]),
        (1, {"reason": "429", "retry_after": 0.0}, [0]),
    ],
)
def test_waits_before_further_tries(failures: int, error: dict[str, Any], waits: list[float]) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with Waves({"p": after(failures, **error)}, sleep=sleep) as waves:
        answer = waves.ask([question()])[0]
    assert answer.ok
    assert slept == waits
    assert answer.spent.calls == failures + 1
    assert waves.budgets.spent().calls == failures + 1


@pytest.mark.parametrize(
    ("error", "tries"), [({"reason": "503"}, 4), ({"reason": "429", "retry_after": 61.0}, 1)]
)
def test_no_answer_leaves_the_day_open_but_keeps_the_others(
    tmp_path: Path, error: dict[str, Any], tries: int
) -> None:
    def script(request: Request) -> Any:
        return Transient("busy", **error) if request.agent == "b" else GOOD

    double = Scripted(script)
    with Waves({"p": double}, record=Record(tmp_path), mode="record", sleep=no_wait) as waves:
        with pytest.raises(
            LLMError,
            match=rf"p/m, signal by agent 'b' on day 2030-01-02: no answer after {tries} tries: busy",
        ):
            waves.ask([question("a"), question("b"), question("c")])
        assert Record(tmp_path).get(question("b")) is None
        assert Record(tmp_path).get(question("c")) is not None
        double.asked.clear()
        with pytest.raises(LLMError):
            waves.ask([question("a"), question("b"), question("c")])
    assert {request.agent for request in double.asked} == {"b"}


def test_on_error_abstain_is_recorded_and_replayed(tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        return LLMError("401 wrong key") if request.agent == "b" else GOOD

    asked = [question("a"), question("b"), question("b", 1), question("c")]
    with Waves({"p": Scripted(script)}, record=Record(tmp_path), mode="record", on_error="abstain") as waves:
        answers = waves.ask(asked)
        later = waves.ask([question("b", 2)])[0]
    assert [answer.reason for answer in answers] == [None, "error", "error", None]
    assert later.reason == "budget"
    assert waves.budgets.partial
    assert waves.budgets.partial_days() == ("2030-01-02",)
    with Waves({}, record=Record(tmp_path), mode="replay", on_error="abstain") as replayed:
        assert told(replayed.ask(asked)) == told(answers)
        assert replayed.budgets.cuts == waves.budgets.cuts


def test_a_timeout_spends_its_reservation() -> None:
    with Waves({"p": Scripted(latency_s=30)}, timeout_s=0.01, sleep=no_wait, on_error="abstain") as waves:
        answer = waves.ask([question()])[0]
    assert answer.reason == "error"
    assert answer.spent.calls == 4
    assert answer.spent.output_tokens == 4 * 60


def test_a_cut_by_seconds_is_replayed(tmp_path: Path) -> None:
    now = [0.0]

    def script(request: Request) -> Any:
        now[0] += 1.0
        return GOOD

    asked = [question(agent, i) for agent in "abc" for i in range(8)]
    caps = {"day": Budget(seconds=9.0)}
    double = Scripted(script)
    with Waves(
        {"p": double}, record=Record(tmp_path), mode="record", budgets=Budgets(**caps), clock=lambda: now[0]
    ) as waves:
        answers = waves.ask(asked)
    assert [answer.ok for answer in answers] == [True] * 16 + [False] * 8
    assert waves.budgets.cuts[0].cap == "seconds"
    for mode, llms in (("replay", {}), ("record", {"p": double})):
        with Waves(llms, record=Record(tmp_path), mode=mode, budgets=Budgets(**caps)) as again:  # type: ignore[arg-type]
            assert told(again.ask(asked)) == told(answers)
            assert again.budgets.cuts == waves.budgets.cuts
    assert len(double.asked) == 16


def test_a_call_is_cut_off_when_its_time_is_up(tmp_path: Path) -> None:
    budgets = Budgets(run=Budget(seconds=0.05))
    asked = [question("a")]
    with Waves(
        {"p": Scripted(latency_s=30)}, record=Record(tmp_path), mode="record", budgets=budgets
    ) as waves:
        answers = waves.ask(asked)
    assert answers[0].detail == "seconds of the run"
    assert budgets.spent().seconds < 5
    with Waves(
        {}, record=Record(tmp_path), mode="replay", budgets=Budgets(run=Budget(seconds=0.05))
    ) as again:
        assert told(again.ask(asked)) == told(answers)


def test_a_cap_reached_between_two_tries_is_replayed(tmp_path: Path) -> None:
    asked = [question("a"), question("b"), question("c")]
    caps = {"run": Budget(calls=5)}
    with Waves(
        {"p": after(2, reason="429")},
        record=Record(tmp_path),
        mode="record",
        budgets=Budgets(**caps),
        sleep=no_wait,
    ) as waves:
        answers = waves.ask(asked)
    assert [answer.reason for answer in answers] == ["budget"] * 3
    with Waves({}, record=Record(tmp_path), mode="replay", budgets=Budgets(**caps)) as again:
        assert told(again.ask(asked)) == told(answers)
        assert again.budgets.state()["spent"] == waves.budgets.state()["spent"]


def test_an_error_leaves_no_reservation_behind(tmp_path: Path) -> None:
    budgets = Budgets(run=Budget(calls=2))
    with Waves({}, record=Record(tmp_path), mode="replay", budgets=budgets) as waves:
        for _ in range(4):
            with pytest.raises(ReplayMiss):
                waves.ask([question()])
    assert budgets.spent().calls == 0
    assert not budgets.partial


def test_strict_budgets_raise() -> None:
    budgets = Budgets(run=Budget(calls=1), strict=True)
    words = "calls of the run does not allow call 1 of signal by 'a'"
    with Waves({"p": Scripted()}, budgets=budgets) as waves, pytest.raises(BudgetExceeded, match=words):
        waves.ask([question(index=0), question(index=1)])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mode": "replay"}, "mode: expected record or replay with a record"),
        ({"concurrency": 9}, "concurrency: expected 1 to 8, got 9"),
        ({"on_error": "ignore"}, "on_error"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Waves({}, **settings)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (question(provider="q"), "provider: nobody answers for q; configured: p"),
        (question(schema=record(a={"type": "string"})), r"schema: \$\.a: expected maxLength"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_call(request_: Request, words: str) -> None:
    double = Scripted()
    with Waves({"p": double}) as waves, pytest.raises(ConfigError, match=words):
        waves.ask([question(), request_])
    assert double.asked == []


def test_works_inside_a_running_loop() -> None:
    async def notebook() -> bool:
        with Waves({"p": Scripted()}) as waves:
            return waves.ask([question()])[0].ok and (await waves.answer([question("b")]))[0].ok

    assert asyncio.run(notebook())
