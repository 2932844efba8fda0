"""The Python of the first page and of the concepts runs as it stands, page by page."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import tree

PAGES = ["docs/index.md", *(page.source for page in tree.pages() if page.source.startswith("docs/concepts/"))]
BLOCKS = {
    source: re.findall(r"^```python\n(.*?)^```", tree.read(source), re.MULTILINE | re.DOTALL)
    for source in PAGES
}


def test_there_is_something_to_run() -> None:
    assert sum(map(bool, BLOCKS.values())) >= 5


@pytest.mark.parametrize("source", [source for source in PAGES if BLOCKS[source]])
def test_blocks_run(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in BLOCKS[source]:
            exec(compile(block, source, "exec"), names)
