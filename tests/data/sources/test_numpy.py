from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantrl.data as data
from quantrl.data import grid
from quantrl.errors import DataError

GOOD: dict[str, Any] = {
    "time": np.array([10, 20, 30]),
    "instruments": np.array(["A", "B"]),
    "close": np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]]),
    "member": np.ones((3, 2), dtype=bool),
}


def save(folder: Path, **changes: Any) -> Path:
    path = folder / "a.npz"
    np.savez_compressed(
        path, **{key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    )
    return path


def test_reads_columns_and_masks(tmp_path: Path) -> None:
    panel = data.read(save(tmp_path))
    assert panel.instruments == ("A", "B")
    assert set(panel.columns) == {"close"}
    assert set(panel.masks) == {"member"}
    np.testing.assert_array_equal(panel["close"], GOOD["close"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": None}, "expected an array called 'time'"),
        ({"time": np.array([1.0, 2, 3])}, "array 'time'"),
        ({"time": np.array([10, 30, 20])}, "Q01 row 3, column 'time'"),
        ({"time": np.array([10, 20, 20])}, "Q02 row 3, column 'time'"),
        ({"close": None}, "expected a column of numbers"),
        ({"close": np.ones((2, 2))}, "array 'close': expected numbers of shape"),
        ({"close": np.array([["a", "b"]] * 3)}, "array 'close'"),
        ({"close": np.full((3, 2), -1.0)}, "Q04 row 1, column 'close', instrument 'A'"),
        ({"instruments": np.array(["A", "A"])}, "distinct instruments"),
        ({"close": np.array([[{}, 1]] * 3, dtype=object)}, "cannot be read"),
    ],
)
def test_every_fault_names_file_and_array(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = save(tmp_path, **changes)
    with pytest.raises(DataError, match=message) as caught:
        data.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_size_is_checked_on_the_directory_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "MAX_CELLS", 50)
    with pytest.raises(DataError, match="cells, more than 50"):
        data.read(save(tmp_path))


def test_not_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_text("hello")
    with pytest.raises(DataError, match="cannot be read"):
        data.read(tmp_path / "a.npz")
