"""The wheel itself: what is in it, and that it works in a clean environment away from the source tree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

MAX_BYTES = 15 << 20
BASE = {"numpy", "polars", "pydantic", "rich", "typer"}


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The wheel that `make test` built."""
    path = os.environ.get("QUANTRL_WHEEL")
    if path is None:
        pytest.skip("QUANTRL_WHEEL names no wheel; `make test` sets it")
    return Path(path)


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_name_and_size(wheel: Path) -> None:
    assert re.fullmatch(r"quantrl-\d+\.\d+\.\d+-cp311-abi3-\w+\.whl", wheel.name)
    assert wheel.stat().st_size <= MAX_BYTES


@pytest.mark.parametrize(
    "wanted",
    [
        "quantrl/py.typed",
        "quantrl/_core.pyi",
        "quantrl/data/bundled/us20.parquet",
        "quantrl/data/bundled/us5.parquet",
        "quantrl/data/bundled/fomc.parquet",
        "quantrl/data/bundled/pair_sessions.csv",
        "quantrl/data/bundled/LICENSES/fomc-public-domain.txt",
        "quantrl/contest/aliases.toml",
        "quantrl/contest/sources/planted.toml",
        "quantrl/data/bundled/README.md",
        "quantrl/data/bundled/LICENSES/skfolio-BSD-3.txt",
        "quantrl/report/template.html",
        "quantrl/live/dashboard/index.html",
        "quantrl/live/dashboard/app.css",
        "quantrl/live/dashboard/icon.svg",
        "quantrl/live/dashboard/js/main.js",
        "quantrl/live/dashboard/js/screens/overview.js",
        "quantrl/live/dashboard/vendor/lightweight-charts.js",
        "quantrl/live/dashboard/vendor/LICENSE",
        "quantrl/live/dashboard/vendor/NOTICE",
    ],
)
def test_ships(names: list[str], wanted: str) -> None:
    assert wanted in names


def test_ships_licences_and_no_tests(names: list[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/data/LICENSES/skfolio-BSD-3.txt") for name in names)
    assert not [name for name in names if "test" in Path(name).parts or name.startswith("tests")]


def test_base_dependencies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        requires = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    assert {re.split(r"[^A-Za-z0-9-]", r)[0] for r in requires if "extra ==" not in r} == BASE


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its base dependencies alone."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home / "env", with_pip=True)
    python = home / "env" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-compile", str(wheel)], check=True, cwd=home
    )
    return home


def run(clean: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    program = clean / "env" / "bin" / command[0]
    return subprocess.run(
        [program, *command[1:]], cwd=clean, env=environment, capture_output=True, text=True, timeout=300
    )


def test_doctor_is_well(clean: Path) -> None:
    done = run(clean, "quantrl", "doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


def test_a_missing_extra_is_named(clean: Path) -> None:
    config = clean / "config.toml"
    config.write_text(
        'name = "small"\ndata = { sample = "us20", start = "2021-01-01" }\nbacktest = { fill = "next_close" }\n'
        'agents = [{ id = "rules/equal_weight" }, { id = "rules/momentum" }]\n'
    )
    done = run(clean, "quantrl", "contest", "run", str(config))
    assert done.returncode in (0, 2), done.stderr
    assert "quantrl[report]" in done.stderr + done.stdout


def readme_examples(project_root: Path, fence: str) -> list[str]:
    readme = (project_root / "README.md").read_text(encoding="utf-8")
    examples = re.findall(rf"```{fence}\n(.*?)```", readme, flags=re.DOTALL)
    assert examples
    return examples


def test_readme_examples_run(clean: Path, project_root: Path) -> None:
    for example in readme_examples(project_root, "python"):
        done = run(clean, "python", "-W", "error", "-c", example)
        assert done.returncode == 0, done.stderr


def test_readme_examples_with_the_extra_rl_run(wheel: Path, project_root: Path, tmp_path: Path) -> None:
    """Where torch already is: with this interpreter, which has the wheel's extras, and the wheel's own files."""
    for extra in ("gymnasium", "torch", "stable_baselines3", "sb3_contrib", "safetensors"):
        pytest.importorskip(extra, reason="the extra rl is not installed here")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "wheel")}
    for number, example in enumerate(readme_examples(project_root, "python rl")):
        script = tmp_path / f"example{number}.py"
        script.write_text(example, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        assert "Equal weight, every 21 bars" in done.stdout, done.stdout


def test_this_test_uses_the_running_version(clean: Path) -> None:
    assert run(clean, "python", "-V").stdout.split()[1] == sys.version.split()[0]
