"""A recorded contest needs no model to be repeated, and what was altered is named."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contest.small_contest import config, run, talking, unsynced, world
from quantrl.contest import ContestRun, ContestTrade
from quantrl.contest.tools import Found
from quantrl.errors import ConfigError, DataError, ReplayMismatch, ReplayMiss

DAYS = 2
KEY = "sk-this-is-a-secret-0123456789"


@pytest.fixture(scope="module", autouse=True)
def _no_wait() -> Iterator[None]:
    with unsynced():
        yield


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContestRun:
    """Answered by a test double."""
    monkeypatch.setenv("DOUBLE_KEY", KEY)
    llm = {"provider": "scripted", "model": "double", "api_key_env": "DOUBLE_KEY"}
    return run(tmp_path / "run", config(DAYS, llm=llm), llms={"scripted": talking()})


def test_it_repeats_without_a_model(recorded: ContestRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    alone = ContestRun(recorded.config, *world(), recorded.folder, recorded.lines, "done")
    again = alone.replay(concurrency=3)
    assert again.digest() == recorded.digest()
    for name in (
        "ledger",
        "factor_ledger",
        "returns",
        "capital",
        "signals",
        "factors",
        "judgements",
        "weights",
    ):
        assert (again.folder / f"{name}.parquet").read_bytes() == (
            recorded.folder / f"{name}.parquet"
        ).read_bytes()
    lines = (again.folder / "calls.jsonl").read_text().splitlines()
    assert lines
    assert all('"hit":true' in line for line in lines)


def test_a_config_can_name_the_record(recorded: ContestRun, tmp_path: Path) -> None:
    llm = {"provider": "scripted", "model": "double", "mode": "replay", "replay": str(recorded.folder)}
    again = ContestTrade(config(DAYS, llm=llm), root=tmp_path).run(*world(), out=tmp_path / "again")
    assert again.digest() == recorded.digest()
    packed = tmp_path / "record.gz"
    from quantrl.contest.llm.record import Record

    Record(recorded.folder / "llm").pack(packed)
    llm["replay"] = str(packed)
    once_more = ContestTrade(config(DAYS, llm=llm), root=tmp_path).run(*world(), out=tmp_path / "packed")
    assert once_more.digest() == recorded.digest()
    llm["replay"] = str(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="no record"):
        ContestTrade(config(DAYS, llm=llm), root=tmp_path).run(*world(), out=tmp_path / "none")


def test_what_is_missing_or_altered_is_named(recorded: ContestRun) -> None:
    objects = sorted((recorded.folder / "llm" / "objects").rglob("*.json"))
    before = objects[0].read_bytes()
    objects[0].write_bytes(before[:60] + bytes([before[60] ^ 1]) + before[61:])
    with pytest.raises(DataError):
        recorded.replay()
    objects[0].unlink()
    with pytest.raises(ReplayMiss, match="on day 2030-01-2"):
        recorded.replay()
    objects[0].write_bytes(before)
    assert recorded.replay().digest() == recorded.digest()


def test_a_tool_that_finds_something_else_is_a_mismatch(
    recorded: ContestRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantrl.contest.steps import day

    made = day.make_docs
    monkeypatch.setattr(day, "make_docs", lambda s: made(s) | {"sources": {}})
    from quantrl.contest.steps import table

    table.cache_clear()
    try:
        with pytest.raises(ReplayMismatch, match="DOCS of 00013-2030-01-21 came out otherwise"):
            recorded.replay()
    finally:
        table.cache_clear()


def test_a_look_up_that_finds_something_else_is_named(
    recorded: ContestRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantrl.contest.tools import _tools, screen

    found = screen.TOOL.run
    monkeypatch.setattr(
        screen,
        "TOOL",
        replace(screen.TOOL, run=lambda args, scope: Found({"nothing": 0}, found(args, scope).rows)),
    )
    _tools.cache_clear()
    try:
        with pytest.raises((ReplayMismatch, ReplayMiss), match="catalyst"):
            recorded.replay()
    finally:
        _tools.cache_clear()


def test_no_file_holds_the_key(recorded: ContestRun) -> None:
    files = [path for path in recorded.folder.rglob("*") if path.is_file()]
    assert len(files) > 40
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
