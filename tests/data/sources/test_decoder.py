from __future__ import annotations

from pathlib import Path

import pytest

import quantrl.data as data
from quantrl.data.samples import sample_path
from quantrl.data.sources._decoder import Decoder
from quantrl.errors import DataError

DAMAGED = Path(__file__).parent / "one_wrong_byte.parquet"


def test_a_byte_that_aborts_decoders_is_a_data_error() -> None:
    for _ in range(2):
        with pytest.raises(DataError, match=r"one_wrong_byte\.parquet: cannot be read: "):
            data.read(DAMAGED)
    assert data.read(sample_path("us20")).shape == (8313, 20)


def test_a_helper_that_died_is_replaced() -> None:
    decoder = Decoder()
    try:
        names, n_rows = decoder.look(sample_path("us5"))
        assert names[:2] == ["symbol", "date"]
        assert n_rows == 12_154
        decoder._running().kill()
        with pytest.raises(RuntimeError, match="gave up"):
            decoder.look(sample_path("us5"))
        assert decoder.look(sample_path("us5"))[1] == 12_154
        decoder.attempt(sample_path("us5"), ["close"])
    finally:
        decoder.close()
