"""The source distribution: whole, clean, and, in full runs, built and installed away from the tree it came from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from counts import FULL

MAX_BYTES = 10 << 20


@pytest.fixture(scope="module")
def sdist(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an index would be given."""
    out = tmp_path_factory.mktemp("sdist")
    maturin = Path(sys.executable).with_name("maturin")
    if not maturin.exists():
        pytest.skip("maturin is not installed beside this interpreter")
    subprocess.run([maturin, "sdist", "--out", out], cwd=project_root, check=True, capture_output=True)
    (path,) = out.glob("quantrl-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def members(sdist: Path) -> dict[str, tarfile.TarInfo]:
    """By path below the top folder."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2]: member for member in archive.getmembers()}


def test_holds_what_builds_and_licenses_it(sdist: Path, members: dict[str, tarfile.TarInfo]) -> None:
    wanted = {
        "PKG-INFO",
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "data/LICENSES/skfolio-BSD-3.txt",
        "python/quantrl/py.typed",
        "python/quantrl/_core.pyi",
        "python/quantrl/data/bundled/us20.parquet",
        "rust/py/src/lib.rs",
    }
    assert wanted <= members.keys()
    assert sdist.stat().st_size <= MAX_BYTES


def test_holds_files_and_no_links_or_build_outputs(members: dict[str, tarfile.TarInfo]) -> None:
    assert all(member.isfile() for member in members.values())
    assert not [
        name for name in members if name.endswith((".so", ".pyc")) or name.startswith(("target/", "runs/"))
    ]


def test_has_every_python_file_of_the_tree(project_root: Path, members: dict[str, tarfile.TarInfo]) -> None:
    tree = {
        path.relative_to(project_root).as_posix()
        for path in (project_root / "python").rglob("*")
        if path.is_file() and path.suffix not in (".so", ".pyc")
    }
    assert tree == {name for name in members if name.startswith("python/")}


@pytest.mark.skipif(not FULL, reason="compiles everything anew: make gates ONLY=packaging")
def test_builds_and_installs_elsewhere(sdist: Path, tmp_path: Path) -> None:
    """From the archive alone, without the tree's build folder: the wheel's files are the tree's, and doctor is well."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "CARGO_TARGET"))
    }
    subprocess.run(
        [python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path / "wheels", sdist],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    (wheel,) = (tmp_path / "wheels").glob("quantrl-*.whl")
    if given := os.environ.get("QUANTRL_WHEEL"):
        with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(given) as theirs:
            assert sorted(ours.namelist()) == sorted(theirs.namelist())
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", wheel], cwd=tmp_path, env=environment, check=True
    )
    done = subprocess.run(
        [tmp_path / "env" / "bin" / "quantrl", "doctor", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True
