"""Reports of made-up runs, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from contest.evaluate.fake_tables import FakeRun
from quantrl.contest.report import write


@pytest.fixture(scope="session")
def rules_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty days of rules, with the report written."""
    folder = FakeRun(n_days=40, seeds=4).write(tmp_path_factory.mktemp("rules") / "run")
    write(folder)
    return folder
