"""A record gives back what was said, to the byte, and says what it has not."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contest.llm.questions import SCHEMA, no_wait, question, told
from quantrl.contest.llm.budget import Budget, Budgets
from quantrl.contest.llm.cost import cost_table
from quantrl.contest.llm.entry import request_key
from quantrl.contest.llm.offline import no_network
from quantrl.contest.llm.prices import Price, Prices
from quantrl.contest.llm.protocol import Message, Request, Transient
from quantrl.contest.llm.record import Record, Replay
from quantrl.contest.llm.schema import record, whole
from quantrl.contest.llm.scripted import Scripted, some_value
from quantrl.contest.llm.waves import Waves
from quantrl.errors import DataError, ReplayMiss, RunError

DAYS = [f"2030-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(60)]
TASKS = ("judge", "signal")


def moody(seen: Counter[str]) -> Any:
    """Replies well, badly, late or never, as the question has it."""

    def script(request: Request) -> Any:
        key = request_key(request)
        seen[key] += 1
        mood = hashlib.sha256(request.messages[1].content.encode()).digest()[0]
        if mood < 24 and seen[key] <= 2:
            return Transient("busy", reason="429", retry_after=3.0, spends=mood % 2 == 0)
        if mood < 40 or (mood < 60 and len(request.messages) == 2):
            return "I would rather not."
        return some_value(request.schema, key)

    return script


def live(waves: Waves, days: list[str]) -> bytes:
    """Sixty days of a contest's questions, each made of the answers before."""
    said, before = b"", ""
    for day in days:
        for task in TASKS:
            asked = [
                question(
                    agent,
                    i,
                    day,
                    task=task,
                    messages=(Message("system", task), Message("user", f"{day} {agent} {i} {before}")),
                )
                for agent in ("hare", "fox", "owl")
                for i in range(2)
            ]
            said += told(waves.ask(asked))
            before = hashlib.sha256(said).hexdigest()
    return said + json.dumps(waves.budgets.state()["spent"]).encode() + repr(waves.budgets.cuts).encode()


def budgets() -> Budgets:
    return Budgets(day=Budget(calls=17), agent=Budget(output_tokens=1_000))


@pytest.fixture(scope="module")
def sixty_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, int]:
    path = tmp_path_factory.mktemp("record")
    double = Scripted(moody(Counter()))
    with Waves({"p": double}, record=Record(path), mode="record", budgets=budgets(), sleep=no_wait) as waves:
        said = live(waves, DAYS)
    return path, said, len(double.asked)


def test_sixty_days_replay_to_equal_bytes_without_a_socket(
    sixty_days: tuple[Path, bytes, int], tmp_path: Path
) -> None:
    path, said, calls = sixty_days
    assert calls > 60 * 11
    assert b"budget" in said
    assert b"schema" in said
    packed = Record(path).pack(tmp_path / "record.gz")
    for source in (path, packed):
        before = sorted((file, file.read_bytes()) for file in path.rglob("*") if file.is_file())
        with no_network(), Waves({}, record=Record(source), mode="replay", budgets=budgets()) as waves:
            assert live(waves, DAYS) == said
        assert all(line["hit"] for line in waves.lines)
        assert sorted((file, file.read_bytes()) for file in path.rglob("*") if file.is_file()) == before


def test_a_record_is_asked_before_a_model(sixty_days: tuple[Path, bytes, int]) -> None:
    path, said, _ = sixty_days
    double = Scripted()
    with Waves({"p": double}, record=Record(path), mode="record", budgets=budgets(), sleep=no_wait) as waves:
        assert live(waves, DAYS) == said
    assert double.asked == []


def test_a_resumed_call_counts_once(sixty_days: tuple[Path, bytes, int]) -> None:
    path, _, calls = sixty_days
    table = cost_table(Record(path).calls())
    assert [(row.agent, row.task) for row in table] == [
        (a, t) for a in ("fox", "hare", "owl") for t in sorted(TASKS)
    ]
    assert sum(row.hits for row in table) == 0
    assert sum(row.replies for row in table) < sum(row.calls for row in table) <= calls
    assert all(row.usd is None for row in table)
    free = Prices("2030-01-01", {("p", "*"): Price(0, 0)})
    assert all(row.usd == 0 for row in cost_table(Record(path).calls(), free))


def recorded(path: Path, *requests: Request) -> Record:
    with Waves({"p": Scripted()}, record=Record(path), mode="record") as waves:
        waves.ask(requests)
    return Record(path)


def replay(record_: Record, request: Request) -> Any:
    with Waves({}, record=record_, mode="replay") as waves:
        return waves.ask([request])[0].parsed


