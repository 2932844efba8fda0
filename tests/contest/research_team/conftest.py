from __future__ import annotations

from collections.abc import Iterator

import pytest

from contest.research_team.worlds import OPEN


@pytest.fixture(autouse=True)
def closed_waves() -> Iterator[None]:
    """Event loops of a test end with it."""
    yield
    while OPEN:
        OPEN.pop().close()
