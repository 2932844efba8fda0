"""The local model is asked only where that is asked for: it takes minutes of a core."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what bears the mark ``localllm``, and say so, unless ``-m`` names it."""
    if "localllm" in (config.getoption("-m") or ""):
        return
    for item in items:
        if item.get_closest_marker("localllm"):
            item.add_marker(pytest.mark.skip(reason="asks the local model: opt in with -m localllm"))
