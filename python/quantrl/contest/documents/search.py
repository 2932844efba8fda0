"""Words in documents: Okapi BM25 over the documents that are given, and no others."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from quantrl.contest.types import Document

K1, B = 1.2, 0.75
TITLE_WEIGHT = 2
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Words of a text, without case."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=1 << 16)
def _terms(title: str, text: str) -> tuple[Mapping[str, int], int]:
    """How often each word occurs, those of the title counted twice, and their number."""
    counts = Counter(words(text))
    for word in words(title):
        counts[word] += TITLE_WEIGHT
    return counts, counts.total()


def rank(documents: Sequence[Document], query: str, k: int) -> list[Document]:
    """The k documents that fit a query best; without a word in the query, the newest k.

    Parameters
    ----------
    documents : sequence of Document
        Candidates. How rare a word is, is counted in these alone, so that later documents change nothing.
    query : str
    k : int

    Returns
    -------
    list of Document
        Best first; ties by the newer, then by id. Documents without any word of the query are left out.

    References
    ----------
    Robertson and Zaragoza (2009), The probabilistic relevance framework: BM25 and beyond, eq. 3.15.
    """
    wanted = list(dict.fromkeys(words(query)))
    if not wanted:
        return sorted(documents, key=lambda d: (-d.available_at, d.id))[:k]
    held = [_terms(document.title, document.text) for document in documents]
    mean = sum(length for _, length in held) / max(len(held), 1)
    n = len(documents)
    rare = {}
    for word in wanted:
        having = sum(word in counts for counts, _ in held)
        rare[word] = math.log1p((n - having + 0.5) / (having + 0.5))
    scored = []
    for document, (counts, length) in zip(documents, held, strict=True):
        total = 0.0
        for word in wanted:
            if often := counts.get(word, 0):
                total += rare[word] * often * (K1 + 1) / (often + K1 * (1 - B + B * length / mean))
        if total > 0:
            scored.append((-total, -document.available_at, document.id, document))
    return [document for *_, document in sorted(scored, key=lambda row: row[:3])[:k]]
