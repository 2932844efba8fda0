"""``quantrl doctor`` finds a whole installation whole, and a changed engine changed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from quantrl.cli import doctor, machine
from quantrl.cli.exits import CHECK_FAILED


def test_this_installation_is_whole(cli: Any) -> None:
    said = cli("doctor", "--json")
    assert said.code == 0, said.err
    found = said.json
    assert found["ok"] is True
    assert all(found["checks"].values())
    assert set(found["samples"]) == {"us20", "us5", "synthetic"}
    assert found["versions"]["quantrl"]
    assert 0 < found["effective_cores"] <= found["cores"]


def test_people_read_a_table(cli: Any) -> None:
    said = cli("doctor")
    assert "all checks passed" in said.out
    assert "golden digest" in said.out


def test_another_digest_fails(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "GOLDEN_DIGEST", "0" * 64)
    said = cli("doctor", "--json")
    assert said.code == CHECK_FAILED
    assert said.json["checks"]["golden digest"] is False


def test_every_extra_is_told_with_what_it_installs(cli: Any, project_root: Path) -> None:
    declared = tomllib.loads((project_root / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    names = {
        extra: tuple(re.split(r"[\[><=]", need)[0] for need in needs) for extra, needs in declared.items()
    }
    assert names == machine.EXTRAS
    found = cli("doctor", "--json").json["extras"]
    assert set(found) == set(declared)
    assert found["report"] is True


def test_absent_packages_are_left_out() -> None:
    assert "no-such-package" not in machine.versions("no-such-package")
    assert "numpy" in machine.versions("numpy")
