from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from contest.research_team.worlds import HOUR, clock_of, document, growing, scope_of
from quantrl.contest.research_team.bench import Bench
from quantrl.contest.research_team.recheck import check_steps
from quantrl.contest.tokens import count
from quantrl.contest.tools import Found, Row, Scope, Tool, find_tools
from quantrl.contest.types import Document
from quantrl.errors import DataError, LookAheadError, ReplayMismatch
from quantrl.runs import canonical_json
from quantrl.units import NS_PER_DAY

T = 20


def bench_of(documents: list[Document] | None = None, tools: Any = None, limit: int = 500) -> Bench:
    panel = growing()
    scope = scope_of(panel, T, documents or [])
    return Bench(tools or find_tools(), scope, now=clock_of(panel).d(T), limit=limit)


def tool_of(run: Callable[[Mapping[str, Any], Scope], Found]) -> Tool:
    return Tool("odd", "Odd.", run)


def test_the_same_call_again_brings_the_first_answer() -> None:
    runs: list[int] = []

    def run(args: Mapping[str, Any], scope: Scope) -> Found:
        runs.append(len(runs))
        return Found({"run": runs[-1]})

    bench = bench_of(tools=[tool_of(run)])
    assert bench.call("odd", {}) is bench.call("odd", {})
    assert (runs, [seen.id for seen in bench.observations]) == ([0], ["t01"])
    full = bench_of()
    first = full.call("price_stats", {"symbol": "AAA", "days": 5})
    full.call("market_stats", {})
    assert full.call("price_stats", {"days": 5, "symbol": "AAA"}) is first
    assert full.call("price_stats", {"symbol": "AAA", "days": 6}).id == "t03"


def test_results_are_cut_to_the_limit_from_the_end() -> None:
    def run(args: Mapping[str, Any], scope: Scope) -> Found:
        return Found({"of": 40}, tuple(Row(f"row {i:03d}", (f"S{i}",)) for i in range(40)), ("AAA",))

    seen = bench_of(tools=[tool_of(run)], limit=50).call("odd", {})
    assert seen.tokens == count(canonical_json(seen.output)) <= 50
    kept = len(seen.output["rows"])
    assert 0 < kept < 40
    assert seen.output["left_out"] == 40 - kept
    assert seen.about == ("AAA", *(f"S{i}" for i in range(kept)))
    assert count(canonical_json({**seen.output, "rows": [*seen.output["rows"], f"row {kept:03d}"]})) > 50
    huge = bench_of(tools=[tool_of(lambda args, scope: Found({"text": "x" * 9_000}, (), ("AAA",)))]).call(
        "odd", {}
    )
    assert huge.tokens <= 500
    assert huge.output == {"note": "the result is longer than 500 tokens"}


def test_a_result_that_does_not_fit_is_about_nothing() -> None:
    bench = bench_of(tools=[tool_of(lambda args, scope: Found({"text": "x" * 9_000}, (), ("AAA",)))])
    assert bench.call("odd", {}).about == ()


def test_documents_found_keep_one_local_id() -> None:
    now = clock_of(growing()).d(T)
    documents = [document(i, now - i * HOUR, f"mill {('one', 'two', 'fire')[i]}", ("AAA",)) for i in range(3)]
    bench = bench_of(documents)
    first = bench.call("doc_search", {"query": "fire", "symbol": None, "days": 9})
    second = bench.call("doc_search", {"query": "mill", "symbol": "AAA", "days": 9})
    assert [row["id"] for row in first.output["rows"]] == ["d001"]
    ids = {row["title"]: row["id"] for row in second.output["rows"]}
    assert (ids["mill fire"], sorted(row["id"] for row in second.output["rows"])) == (
        "d001",
        ["d001", "d002", "d003"],
    )
    reference = bench.references["d001"]
    assert (reference.ref, reference.kind, reference.symbols) == (f"{2:016x}", "document", ("AAA",))
    assert set(bench.references) == {"t01", "t02", "d001", "d002", "d003"}


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("shell", {}, "expected one of price_stats, .*, got 'shell'"),
        ("price_stats", {"symbol": "ZZZ", "days": 5}, "symbol: expected one of the listed values"),
        ("price_stats", {"symbol": "AAA", "days": 251}, "days: expected 1 to 250, got 251"),
        ("price_stats", {"symbol": "AAA", "days": 5, "until": "2031-01-01"}, "unexpected until"),
        ("doc_search", {"query": "x" * 81, "symbol": None, "days": 5}, "query: expected 0 to 80 characters"),
        ("doc_search", {"query": "x", "symbol": None, "days": 31}, "days: expected 1 to 30"),
        ("screen", {"by": "future_return", "top": 5}, "by: expected one of the listed values"),
        ("screen", {"by": "news", "top": 21}, "top: expected 1 to 20"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_and_change_nothing(
    name: str, args: dict[str, Any], message: str
) -> None:
    bench = bench_of()
    with pytest.raises(DataError, match=message):
        bench.call(name, args)
    assert bench.observations == []


def test_a_tool_that_finds_tomorrow_is_caught() -> None:
    now = clock_of(growing()).d(T)
    late = document(7, now + 1, "tomorrow", ("AAA",))
    leaky = [
        tool_of(lambda args, scope: Found({}, (Row({"title": late.title}, ("AAA",), late),))),
        tool_of(lambda args, scope: Found({"r": float(scope.view.row("close", scope.view.n)[0])})),
        tool_of(
            lambda args, scope: Found({"n": len(scope.view.documents.search("x", until=now + NS_PER_DAY))})
        ),
    ]
    for tool in leaky:
        bench = bench_of(tools=[tool])
        with pytest.raises(LookAheadError):
            bench.call("odd", {})
        assert bench.observations == []


def test_a_scope_of_a_later_day_is_refused() -> None:
    panel = growing()
    clock = clock_of(panel)
    with pytest.raises(LookAheadError, match=f"tools: asked at {clock.d(T + 1)}; allowed is {clock.d(T)}"):
        Bench(find_tools(), scope_of(panel, T + 1), now=clock.d(T))


def test_a_replay_that_finds_something_else_says_where() -> None:
    def steps(days: int) -> list[dict[str, Any]]:
        bench = bench_of()
        seen = [bench.call("market_stats", {}), bench.call("price_stats", {"symbol": "AAA", "days": days})]
        return [{"step": "plan"}] + [
            {"step": "call", "tool": s.tool, "id": s.id, "sha256": s.sha256} for s in seen
        ]

    check_steps("a", "2030-01-21", steps(5), steps(5))
    with pytest.raises(
        ReplayMismatch, match="look-up 2 of agent 'a' on 2030-01-21: expected price_stats as t02"
    ):
        check_steps("a", "2030-01-21", steps(5), steps(6))
    with pytest.raises(ReplayMismatch, match="expected 2 look-ups, got 1"):
        check_steps("a", "2030-01-21", steps(5), steps(5)[:-1])
