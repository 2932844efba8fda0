from __future__ import annotations

from collections.abc import Iterator

import pytest

from contest.data_team.desks import OPEN


@pytest.fixture(autouse=True)
def _desks_are_closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()
