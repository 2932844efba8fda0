from __future__ import annotations

import numpy as np
import pytest

from quantrl.data.sealed import Sealed, frozen


def test_frozen_cannot_be_made_writable() -> None:
    array = frozen([[1, 2], [3, 4]], np.float64)
    for part in (array, array[:1], array.base):
        with pytest.raises(ValueError, match="WRITEABLE"):
            part.setflags(write=True)
    assert array.flags.aligned
    assert array.flags.c_contiguous


def test_reader_sees_writes_and_cannot_make_any() -> None:
    memory = Sealed(Sealed.room((3, 2), np.float64) + Sealed.room((5,), np.bool_))
    written, read = memory.take((3, 2), np.float64, np.nan)
    flags, seen = memory.take((5,), np.bool_, False)
    assert np.isnan(read).all()
    assert not seen.any()
    written[1], flags[2] = 7.0, True
    np.testing.assert_array_equal(read[1], [7.0, 7.0])
    assert seen[2]
    assert seen.sum() == 1
    base = read.base
    while isinstance(base, np.ndarray):
        assert not base.flags.writeable
        with pytest.raises(ValueError, match="WRITEABLE"):
            base.setflags(write=True)
        base = base.base
    assert memoryview(base).readonly


def test_room_for_nothing() -> None:
    assert Sealed(0).take((0, 4), np.float64, 1.0)[1].shape == (0, 4)
