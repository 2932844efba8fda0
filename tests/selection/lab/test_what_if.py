"""Other pipelines on recorded rows: the one that ran decides as it did, and books are what arithmetic says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError
from quantrl.selection import Pipeline, lab
from selection.toy import finished

SHORT = Pipeline.default(SelectionConfig(half_life=10.0, top_k=1), seed=5).settings()


def test_the_pipeline_as_run_decides_what_it_decided() -> None:
    result = finished()
    own, other = lab.what_if(result, {"short": SHORT})
    assert own.name == lab.AS_RUN
    assert own.shares.tobytes() == result.shares.tobytes()
    assert np.isnan(own.gap)
    assert not np.array_equal(other.shares, own.shares)
    assert other.gap == pytest.approx(other.sharpe - own.sharpe, abs=1e-12)
    assert other.low < other.gap < other.high


def test_a_book_is_the_sum_of_its_agents_less_what_moves() -> None:
    result = finished()
    (own,) = lab.what_if(result, {}, bps=20.0)
    rows = result.ledger.as_of(int(result.time[-1])).rows
    place = {int(t): i for i, t in enumerate(result.time)}
    count = len(result.labels)
    before, expected = np.zeros(count), []
    for start in range(0, len(rows), count):
        day = rows[start : start + count]
        t = place[int(day["decided"][0])]
        size = result.shares[t] * result.scales[t]
        size = size * min(1.0, 1.0 / max((size * day["exposure"]).sum(), 1e-300))
        net = (size * (day["gross"] - day["cost"])).sum()
        expected.append(net - 20e-4 * (np.abs(size - before) * day["exposure"]).sum())
        before = size
    np.testing.assert_allclose(own.net, expected[-len(own.net) :], atol=1e-15)
    assert len(own.net) < len(expected)


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match="choose another name"):
        lab.what_if(finished(), {lab.AS_RUN: SHORT})
    with pytest.raises(ConfigError, match="bps"):
        lab.what_if(finished(), {}, bps=-1.0)


def test_a_file_replaces_steps_or_gives_numbers(tmp_path: Path) -> None:
    recorded = finished().header["pipeline"]
    file = tmp_path / "a.toml"
    file.write_text('[pipeline]\nscore = { name = "normal_score_eb", half_life = 63.0 }\nban = 5\n')
    made = lab.read_pipeline(file, recorded)
    assert (made["score"]["half_life"], made["ban"], made["select"]) == (63.0, 5, recorded["select"])
    file.write_text("[selection]\nhalf_life = 42.0\n")
    assert lab.read_pipeline(file, recorded)["score"]["half_life"] == 42.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one table"),
        ("[selection]\n[pipeline]\n", "expected one table"),
        ("[selection]\nhalf_live = 3.0\n", "half_live"),
        ("[selection]\nhalf_life = -3.0\n", "half_life"),
        ("[pipeline]\nscorer = 3\n", "scorer"),
        ('[pipeline]\nscore = { name = "luck" }\n', "luck"),
        ('[pipeline]\nscore = "luck"\n', "score"),
        ('[pipeline]\nscore = { name = "normal_score_eb", luck = 1 }\n', "luck"),
        ("[pipeline", "not valid TOML"),
    ],
)
def test_files_that_are_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        lab.read_pipeline(file, finished().header["pipeline"])
    with pytest.raises(ConfigError, match="No such file"):
        lab.read_pipeline(tmp_path / "b.toml", {})
