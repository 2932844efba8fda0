"""Each tool by values worked out by hand, and none of them later than its view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from contest.research_team.worlds import HOUR, START, clock_of, document, growing, panel_of, scope_of
from quantrl import registry
from quantrl.contest import ContestView, DocumentStore, Entities
from quantrl.contest.fundamentals import Figure, Fundamentals
from quantrl.contest.llm.schema import checked, parse
from quantrl.contest.llm.scripted import some_value
from quantrl.contest.own_record import OwnRecord, PastSignal
from quantrl.contest.tools import DEFAULT, PACKAGE, Found, LineShown, Scope, act_schema, find_tools
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.runs import canonical_json
from quantrl.units import NS_PER_DAY

MOVES = [
    [100.0, 50.0, 20.0],
    [110.0, 50.0, 20.0],
    [99.0, 50.0, 20.0],
    [99.0, 50.0, 20.0],
    [108.9, 50.0, 19.0],
]
MOVES += [[1.0, 1.0, 1.0]] * 2


def run(name: str, scope: Scope, **args: Any) -> Found:
    tool = registry.load(PACKAGE, name).TOOL
    call = canonical_json({"tool": name, **args})
    _, problem = parse(call, checked(tool.schema(scope.universe.symbols)))
    assert problem is None
    found: Found = tool.run(args, scope)
    return found


def past(day: int, symbol: str, action: Any, probability: int, realised: float, lag: int = 2) -> PastSignal:
    at = START + day * NS_PER_DAY
    return PastSignal(day, at, at + lag * NS_PER_DAY, symbol, action, probability, realised)


def test_price_stats_by_hand() -> None:
    found = run("price_stats", scope_of(panel_of(MOVES), 5), symbol="AAA", days=10)
    assert found.symbols == ("AAA",)
    assert found.facts == {
        "symbol": "AAA",
        "from": "2030-01-01",
        "to": "2030-01-05",
        "returns": 4,
        "change_pct": 8.9,
        "volatility_pct": 9.57,
        "best_pct": 10.0,
        "worst_pct": -10.0,
        "drawdown_pct": -10.0,
        "place_in_range": 0.9,
        "last_pct": [10.0, -10.0, 0.0, 10.0],
    }
    two = run("price_stats", scope_of(panel_of(MOVES), 5), symbol="AAA", days=2).facts
    assert (two["returns"], two["change_pct"], two["last_pct"]) == (2, 10.0, [0.0, 10.0])


def test_price_stats_says_what_it_does_not_know() -> None:
    early = run("price_stats", scope_of(panel_of(MOVES), 1), symbol="AAA", days=10)
    assert (early.facts, early.symbols) == (
        {"symbol": "AAA", "note": "fewer than two closes in this span"},
        (),
    )
    holes = np.array(MOVES)
    holes[:, 1] = np.nan
    assert "note" in run("price_stats", scope_of(panel_of(holes), 5), symbol="BBB", days=10).facts
    foreign = replace(scope_of(panel_of(MOVES), 5), universe=Entities(["AAA", "ZZZ"]))
    assert run("price_stats", foreign, symbol="ZZZ", days=10).facts["note"] == "this run has no prices of it"


def test_price_levels_are_never_told() -> None:
    """Levels adjusted backwards hold later splits; the same returns at another level must read the same."""
    for name, args in (
        ("price_stats", {"symbol": "AAA", "days": 10}),
        ("market_stats", {}),
        ("screen", {"by": "momentum_5", "top": 3}),
    ):
        one = run(name, scope_of(growing(), 25), **args)
        other = run(name, scope_of(panel_of(growing()["close"] * 0.125), 25), **args)
        assert one == other


def test_market_stats_by_hand() -> None:
    facts = run("market_stats", scope_of(panel_of(MOVES), 5)).facts
    assert facts == {
        "day": "2030-01-05", "symbols": 3, "up": 1, "down": 1, "mean_pct": 1.67, "median_pct": 0.0,
        "spread_pct": 7.64, "mean_5_pct": None, "mean_20_pct": None, "mean_volatility_pct": None,
    }  # fmt: skip
    later = run("market_stats", scope_of(growing(), 25)).facts
    assert (later["mean_5_pct"], later["mean_20_pct"]) == (
        0.07,
        1.27,
    )  # (5.101 - 4.901)/3, (22.019 - 18.209)/3
    assert "note" in run("market_stats", scope_of(panel_of(MOVES), 1)).facts


def test_screen_by_each_measure() -> None:
    panel = growing(30, rates=(0.01, 0.0, -0.02))
    now = clock_of(panel).d(25)
    news = [document(i, now - i * HOUR, f"note {i}", ("CCC",) if i else ("BBB", "CCC")) for i in range(3)]
    news.append(document(9, now - 4 * NS_PER_DAY, "old", ("AAA",)))
    scope = scope_of(panel, 25, news)
    assert _table("momentum_5", scope) == [["AAA", 5.1], ["BBB", 0.0], ["CCC", -9.61]]
    assert _table("momentum_20", scope, top=1) == [["AAA", 22.02]]
    assert _table("reversal_1", scope) == [["CCC", 2.0], ["BBB", 0.0], ["AAA", -1.0]]
    assert _table("news", scope) == [["CCC", 3], ["BBB", 1]]
    assert _table("volume", scope) == []
    volume = np.full((30, 3), 100.0)
    volume[24] = [100.0, 300.0, 50.0]
    loud = scope_of(panel.with_columns(volume=volume), 25)
    assert _table("volume", loud) == [["BBB", 172.73], ["AAA", 0.0], ["CCC", -48.72]]  # 300/110, 50/97.5
    shaky = growing()["close"].copy()
    shaky[::2, 0] *= 1.1
    assert [row[0] for row in _table("low_volatility", scope_of(panel_of(shaky), 25), top=2)] == [
        "BBB",
        "CCC",
    ]


def test_screen_leaves_out_what_cannot_be_traded_or_is_not_allowed() -> None:
    tradable = np.ones((30, 3), dtype=np.bool_)
    tradable[:, 0] = False
    panel = panel_of(growing()["close"], tradable=tradable)
    assert [row[0] for row in _table("momentum_5", scope_of(panel, 25))] == ["BBB", "CCC"]
    few = replace(scope_of(growing(), 25), universe=Entities(["CCC"]))
    found = run("screen", few, by="momentum_5", top=5)
    assert ([row.value for row in found.rows], found.facts["of"]) == ([["CCC", -4.9]], 1)


def _table(by: str, scope: Scope, top: int = 20) -> list[Any]:
    found = run("screen", scope, by=by, top=top)
    assert [row.symbols for row in found.rows] == [(row.value[0],) for row in found.rows]
    return [row.value for row in found.rows]


def test_doc_search_finds_words_symbols_and_days() -> None:
    panel = growing()
    now = clock_of(panel).d(20)
    documents = [
        document(1, now - HOUR, "mill opens", ("AAA",), "x" * 300),
        document(2, now - 5 * NS_PER_DAY, "mill burns", ("BBB", "QQQ")),
        document(3, now - HOUR, "harbour quiet", ("AAA",)),
        document(4, now + 1, "mill tomorrow", ("AAA",)),
    ]
    scope = scope_of(panel, 20, documents)
    found = run("doc_search", scope, query="mill", symbol=None, days=30)
    assert [row.value["title"] for row in found.rows] == ["mill burns", "mill opens"]
    assert found.rows[0].symbols == ("BBB",)
    assert found.rows[1].value == {
        "date": "2030-01-21", "title": "mill opens", "text": "x" * 120, "symbols": ["AAA"],
    }  # fmt: skip
    assert [r.value["title"] for r in run("doc_search", scope, query="mill", symbol="AAA", days=30).rows] == [
        "mill opens"
    ]
    assert len(run("doc_search", scope, query="mill", symbol=None, days=2).rows) == 1
    assert run("doc_search", scope, query="unheard", symbol=None, days=30).facts == {
        "note": "no document fits"
    }


def test_factor_lines_of_one_symbol() -> None:
    lines = (LineShown("f001", "AAA rises", ("AAA",)), LineShown("f002", "both", ("AAA", "BBB")))
    scope = scope_of(growing(), 20, lines=lines)
    found = run("factor_lines", scope, symbol="BBB")
    assert [(row.value, row.symbols) for row in found.rows] == [({"line": "f002", "text": "both"}, ("BBB",))]
    none = run("factor_lines", scope, symbol="CCC")
    assert (none.rows, none.symbols, none.facts["note"]) == ((), (), "no line is about it")


def test_own_record_counts_buys_and_sells() -> None:
    own = OwnRecord(
        (past(1, "AAA", "buy", 60, 0.02), past(2, "BBB", "sell", 70, -0.01), past(3, "AAA", "hold", 50, 0.5))
    )
    found = run("own_record", scope_of(growing(), 20, own=own))
    assert found.facts == {"signals": 2, "hit_rate": 0.5, "mean_stated": 0.65, "mean_net_pct": 0.5}
    assert [row.value for row in found.rows] == [
        ["2030-01-03", "sell", "BBB", 70, -1.0],
        ["2030-01-02", "buy", "AAA", 60, 2.0],
    ]
    assert found.symbols == ()
    assert run("own_record", scope_of(growing(), 20)).facts["signals"] == 0


def test_fundamentals_are_known_when_filed() -> None:
    panel = growing()
    now = clock_of(panel).d(20)
    figures = [
        Figure("AAA", now - NS_PER_DAY, "eps", 1.5, "2029Q4"),
        Figure("AAA", now - 90 * NS_PER_DAY, "eps", 1.2, "2029Q3"),
        Figure("AAA", now - HOUR, "eps", 1.4, "2029Q4"),
        Figure("AAA", now, "sales", 9.0, "2029Q4"),
        Figure("AAA", now + 1, "eps", 99.0, "2030Q1"),
    ]
    filed = Fundamentals(figures).as_of(now)
    found = run("fundamentals", scope_of(panel, 20, fundamentals=filed), symbol="AAA")
    assert [row.value for row in found.rows] == [
        {"name": "eps", "value": 1.4, "period": "2029Q4", "filed": "2030-01-21", "before": 1.2},
        {"name": "sales", "value": 9.0, "period": "2029Q4", "filed": "2030-01-21", "before": None},
    ]
    nothing = run("fundamentals", scope_of(panel, 20), symbol="AAA")
    assert (nothing.rows, nothing.symbols, nothing.facts["note"]) == (
        (),
        (),
        "this run was given no fundamentals",
    )
    unfiled = run("fundamentals", scope_of(panel, 20, fundamentals=filed), symbol="BBB")
    assert (unfiled.symbols, unfiled.facts["note"]) == ((), "nothing was filed by now")


def test_nothing_of_later_gets_into_a_scope() -> None:
    panel = growing()
    clock = clock_of(panel)
    with pytest.raises(LookAheadError, match=r"own record: the signal on 'AAA' of day 19 matures"):
        scope_of(panel, 20, own=OwnRecord((past(19, "AAA", "buy", 60, 0.1),)))
    assert OwnRecord.of([past(19, "AAA", "buy", 60, 0.1)], clock.d(20)) == OwnRecord()
    late = Fundamentals([]).as_of(clock.d(20) + 1)
    with pytest.raises(LookAheadError, match="fundamentals of"):
        scope_of(panel, 20, fundamentals=late)
    with pytest.raises(DataError, match="matured_at"):
        past(5, "AAA", "buy", 60, 0.0, lag=-1)


@pytest.mark.parametrize("name", DEFAULT)
def test_what_is_later_changes_no_answer(name: str) -> None:
    panel = growing()
    clock = clock_of(panel)
    now = clock.d(22)
    closes = panel["close"].copy()
    closes[22:] *= np.random.default_rng(3).uniform(0.5, 2.0, (8, 3))
    seen = [document(i, now - i * HOUR, f"AAA item {i}", ("AAA",)) for i in range(4)]
    unseen = [document(100 + i, now + 1 + i, f"AAA item {i}", ("AAA",)) for i in range(9)]
    lines = (LineShown("f001", "AAA rises", ("AAA",)),)
    tool = registry.load(PACKAGE, name).TOOL
    for draw in range(5):
        args = some_value(tool.schema(panel.instruments), f"{name}{draw}")
        args.pop("tool")
        before = tool.run(args, scope_of(panel, 22, seen, lines=lines))
        assert tool.run(args, scope_of(panel_of(closes), 22, seen + unseen, lines=lines)) == before


def test_a_tool_that_looks_a_day_ahead_is_stopped_by_its_view() -> None:
    panel = growing()
    scope = scope_of(panel, 20, [document(1, START, "x")])
    with pytest.raises(LookAheadError, match="bar 20 is not known yet"):
        scope.view.row("close", scope.view.n)
    with pytest.raises(LookAheadError, match="asked for; allowed is"):
        scope.view.documents.search("x", until=scope.view.now + NS_PER_DAY)
    with pytest.raises(LookAheadError, match="are shown at"):
        ContestView(panel.as_of(scope.view.now), DocumentStore([]).as_of(scope.view.now + NS_PER_DAY))


def test_tools_are_found_by_name_and_bounded() -> None:
    assert sorted(DEFAULT) == registry.members(PACKAGE)
    tools = find_tools()
    checked(act_schema(tools, ["AAA"]))
    checked(act_schema(tools, [f"S{i:04d}" for i in range(900)]))
    assert all(tool.summary for tool in tools)
    with pytest.raises(ConfigError, match="unknown tools 'shell'"):
        find_tools(("shell", "final"))
    with pytest.raises(ConfigError, match="with final among them"):
        find_tools(("screen",))
