from __future__ import annotations

from typing import Any

import pytest

from quantrl.contest import Entities, Signal
from quantrl.contest.llm.schema import checked, parse
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.research_team.signal import REASONS, accept, signal_schema, unknown_names
from quantrl.contest.types import Evidence
from quantrl.errors import ConfigError
from quantrl.runs import canonical_json

NOW = 1_000
REFERENCES = {
    "f001": Reference("desk:0", "line", "AAA rises", ("AAA",), 900),
    "d001": Reference("00000000000000aa", "document", "BBB falls", ("BBB",), NOW),
    "d002": Reference("00000000000000bb", "document", "AAA again", ("AAA",), NOW + 1),
    "t01": Reference("t01", "tool", "screen(by news)", ("AAA", "CCC"), NOW),
    "t02": Reference("t02", "tool", "market_stats()", (), NOW),
}


def signal(symbol: str = "AAA", action: str = "buy", *refs: str, **changes: Any) -> dict[str, Any]:
    evidence = [{"ref": ref, "claim": f"see {ref}"} for ref in refs or ("f001",)]
    return {
        "symbol": symbol, "action": action, "probability": 60, "evidence": evidence, "limitations": ["may be wrong"],
    } | changes  # fmt: skip


def judged(*signals: dict[str, Any]) -> tuple[list[str], list[str]]:
    universe, tradable = Entities(["AAA", "BBB", "CCC"]), {"AAA", "BBB"}
    accepted, rejected = accept(signals, REFERENCES, universe, tradable, NOW)
    assert all(given in signals for given, _ in rejected)
    return [f"{one.action} {one.symbol}" for one in accepted], [why for _, why in rejected]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (signal("ZZZ"), "not_allowed"),
        (signal("CCC", "buy", "t01"), "not_tradable"),
        (signal(evidence=[]), "no_evidence"),
        (signal("AAA", "buy", "f001", "f009"), "unknown_ref"),
        (signal("AAA", "buy", "f001", "d002"), "not_available"),
        (signal("AAA", "buy", "d001", "t02"), "not_grounded"),
        (signal(limitations=["  "]), "no_limitation"),
        (signal(limitations=[]), "no_limitation"),
    ],
)
def test_each_reason_for_rejection(bad: dict[str, Any], reason: str) -> None:
    assert reason in REASONS
    good = signal("BBB", "sell", "d001")
    assert judged(bad, good) == (["sell BBB"], [reason])


def test_buying_and_selling_one_name_loses_both() -> None:
    assert judged(signal(), signal("BBB", "buy", "d001"), signal("AAA", "sell")) == (
        ["buy BBB"],
        ["contradiction"] * 2,
    )
    assert judged(signal(), signal("AAA", "sell", "d001")) == (["buy AAA"], ["not_grounded"])


def test_a_name_counts_once() -> None:
    assert judged(signal(), signal("AAA", "hold"), signal()) == (["buy AAA"], ["repeated", "repeated"])


def test_what_counts_cites_what_can_be_looked_up() -> None:
    given = signal("AAA", "buy", "f001", "t01", "d001", limitations=[" ", "thin"])
    accepted, _ = accept([given], REFERENCES, Entities(["AAA"]), {"AAA"}, NOW)
    evidence = (
        Evidence("desk:0", "see f001"),
        Evidence("t01", "see t01"),
        Evidence("00000000000000aa", "see d001"),
    )
    assert accepted == (Signal("AAA", "buy", 60, evidence, ("thin",)),)


def test_the_schema_bounds_what_can_be_written() -> None:
    schema = checked(signal_schema(["AAA", "BBB"], list(REFERENCES), ResearchLimits()))

    def problem(*signals: Any, reason: Any = None) -> str | None:
        return parse(canonical_json({"signals": list(signals), "abstain_reason": reason}), schema)[1]

    assert problem() is None
    assert problem(reason="nothing today") is None
    assert problem(signal()) is None
    for bad in (
        signal("ZZZ"), signal(action="short"), signal(probability=101), signal(probability=0.5), signal(evidence=[]),
        signal("AAA", "buy", *["f001"] * 21), signal("AAA", "buy", "f999"), signal(limitations=[]),
        signal(limitations=["x" * 201]), signal(evidence=[{"ref": "f001", "claim": "x" * 301}]), signal(weight=1.0),
    ):  # fmt: skip
        assert problem(bad) is not None
    assert problem(*[signal()] * 6) is not None
    with pytest.raises(ConfigError):
        signal_schema(["AAA"], [], ResearchLimits())


def test_names_beyond_what_an_enum_holds_are_checked_afterwards() -> None:
    symbols = [f"S{i:03d}" for i in range(300)]
    schema = checked(signal_schema(symbols, ["f001"], ResearchLimits()))
    answer, problem = parse(canonical_json({"signals": [signal("EVIL")], "abstain_reason": None}), schema)
    assert problem is None
    assert unknown_names(answer, symbols, ["f001"]) == (
        "$.signals[0].symbol: expected an allowed symbol, got 'EVIL'"
    )
    named = {"signals": [signal("S001", "buy", "f002")], "abstain_reason": None}
    assert unknown_names(named, symbols, ["f001"]) == (
        "$.signals[0].evidence[0].ref: expected an id of the data, got 'f002'"
    )
    assert unknown_names({"signals": [signal("S001")]}, symbols, ["f001"]) is None
