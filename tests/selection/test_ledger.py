"""The ledger: what it refuses, what it shows when, and what a view can never reach."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.errors import DataError, LedgerError, LookAheadError
from quantrl.selection import Ledger, LedgerView
from quantrl.selection._ledger_view import ROW

SENTINEL = 0.123456789


def row(agent: Any = "a", decided: Any = 1, **given: Any) -> dict[str, Any]:
    """Clean rows, changed as asked; decided at t, effective a bar later, matured two bars later."""
    t = np.asarray(decided)
    times = {"decided": t, "effective": (t + 1).astype(np.int64), "matured": (t + 2).astype(np.int64)}
    return {
        "agent": agent if isinstance(agent, list) else [agent],
        **times,
        "gross": 0.01,
        "cost": 0.001,
        **given,
    }


def ledger(rows: int = 5) -> Ledger:
    made = Ledger(["a", "b"])
    for t in range(1, rows + 1):
        made.append(row(["a", "b"], t, gross=[0.01 * t, -0.01 * t]))
    return made


BAD = [
    ({"gross": np.nan}, "gross"),
    ({"gross": np.inf}, "gross"),
    ({"gross": -10.5}, "gross"),
    ({"cost": -0.1}, "cost"),
    ({"cost": np.nan}, "cost"),
    ({"exposure": -1.0}, "exposure"),
    ({"tokens": -1.0}, "tokens"),
    ({"usd": np.inf}, "usd"),
    ({"belief": 1.2}, "belief"),
    ({"belief": -0.1}, "belief"),
    ({"effective": 0}, "effective"),
    ({"matured": 2}, "matured"),
    ({"recorded": 0}, "recorded"),
    ({"acted": 0}, "gross"),
    ({"acted": 2}, "acted"),
    ({"decided": -1}, "decided"),
    ({"version": -1}, "version"),
    ({"version": 2**32}, "version"),
    ({"agent": [7]}, "agent"),
    ({"decided": 1.5}, "decided"),
    ({"gross": "x"}, "gross"),
    ({"nonsense": 1}, "nonsense"),
    ({"gross": [0.0, 0.0]}, "gross"),
]


@pytest.mark.parametrize(
    ("change", "column"), BAD, ids=[f"{c}-{next(iter(b))}-{i}" for i, (b, c) in enumerate(BAD)]
)
def test_a_bad_row_is_refused_whole_and_by_name(change: dict[str, Any], column: str) -> None:
    made = ledger()
    before, sha = made.frame(), made.sha256
    with pytest.raises(LedgerError, match=f"column '{column}'"):
        made.append(row("a", 10) | change)
    assert made.frame().equals(before)
    assert (made.sha256, len(made), made.agents) == (sha, 10, ("a", "b"))


def test_the_message_has_row_and_value() -> None:
    made = Ledger()
    with pytest.raises(LedgerError, match=r"row 1, column 'gross'.*got 11\.0"):
        made.append(row(["a", "b"], gross=[0.0, 11.0]))
    assert made.agents == ()
    with pytest.raises(LedgerError, match="'matured' is missing"):
        made.append({"agent": ["a"], "decided": 1, "effective": 2, "gross": 0.0})


def test_mixed_horizons_are_refused_within_a_batch_and_against_the_past() -> None:
    made = ledger()
    with pytest.raises(LedgerError, match="row 1, column 'matured': expected 12"):
        made.append(row(["a", "b"], 10, matured=[12, 13]))
    with pytest.raises(LedgerError, match="column 'matured': expected 7"):
        made.append(row("c", 5, matured=8))


def test_a_repeated_key_must_be_recorded_later() -> None:
    made = ledger()
    with pytest.raises(LedgerError, match="column 'recorded'"):
        made.append(row("a", 3))
    made.append(row("a", 3, gross=0.5, recorded=40))
    with pytest.raises(LedgerError, match="column 'recorded'"):
        made.append(row("a", 3, gross=0.6, recorded=40))
    assert made.as_of(39)["gross"][2 * 2] == pytest.approx(0.03)
    newest = made.as_of(40)
    assert len(newest) == 10
    assert newest.n_rows == 11
    assert sorted(newest["gross"])[-1] == 0.5
    assert newest.delta(39)["gross"].tolist() == [0.5]


def test_two_versions_of_one_decision_are_two_rows() -> None:
    made = ledger()
    made.append(row("a", 3, version=1, gross=0.2, recorded=50))
    assert len(made.as_of(50)) == 11


def test_availability_is_the_later_of_matured_and_recorded() -> None:
    made = Ledger(["a"])
    made.append(row("a", 1, recorded=9))
    made.append(row("a", 2, recorded=3))
    assert [len(made.as_of(t)) for t in (2, 3, 4, 8, 9)] == [0, 0, 1, 1, 2]
    assert made.as_of(9).delta(4)["decided"].tolist() == [1]


def test_a_late_row_never_alters_an_answer_already_given() -> None:
    made = ledger()
    answer = made.as_of(20)
    content, sha = answer.rows.tobytes(), answer.sha256
    with pytest.raises(LedgerError, match="column 'recorded'.*already given"):
        made.append(row("b", 9))
    made.append(row("b", 9, recorded=21))
    again = made.as_of(20)
    assert again.rows.tobytes() == content == answer.rows.tobytes()
    assert again.sha256 == sha == answer.sha256
    assert len(made.as_of(21)) == len(answer) + 1


def test_views_are_sorted_and_sliced_by_time() -> None:
    made = Ledger(["a", "b", "c"])
    made.append(row(["c", "a", "b"], 2, recorded=[9, 9, 4]))
    made.append(row(["b", "a"], 1))
    rows = made.as_of(9).rows
    assert list(zip(rows["agent"], rows["decided"], strict=True)) == [(0, 1), (1, 1), (1, 2), (0, 2), (2, 2)]
    assert made.as_of(3).agents == ("a", "b")
    assert made.as_of(0).agents == ()
    assert made.as_of(4).newest_matured == 4
    assert made.as_of(0).newest_matured is None


def test_delta_joins_to_the_whole() -> None:
    made = ledger(30)
    whole = made.as_of(100)
    parts = [made.as_of(t).delta(t - 1).rows for t in range(101)]
    assert np.concatenate(parts).tobytes() == whole.rows.tobytes()
    with pytest.raises(LookAheadError):
        made.as_of(5).delta(made.as_of(6))
    with pytest.raises(DataError, match="expected one of agent"):
        whole["price"]


def test_columns_cannot_be_written() -> None:
    view = ledger().as_of(100)
    for values in (view.rows, view["gross"], view.delta(3).rows, view.delta(6).rows):
        with pytest.raises(ValueError, match="read-only"):
            values[...] = values[0]
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.delta(6).rows.flags.writeable = True
    with pytest.raises(AttributeError):
        view.t = 200  # type: ignore[misc]


def _reachable(root: object) -> list[Any]:
    found: dict[int, Any] = {}
    stack = [root]
    while stack:
        item = stack.pop()
        if id(item) in found or isinstance(item, type) or getattr(item, "__name__", None):
            continue
        found[id(item)] = item
        stack += gc.get_referents(item)
        if isinstance(item, np.ndarray) and item.base is not None:
            stack.append(item.base)
    return list(found.values())


def test_the_future_cannot_be_reached_from_a_view() -> None:
    made = ledger(8)
    made.append(row("a", 50, gross=SENTINEL))
    made.append(row("a", 60, gross=SENTINEL, recorded=70))
    pattern = np.float64(SENTINEL).tobytes()
    early = made.as_of(20)
    late = made.as_of(100)
    assert any(pattern in item for item in _reachable(late) if isinstance(item, bytes))
    for item in _reachable(early):
        assert not isinstance(item, Ledger)
        if isinstance(item, bytes):
            assert pattern not in item
        if isinstance(item, np.ndarray):
            assert pattern not in item.tobytes()


def test_round_trip_through_parquet(tmp_path: Path) -> None:
    made = ledger(40)
    made.append(row("c", 20, family="llm", belief=0.25, tokens=12.0, usd=0.5, recorded=90))
    made.append(row("a", 3, gross=0.5, recorded=95))
    made.to_parquet(tmp_path / "ledger.parquet")
    again = Ledger.from_parquet(tmp_path / "ledger.parquet", agents=made.agents)
    assert again.frame().equals(made.frame())
    assert again.sha256 == made.sha256
    for t in (0, 10, 41, 90, 95):
        assert again.as_of(t).sha256 == made.as_of(t).sha256
    assert pl.read_parquet(tmp_path / "ledger.parquet")["agent"].dtype == pl.String


def test_digest_does_not_depend_on_batches() -> None:
    one, many = Ledger(["a", "b"]), Ledger(["a", "b"])
    one.append(row(["a", "b", "a"], [1, 1, 2], gross=[0.1, 0.2, 0.3]))
    many.append(row("a", 2, gross=0.3))
    many.append(row("b", 1, gross=0.2))
    many.append(row("a", 1, gross=0.1))
    assert one.as_of(9).sha256 == many.as_of(9).sha256 == many.sha256
    many.append(row("b", 9))
    assert many.sha256 != one.sha256


@pytest.mark.parametrize("content", ["text", "truncated", "column", "null", "absent"])
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ledger.parquet"
    made = ledger()
    made.to_parquet(file)
    if content == "text":
        file.write_text("agent,decided\n")
    elif content == "truncated":
        file.write_bytes(file.read_bytes()[:-30])
    elif content == "column":
        made.frame().drop("usd").write_parquet(file)
    elif content == "null":
        made.frame().with_columns(
            gross=pl.when(pl.col("decided") == 2).then(None).otherwise("gross")
        ).write_parquet(file)
    else:
        file.unlink()
    with pytest.raises(LedgerError) as caught:
        Ledger.from_parquet(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(0, 30), st.floats(-1, 1)),
        min_size=1,
        max_size=40,
        unique_by=lambda row: row[:2],
    ),
    st.lists(st.integers(0, 80), min_size=1, max_size=6),
)
def test_as_of_is_the_filter_it_claims_to_be(
    rows: list[tuple[int, int, int, float]], times: list[int]
) -> None:
    made = Ledger(["a", "b", "c", "d"])
    for agent, decided, lag, gross in rows:
        made.append(row(made.agents[agent], decided, gross=gross, recorded=decided + lag))
    for t in times:
        view = made.as_of(t)
        expected = sorted((max(d + 2, d + lag), a, d, g) for a, d, lag, g in rows if max(d + 2, d + lag) <= t)
        assert isinstance(view, LedgerView)
        got = [(max(r["matured"], r["recorded"]), r["agent"], r["decided"], r["gross"]) for r in view.rows]
        assert got == expected


def test_a_batch_with_an_agent_without_a_name_adds_nothing() -> None:
    ledger = Ledger(["old"])
    rows = {"agent": ["new", ""], "decided": 0, "effective": 1, "matured": 2, "gross": 0.0}
    with pytest.raises(LedgerError, match="row 1, column 'agent': expected a name"):
        ledger.append(rows)
    assert (ledger.agents, len(ledger)) == (("old",), 0)


def test_rows_of_a_family_nobody_registered_are_refused() -> None:
    ledger = Ledger(["a"])
    ledger.append({"agent": ["a"], "decided": 0, "effective": 1, "matured": 2, "gross": 0.0})
    rows = np.frombuffer(ledger.rows_bytes(), dtype=ROW).copy()
    rows["family"], rows["decided"], rows["effective"], rows["matured"], rows["recorded"] = 9, 5, 6, 7, 7
    for add in (Ledger.append_rows, lambda made, batch: made.append_bytes(batch.tobytes())):
        with pytest.raises(LedgerError, match="row 0, column 'family': expected a number below 1; got 9"):
            add(ledger, rows)
        assert len(ledger) == 1
    rows["family"], rows["acted"] = 0, 7
    with pytest.raises(LedgerError, match="row 0, column 'acted'"):
        ledger.append_rows(rows)