def object_file(path: Path, request: Request) -> Path:
    key = request_key(request)
    return path / "objects" / key[:2] / f"{key}.json"


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    asked = question("owl", 2, "2030-05-06", task="judge")
    record_ = recorded(tmp_path, asked)
    object_file(tmp_path, asked).unlink()
    with pytest.raises(
        ReplayMiss, match=r"judge by agent 'owl' on day 2030-05-06, call 2: its object .* is gone.*'Rate it"
    ):
        replay(record_, asked)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"messages": (Message("system", "Rate it."), Message("user", "a 0 2030-01-03"))},
            r"message 1 \(user\) differs at character 13: recorded '2', asked '3'",
        ),
        (
            {"messages": (Message("system", "Judge it."), Message("user", "x"))},
            r"message 0 \(system\) differs at character 0",
        ),
        ({"messages": (Message("system", "Rate it."),)}, "recorded 2 messages, asked 1"),
        ({"temperature": 0.5}, "temperature: recorded 0.0, asked 0.5"),
        ({"model": "other"}, 'model: recorded "m", asked "other"'),
        ({"tags": {"agent": "b", "day": "2030-01-02", "index": 0}, "seed": 8}, "nothing was recorded there"),
    ],
)
def test_a_miss_names_the_first_difference(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    record_ = recorded(tmp_path, question())
    with pytest.raises(ReplayMiss, match=words):
        replay(record_, question(**changes))


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    asked = question()
    record_ = recorded(tmp_path, asked)
    file = object_file(tmp_path, asked)
    whole_file = file.read_bytes()
    for i in range(len(whole_file)):
        file.write_bytes(whole_file[:i] + bytes([whole_file[i] ^ 1]) + whole_file[i + 1 :])
        with pytest.raises(DataError, match=f"object {request_key(asked)}"):
            record_.get(asked)
    file.write_bytes(whole_file)
    assert record_.get(asked) is not None


def test_an_object_under_another_name_is_found(tmp_path: Path) -> None:
    one, two = question(index=1), question(index=2)
    record_ = recorded(tmp_path, one, two)
    object_file(tmp_path, one).write_bytes(object_file(tmp_path, two).read_bytes())
    with pytest.raises(DataError, match="holds the answer to"):
        replay(record_, one)


def test_the_key_is_blind_to_where_a_question_stands() -> None:
    asked = question()
    for changes in (
        {"tags": {}},
        {"tags": {"run": "r2", "url": "http://x", "day": "2031-01-01"}},
        {"payload": {"a": 1}},
        {"task": "judge"},
    ):
        assert request_key(replace(asked, **changes)) == request_key(asked)
    assert request_key(replace(asked, temperature=0)) == request_key(asked)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "tool"},
        {"provider": "q"},
        {"model": "m2"},
        {"messages": (Message("system", "Rate it!"), Message("user", "a 0 2030-01-02"))},
        {"schema": record(rating=whole(-2, 1))},
        {"temperature": 0.1},
        {"seed": 8},
        {"max_tokens": 61},
        {"sample": 1},
    ],
)
def test_the_key_depends_on_each_of_nine_fields(changes: dict[str, Any]) -> None:
    assert request_key(replace(question(), **changes)) != request_key(question())


def test_the_key_is_pinned() -> None:
    assert request_key(question()) == "2cb9ee4ec428802f9a781f65620217e0d84819920c6e67eba61fd58d8e82c343"


def test_replay_is_an_analyst(tmp_path: Path) -> None:
    record_ = recorded(tmp_path, question())
    analyst = Replay(record_)
    assert asyncio.run(analyst.complete(question())).parsed == replay(record_, question())
    with pytest.raises(ReplayMiss):
        asyncio.run(analyst.complete(question("b")))
    assert analyst.kind == "replay"
    assert analyst.name.startswith("m, recorded 20")


def test_a_torn_line_is_cut_and_the_rest_goes_on(tmp_path: Path) -> None:
    recorded(tmp_path, question(index=1))
    calls = tmp_path / "calls.jsonl"
    calls.write_bytes(calls.read_bytes() + b'{"agent": "a", "da')
    assert len(Record(tmp_path).calls()) == 1
    recorded(tmp_path, question(index=2))
    assert [line["index"] for line in Record(tmp_path).calls()] == [1, 2]


def test_a_damaged_line_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, question(index=1))
    (tmp_path / "calls.jsonl").write_bytes(b"{]\n")
    with pytest.raises(DataError, match=r"calls\.jsonl: a damaged line"):
        Record(tmp_path).calls()


def test_packing_gives_equal_bytes_and_is_read_only(tmp_path: Path) -> None:
    record_ = recorded(tmp_path / "r", question(), question("b"))
    packed = record_.pack(tmp_path / "a.gz")
    assert packed.read_bytes() == record_.pack(tmp_path / "b.gz").read_bytes()
    assert Record(packed).calls() == record_.calls()
    assert Record(packed).about == record_.about
    with pytest.raises(RunError, match="only read"):
        Record(packed).log([{"day": "x"}])
    with pytest.raises(RunError, match="no record to pack"):
        Record(tmp_path / "absent").pack(tmp_path / "c.gz")


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b'["../../etc/passwd", "x"]\n', mtime=0),
        gzip.compress(b'["objects/aa/x.json", "x"]\n', mtime=0),
        gzip.compress(b'["calls.jsonl", 5]\n', mtime=0),
        gzip.compress(b"{}\n", mtime=0),
        gzip.compress(b'["calls.jsonl", "x"]\n', mtime=0)[:-9],
    ],
)
def test_a_packed_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gz").write_bytes(content)
    with pytest.raises(DataError, match="no packed record"):
        Record(tmp_path / "x.gz")


def test_replies_are_read_again_by_the_schema(tmp_path: Path) -> None:
    asked = question()
    record_ = recorded(tmp_path, asked)
    entry = record_.get(asked)
    assert entry is not None
    assert entry.completion is not None
    assert entry.completion.parsed == some_value(SCHEMA, request_key(asked))
    assert entry.completion.kind == "scripted"
