from __future__ import annotations

import pytest

from quantrl.contest import tokens
from quantrl.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("é", 1), ("漢字", 2), ("𝔸", 2)]
)
def test_utf8_thirds(text: str, expected: int) -> None:
    assert tokens.count(text) == expected == tokens.counter("utf8/3")(text)


@pytest.mark.parametrize("limit", range(9))
def test_cut_is_the_longest_beginning_that_fits(limit: int) -> None:
    text = "aé漢𝔸 profit"
    kept = tokens.cut(text, limit)
    assert text.startswith(kept)
    assert tokens.count(kept) <= limit
    assert kept == text or tokens.count(text[: len(kept) + 1]) > limit


def test_refused() -> None:
    with pytest.raises(ConfigError, match="unknown counter 'words'; choose one of: utf8/3"):
        tokens.count("a", "words")
    with pytest.raises(ConfigError, match="limit of 0 or more, got -1"):
        tokens.cut("a", -1)
