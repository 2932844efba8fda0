from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from live.conftest import Finished
from live.rechained import rechain
from quantrl.errors import DataError, ReplayMismatch
from quantrl.live import events, export, replay, verify
from quantrl.live._decision import decision, view_sha256
from quantrl.live.snapshots import Snapshots
from quantrl.live.storage import Storage


def head(finished: Finished) -> int:
    """The last ord of the book."""
    found = verify(finished.folder).head
    assert found is not None
    return found.ord


def test_the_whole_book_and_any_range_of_it_come_out_the_same(finished: Finished) -> None:
    whole = replay(finished.folder, panel=finished.panel)
    last = head(finished)
    assert last > 5_000
    assert (whole.first, whole.last, whole.snapshot, whole.taken) == (1, last, "", 0)
    assert whole.inputs + whole.outputs == last
    part = replay(finished.folder, 4_000, 4_050, finished.panel)
    assert part.first <= 4_000 <= 4_050 <= part.last
    assert part.inputs + part.outputs == part.last - part.first + 1
    assert part.snapshot == Snapshots(Storage(finished.folder / "snapshots")).newest_good(4_000).name  # type: ignore[union-attr]


def test_a_range_is_told_from_what_lies_outside_it(finished: Finished, tmp_path: Path) -> None:
    folder = finished.copy(tmp_path / "book")
    other = rechain(folder, events.Verdict, lambda v: v._replace(limit=v.limit + 1), skip=30)
    for old in (folder / "snapshots").iterdir():
        old.unlink()
    with pytest.raises(ReplayMismatch, match=f"event {other}:"):
        replay(folder, panel=finished.panel)
    assert replay(folder, 1, other - 200, finished.panel).outputs > 1_000
    assert replay(folder, other + 200, None, finished.panel).outputs > 500
    with pytest.raises(ReplayMismatch, match=f"event {other}:"):
        replay(folder, other - 20, other + 20, finished.panel)


def test_a_range_that_holds_nothing_is_refused(finished: Finished) -> None:
    for first, last in ((0, 5), (9, 8), (1, 10**6)):
        with pytest.raises(DataError, match=f"expected 1 <= first <= last <= {head(finished)}"):
            replay(finished.folder, first, last, finished.panel)


@pytest.fixture(scope="module")
def traded(finished: Finished) -> pl.DataFrame:
    """Decisions of agents that had capital and wanted something."""
    return export(finished.folder, "decisions", finished.panel)


def test_a_decision_is_taken_apart(finished: Finished, traded: pl.DataFrame) -> None:
    orders = export(finished.folder, "orders", finished.panel)
    fills = export(finished.folder, "fills", finished.panel)
    last = int(orders["ord"][50])
    found = [
        decision(finished.folder, ord, finished.panel)
        for ord in traded.filter(pl.col("ord") < last)["ord"].to_list()[-5:]
    ]
    assert {one.closed_ord for one in found} == {found[0].closed_ord}
    assert found[0].closed_ord < last
    # Every lot of the bar's orders belongs to exactly one agent, and so do fills and their fees.
    of_bar = orders.filter(pl.col("decided") == orders["decided"][50])
    for row in of_bar.iter_rows(named=True):
        own = [o for one in found for o in one.orders if o["client_id"] == row["client_id"]]
        assert abs(sum(o["own_lots"] for o in own)) == row["qty_lots"]
        assert {o["state"] for o in own} == {row["state"]}
    filled = fills.filter(pl.col("client_id").is_in(of_bar["client_id"].to_list()))
    assert filled.height
    assert sum(f["own_fee_1e8"] for one in found for f in one.fills) == filled["fee_1e8"].sum()
    assert sum(abs(f["own_lots"]) for one in found for f in one.fills) == filled["qty_lots"].sum()


def test_crosses_and_refusals_are_told(finished: Finished, traded: pl.DataFrame) -> None:
    records = [decision(finished.folder, ord, finished.panel) for ord in traded["ord"].to_list()[560:640]]
    crossed = [cross for one in records for cross in one.crosses]
    assert sum(cross["lots"] for cross in crossed) == 0
    assert any(cross["px_ticks"] for cross in crossed)
    refused = [verdict for one in records for verdict in one.verdicts]
    assert {verdict["name"] for verdict in refused} == {"lock", "trading state"}


def test_the_view_is_hashed_over_what_could_be_seen(finished: Finished, traded: pl.DataFrame) -> None:
    record = decision(finished.folder, int(traded["ord"][-1]), finished.panel)
    view = finished.panel.as_of(record.view_time)
    assert (record.view_bars, record.hosted, record.agent) == (160, True, "rules/random_weights")
    digest = hashlib.sha256(view.time.astype("<i8").tobytes())
    digest.update(b"close\n" + np.ascontiguousarray(view["close"]).tobytes() + view.tradable.tobytes())
    assert record.view_sha256 == digest.hexdigest()
    earlier = finished.panel.as_of(int(finished.panel.time[100]))
    assert view_sha256(earlier) == view_sha256(finished.panel.head(101).as_of(int(finished.panel.time[100])))
    assert view_sha256(earlier) != record.view_sha256


def test_a_decision_prints_and_is_plain(finished: Finished, traded: pl.DataFrame) -> None:
    record = decision(finished.folder, int(traded["ord"][-1]), finished.panel)
    plain = record.json()
    assert plain["agent"] == "rules/random_weights"
    assert list(plain["targets"]) == list(finished.panel.instruments)
    out = io.StringIO()
    Console(file=out, width=150).print(record)
    assert "rules/random_weights" in out.getvalue()
    assert record.view_sha256[:16] in out.getvalue()


def test_only_decisions_are_taken_apart(finished: Finished) -> None:
    with pytest.raises(DataError, match="ord 1: expected a Decision, got Config"):
        decision(finished.folder, 1, finished.panel)
    with pytest.raises(DataError, match=f"expected from 1 to {head(finished)}, got 9999"):
        decision(finished.folder, 9_999, finished.panel)
