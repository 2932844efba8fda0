from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest

from quantrl.data import samples
from quantrl.data.hashing import file_sha256
from quantrl.errors import ConfigError, DataError
from quantrl.units import iso_date, ns_from_iso


def test_names() -> None:
    assert samples.sample_names() == ("synthetic", "us20", "us5")
    assert all(samples.sample_summary(name) for name in samples.sample_names())
    for ask in (samples.load_sample, samples.sample_path, samples.sample_summary):
        with pytest.raises(ConfigError, match="unknown sample 'us21'; choose one of: synthetic, us20, us5"):
            ask("us21")


def test_us20_known_answers() -> None:
    panel = samples.load_sample("us20")
    close = panel["close"]
    assert panel.shape == (8313, 20)
    assert panel.name == "us20"
    assert panel.periods_per_year == 252
    assert panel.instruments[0] == "AAPL"
    assert (close[0, 0], close[-1, 0]) == (0.264, 125.674)
    assert f"{(close[-1] / close[0]).mean():.6f}" == "202.665881"
    assert f"{np.prod((close[1:] / close[:-1]).mean(axis=1)):.6f}" == "248.424413"
    assert (iso_date(int(panel.time[0])), iso_date(int(panel.time[-1]))) == ("1990-01-02", "2022-12-28")
    assert panel.time[0] == ns_from_iso("1990-01-02T21:00")
    assert not np.isnan(close).any()
    assert panel.flags
    assert "close time" not in " ".join(panel.flags)


def test_us5_known_answers() -> None:
    panel = samples.load_sample("us5")
    known = {"AAPL": 13.408616, "FB": 0.726620, "GOOG": 8.034983, "IBM": 2.379213, "MSFT": 0.816667}
    assert panel.instruments == tuple(known)
    assert panel.adjust == "raw"
    lengths = []
    for n, answer in enumerate(known.values()):
        price = panel["adj_close"][:, n]
        price = price[~np.isnan(price)]
        lengths.append(len(price))
        assert f"{price[-1] / price[0]:.6f}" == f"{answer:.6f}"
    assert lengths == [3270, 196, 2148, 3270, 3270]
    bar = int(np.searchsorted(panel.time, ns_from_iso("2003-02-18")))
    assert round(float(panel["close"][bar, 4] / panel["close"][bar - 1, 4] - 1) * 100, 1) == -48.3


def test_close_times_are_those_of_new_york() -> None:
    summer, winter = set(), set()
    for ns in samples.load_sample("us5").time.tolist():
        moment = dt.datetime.fromtimestamp(ns // 10**9, dt.UTC)
        (summer if 5 <= moment.month <= 9 else winter if moment.month in (12, 1, 2) else set()).add(
            moment.hour
        )
    assert (summer, winter) == ({20}, {21})


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "us20.parquet").write_bytes(samples.sample_path("us20").read_bytes() + b"\x00")
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="expected sha256 5a48"):
        samples.load_sample("us20")
    with pytest.raises(DataError, match="us5 is missing from this installation"):
        samples.load_sample("us5")


def test_readme_states_the_hashes_and_the_notices_are_there(project_root: Path) -> None:
    text = (project_root / "data" / "README.md").read_text(encoding="utf-8")
    for name, sample in samples.SAMPLES.items():
        assert file_sha256(project_root / "data" / sample.file) == sample.sha256
        assert re.search(rf"`{name}`.*{sample.sha256}", text)
    for notice in ("skfolio-BSD-3.txt", "quandl-wiki-provenance.json"):
        assert (project_root / "data" / "LICENSES" / notice).stat().st_size > 1000
        assert (samples.FOLDER / "LICENSES" / notice).is_file()


def test_readme_commands_give_what_they_say(project_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (project_root / "data" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README", "exec"), {})
    said = capsys.readouterr().out.split()
    assert said[:4] == ["0.264", "125.674", "202.665881", "248.424413"]
    claimed = re.findall(r"(\w+) (\d+) (\d+\.\d{6})", blocks[1].partition("# ")[2])
    assert claimed == list(zip(said[4::3], said[5::3], said[6::3], strict=True))
    assert len(claimed) == 5
