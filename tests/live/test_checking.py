from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from live import paper_book
from live.conftest import Finished
from live.rechained import rechain
from quantrl.errors import AlreadyRunning, ConfigError, FeedError
from quantrl.live import checking, events, inspection, verify
from quantrl.live.engine import Daemon
from quantrl.live.vocabulary import AGENT0, HOLD


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_sound_book_is_computed_again_to_the_last_output_and_nothing_changes(finished: Finished) -> None:
    before = contents(finished.folder)
    plain = verify(finished.folder)
    assert (plain.ok, plain.rederived_fraction, plain.changed_rows) == (True, 0.0, 0)
    full = verify(finished.folder, rederive=True, panel=finished.panel)
    assert (full.ok, full.first_bad_seq, full.reason, full.rederived_fraction) == (True, 0, "", 1.0)
    assert full.head == plain.head
    assert full.events == plain.events > 5_000
    assert contents(finished.folder) == before


def one_lot_more(intent: events.Intent) -> events.Intent:
    (agent, lots), *others = intent.shares
    return intent._replace(qty=intent.qty + 1, shares=((agent, lots + intent.side), *others))


def a_cent_elsewhere(transfer: events.Transfer) -> events.Transfer | None:
    if len(transfer.lines) < 2:
        return None
    (owner, asset, amount), (other, same, more), *rest = transfer.lines
    return transfer._replace(lines=((owner, asset, amount - 1), (other, same, more + 1), *rest))


def half_the_target(decision: events.Decision) -> events.Decision | None:
    if not any(ppb not in (0, HOLD) for ppb in decision.targets):
        return None
    return decision._replace(targets=tuple(ppb if ppb == HOLD else ppb // 2 for ppb in decision.targets))


def another_gate(verdict: events.Verdict) -> events.Verdict:
    return verdict._replace(code=verdict.code % 17 + 1)


TAMPERED: list[tuple[type[Any], Any, int]] = [
    (events.Decision, half_the_target, 200),
    (events.Intent, one_lot_more, 40),
    (events.Transfer, a_cent_elsewhere, 3),
    (events.Verdict, another_gate, 0),
    (events.Round, lambda r: r._replace(rows=(*r.rows, (0, 1, 2, 3))) if r.state == 3 else None, 100),
    (events.Market, lambda m: m._replace(sha256=bytes(32)), 50),
]


@pytest.mark.parametrize(("kind", "change", "skip"), TAMPERED, ids=[kind.__name__ for kind, _, _ in TAMPERED])
def test_only_computing_again_notices_a_payload_that_was_changed_and_chained_anew(
    finished: Finished, tmp_path: Path, kind: type[Any], change: Any, skip: int
) -> None:
    folder = finished.copy(tmp_path / "book")
    seq = rechain(folder, kind, change, skip=skip)
    assert verify(folder).ok
    found = verify(folder, rederive=True, panel=finished.panel)
    assert not found.ok
    assert found.first_bad_seq == seq
    assert f"event {seq}" in found.reason
    assert 0 < found.rederived_fraction <= 1


def test_an_answer_that_was_changed_is_found_at_the_decision_that_followed(
    finished: Finished, tmp_path: Path
) -> None:
    folder = finished.copy(tmp_path / "book")
    seq = rechain(
        folder, events.Answer, lambda a: a._replace(targets=(1,) * 5) if a.targets[0] > 0 else None, skip=9
    )
    found = verify(folder, rederive=True, panel=finished.panel)
    assert (found.ok, found.first_bad_seq) == (False, seq + 1)


def test_a_payload_no_state_can_take_is_a_finding_not_a_crash(finished: Finished, tmp_path: Path) -> None:
    folder = finished.copy(tmp_path / "book")
    lines = ((AGENT0 + 400, 0, -5), (0, 0, 5))
    seq = rechain(folder, events.Posting, lambda p: p._replace(lines=lines), skip=0)
    found = verify(folder, rederive=True, panel=finished.panel)
    assert (found.ok, found.first_bad_seq) == (False, seq)


def test_a_table_that_was_changed_is_counted_before_anything_is_computed(
    finished: Finished, tmp_path: Path
) -> None:
    import apsw

    folder = finished.copy(tmp_path / "book")
    (folder / "journal.db.sums").unlink()
    db = apsw.Connection(str(folder / "journal.db"))
    db.execute("UPDATE fill SET px = px + 1")
    count = db.changes()
    db.close()
    assert count > 100
    found = verify(folder, rederive=True, panel=finished.panel)
    assert (found.ok, found.rederived_fraction) == (False, 0.0)
    assert found.changed_rows == count
    assert inspection.rebuild(folder) == count
    assert verify(folder, rederive=True, panel=finished.panel).ok


def test_outputs_of_other_code_are_counted_as_taken(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = finished.copy(tmp_path / "book")
    with monkeypatch.context() as patch:
        patch.setattr(checking, "code_version", lambda: "another")
        found = verify(folder, rederive=True, panel=finished.panel)
        assert (found.ok, found.rederived_fraction) == (True, 0.0)
    rechain(folder, events.Boot, lambda b: b._replace(code=b"another"), skip=0)
    part = verify(folder, rederive=True, panel=finished.panel)
    assert part.ok
    assert 0.1 < part.rederived_fraction < 0.9


def test_a_running_book_is_left_alone(tmp_path: Path) -> None:
    panel = paper_book.panel(20)
    with Daemon.create(tmp_path / "book", paper_book.config(), panel=panel) as daemon:
        daemon.run()
        with pytest.raises(AlreadyRunning):
            verify(tmp_path / "book")
    assert verify(tmp_path / "book", rederive=True, panel=panel).ok


def test_no_book_and_another_feed_are_errors(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no book"):
        verify(tmp_path)
    with pytest.raises(FeedError, match="expected sha256"):
        verify(finished.folder, rederive=True, panel=paper_book.panel(seed=4))
