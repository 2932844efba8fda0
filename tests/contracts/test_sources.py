"""What every source of panels must do: a new one is tested here before it has a test of its own."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from quantrl import registry
from quantrl.data import read
from quantrl.data.sources import PACKAGE, formats
from quantrl.errors import DataError

EVERY = registry.members(PACKAGE)
FILES = sorted(set(formats().values()))
RUBBISH = {
    "empty": b"",
    "a null byte": b"\0",
    "binary": bytes(range(256)) * 16,
    "text": b"no such thing\n" * 50,
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "gzip": b"\x1f\x8b" + b"\0" * 100,
    "noise": np.random.default_rng(5).bytes(4096),
}


@pytest.mark.parametrize("name", EVERY)
def test_it_says_what_it_is(name: str) -> None:
    module = registry.load(PACKAGE, name)
    assert module.SUMMARY
    assert module.__doc__


@pytest.mark.parametrize("name", FILES)
def test_it_reads_files_of_suffixes_of_its_own(name: str) -> None:
    module = registry.load(PACKAGE, name)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in module.SUFFIXES)
    assert list(inspect.signature(module.read).parameters) == ["file", "how"]
    owners = Counter(suffix for other in FILES for suffix in registry.load(PACKAGE, other).SUFFIXES)
    assert all(owners[suffix] == 1 for suffix in module.SUFFIXES)


@pytest.mark.parametrize("what", RUBBISH)
@pytest.mark.parametrize("suffix", sorted(formats()))
def test_rubbish_is_one_line_that_names_the_file(tmp_path: Path, suffix: str, what: str) -> None:
    file = tmp_path / f"rubbish{suffix}"
    file.write_bytes(RUBBISH[what])
    with pytest.raises(DataError, match=rf"rubbish\{suffix}") as caught:
        read(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", sorted(formats()))
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, suffix: str) -> None:
    for file in (tmp_path / f"absent{suffix}", tmp_path / f"folder{suffix}"):
        if file.stem == "folder":
            file.mkdir()
        with pytest.raises(DataError, match=file.stem):
            read(file)
