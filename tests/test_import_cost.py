"""``import quantrl`` brings in nothing heavy: a name is loaded when it is used."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = (
    "numpy",
    "polars",
    "pydantic",
    "typer",
    "rich",
    "torch",
    "ray",
    "plotly",
    "apsw",
    "fastapi",
    "uvicorn",
    "vectorbt",
    "pandas",
    "quantrl._core",
)


def _loaded(program: str) -> set[str]:
    script = f"{program}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_loads_nothing_heavy() -> None:
    assert not set(HEAVY) & _loaded("import quantrl")


def test_a_name_loads_what_it_needs() -> None:
    assert "numpy" in _loaded("import quantrl; quantrl.Decision")


def test_the_daemon_package_loads_sqlite_with_the_daemon_only() -> None:
    assert not set(HEAVY) & _loaded("import quantrl.live")
    loaded = _loaded("from quantrl.live import Daemon")
    assert "apsw" in loaded
    assert not {"fastapi", "uvicorn", "prometheus_client", "pandas"} & loaded


def test_public_names_of_the_daemon_stay_what_they_are() -> None:
    from quantrl import live

    for _ in range(2):
        for name in live.__all__:
            assert callable(getattr(live, name)), name
    assert dir(live) == sorted(live.__all__)
