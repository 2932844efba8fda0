from __future__ import annotations

from pathlib import Path

import pytest

from quantrl.contest import Clock, load_documents
from quantrl.contest.sources import fomc
from quantrl.data import load_sample
from quantrl.data.hashing import file_sha256
from quantrl.errors import ConfigError, DataError
from quantrl.units import iso_date, ns_from_iso


def test_known_answers() -> None:
    docs = list(load_documents("fomc").as_of(2**62))
    assert len(docs) == 159
    assert (docs[0].title, docs[-1].title) == (
        "FOMC statement of February 4, 1994",
        "FOMC statement of September 21, 2016",
    )
    assert docs[0].text.startswith(
        "Chairman Alan Greenspan announced today that the Federal Open Market Committee\n"
    )
    assert docs[-1].published_at == ns_from_iso("2016-09-22T03:59:59")
    assert {d.symbols for d in docs} == {()}


def test_a_statement_counts_for_the_next_day_and_not_for_its_own() -> None:
    panel, store = load_sample("us5"), load_documents("fomc")
    clock = Clock.of_panel(panel)
    inside = [d for d in store.as_of(clock.d(clock.n_days - 1)) if d.available_at > clock.d(0)]
    assert len(inside) == 111
    for document in inside:
        day = clock.day_of(document.available_at)
        assert iso_date(clock.o(day)) > iso_date(document.published_at - 5 * 3_600 * 10**9)
        assert document in store.as_of(clock.d(day)).window(*clock.window(day))
        assert document.id not in store.as_of(clock.d(day - 1))


def test_readme_states_the_hash_and_the_notice_is_there(project_root: Path) -> None:
    text = (project_root / "data" / "README.md").read_text(encoding="utf-8")
    assert f"`fomc` | `fomc.parquet` | 159 statements | `{fomc.SHA256}`" in text
    assert file_sha256(project_root / "data" / fomc.FILE) == fomc.SHA256
    notice = fomc.FOLDER / "LICENSES" / "fomc-public-domain.txt"
    assert "public domain" in notice.read_text(encoding="utf-8")


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (fomc.FOLDER / fomc.FILE).read_bytes()
    monkeypatch.setattr(fomc, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="sample fomc is missing from this installation"):
        load_documents("fomc")
    (tmp_path / fomc.FILE).write_bytes(whole + b"\x00")
    with pytest.raises(DataError, match="expected sha256 d3216d1c"):
        load_documents("fomc")


def test_a_sample_takes_no_path() -> None:
    with pytest.raises(ConfigError, match="fomc is a bundled sample; remove path"):
        load_documents({"source": "fomc", "time_zone": "UTC"})
