"""Equal slots; an empty slot is cash."""

from __future__ import annotations

import numpy as np

from quantrl.selection.allocate.equal_vol import EqualVol
from quantrl.selection.select import Selection
from selection.frames import frame


def test_one_slot_each_and_the_rest_is_cash() -> None:
    shares = EqualVol().allocate(Selection((2, 0), 4), frame([0.1, 0.2, 0.3]))
    assert shares.tolist() == [0.25, 0.0, 0.25]
    assert not EqualVol().allocate(Selection((), 0), frame([np.nan])).any()
