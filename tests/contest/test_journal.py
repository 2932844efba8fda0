"""The journal: whole lines or none, nothing altered, nothing taken over from another contest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from quantrl.contest.journal import JOURNAL, STEPS, Journal, days, payload, spent
from quantrl.errors import ConfigError, ContestError, DataError, RunError

WHO = {"config": "a", "prompts": "b", "data": "c", "documents": "d", "code": "e"}


def written(folder: Path, n_days: int = 2) -> Journal:
    """A journal of whole days, closed."""
    journal = Journal(folder, WHO)
    for t in range(n_days):
        for step in STEPS:
            made = journal.append(
                f"{t:05d}-2030", step, {"t": t, "x": [0.1 + t, None]}, {"s": step} if t else None
            )
            assert made == {"t": t, "x": [0.1 + t, None]}
    journal.close()
    return journal


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    head = written(tmp_path).head
    again = Journal(tmp_path, WHO)
    assert again.head == head
    assert len(again.lines) == 2 * len(STEPS)
    assert [day for day, _ in days(tmp_path, again.lines)] == ["00000-2030", "00001-2030"]
    assert payload(tmp_path, again.lines[13]) == {"t": 1, "x": [1.1, None]}
    assert spent(tmp_path, again.lines[0]) is None
    assert spent(tmp_path, again.lines[13]) == {"s": "DOCS"}
    with pytest.raises(ContestError, match="expected OPEN"):
        again.append("00002-2030", "DOCS", {})
    again.append("00002-2030", "OPEN", {})
    with pytest.raises(ContestError, match="expected DOCS of 00002-2030"):
        again.append("00003-2030", "DOCS", {})
    again.close()


def test_names_are_on_the_disk_before_a_line_speaks_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss of power after a step may not leave a journal that names a file nobody finds."""
    synced: list[str] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path).as_posix())
        real(handle)

    monkeypatch.setattr("os.fsync", noted)
    journal = Journal(tmp_path / "run", WHO)
    synced.clear()
    journal.append("00000-2030", STEPS[0], {})
    journal.close()
    aside = f"run/days/00000-2030/.{STEPS[0]}.json.{os.getpid()}"
    assert synced == ["run", "run/days", aside, "run/days/00000-2030", f"run/{JOURNAL}"]


def test_what_is_spent_is_in_no_digest(tmp_path: Path) -> None:
    heads = []
    for seconds in (1.0, 2.0):
        journal = Journal(tmp_path / str(seconds), WHO)
        journal.append("0", "OPEN", {"a": 1}, {"seconds": seconds})
        heads.append(journal.head)
        journal.close()
    assert heads[0] == heads[1]


@pytest.mark.parametrize("torn", ["{", '{"seq":24,"day":"00002-2030"', "\x00\x00"])
def test_a_torn_tail_is_cut(tmp_path: Path, torn: str) -> None:
    head = written(tmp_path).head
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + torn.encode())
    assert len(Journal.read(tmp_path)) == 2 * len(STEPS)
    journal = Journal(tmp_path, WHO)
    assert journal.head == head
    assert path.read_bytes() == whole
    journal.close()


@pytest.mark.parametrize(
    "field",
    [("seq", 5), ("step", "DOCS"), ("in_sha", "0" * 64), ("out_sha", "0" * 64), ("day", "x"), ("extra", 1)],
)
@pytest.mark.parametrize("place", [0, 7, 23])
def test_an_altered_line_is_refused(tmp_path: Path, field: tuple[str, object], place: int) -> None:
    written(tmp_path)
    path = tmp_path / JOURNAL
    lines = path.read_text().splitlines()
    value = json.loads(lines[place])
    value[field[0]] = field[1] if value.get(field[0]) != field[1] else 99
    lines[place] = json.dumps(value, sort_keys=True, separators=(",", ":"))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError):
        Journal(tmp_path, WHO)


def test_lines_cannot_be_exchanged_or_left_out(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / JOURNAL
    lines = path.read_text().splitlines()
    for other in ([*lines[:3], *lines[4:]], lines[12:], [*lines[:12], *lines[:12]]):
        path.write_text("\n".join(other) + "\n")
        with pytest.raises(DataError, match="altered"):
            Journal(tmp_path, WHO)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "days" / "00001-2030" / "RATED.json"
    before = path.read_bytes()
    for place in (5, len(before) - 3):
        path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        with pytest.raises(DataError, match="RATED"):
            Journal(tmp_path, WHO)
    path.unlink()
    with pytest.raises(DataError, match="gone"):
        Journal(tmp_path, WHO)


def test_another_contest_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    for name in WHO:
        with pytest.raises(ConfigError, match=f"another {name}.*fork"):
            Journal(tmp_path, {**WHO, name: "z"})
    (tmp_path / "identity.json").unlink()
    with pytest.raises(DataError, match="missing"):
        Journal(tmp_path, WHO)
    with pytest.raises(RunError):
        Journal.read(tmp_path / "none")
