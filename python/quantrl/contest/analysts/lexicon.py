"""A word list's opinion of a text: praise against blame, with negation and degree. No language model.

The words are our own, in ``lexicon.toml``: some 300 with their forms.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

REACH = 3
"""Words before a word in which a negation turns it round; half as many, rounded up, in which a degree word counts."""
CUTS = (0.2, 0.6)
_WORD = re.compile(r"[^\W\d_]+")
_ENDS = ".;!?"
_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2026", "''\"\"--.")
_SMALL = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in ".;!?'" else 32 for code in range(128)
) + bytes(range(128, 256))
_DEGREE_REACH = (REACH + 1) // 2


class Lexicon(NamedTuple):
    """What the word list holds.

    Attributes
    ----------
    sign : dict of str to float
        1 for praise, -1 for blame.
    degrees : dict of str to float
        How much a word beside it counts.
    negations : frozenset of str
    opposites : dict of str to str
        For every word one of the other list.
    """

    sign: dict[str, float]
    degrees: dict[str, float]
    negations: frozenset[str]
    opposites: dict[str, str]


@cache
def lexicon() -> Lexicon:
    """The word list of this package."""
    raw = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))
    praise, blame = _heads(raw["positive"]), _heads(raw["negative"])
    sign = {word: 1.0 for head in praise for word in head} | {word: -1.0 for head in blame for word in head}
    opposites = _across(praise, blame) | _across(blame, praise)
    return Lexicon(sign, raw["intensifiers"], frozenset(raw["negations"].split()), opposites)


def polarity(text: str) -> float:
    """(pos - neg) / (pos + neg + 1) of a text, in (-1, 1); 0 without a word of the list.

    pos and neg add up 1 for each word of praise or blame, times the degree words just before it, or the adverb of degree
    right behind it. A negation within three words before it, in the same sentence, moves it to the other side.
    """
    sign, degrees, negations, _ = lexicon()
    words = _split(text)
    pos = neg = 0.0
    for i, word in enumerate(words):
        weight = sign.get(word)
        if weight is None:
            if word[-1] not in _ENDS:
                continue
            weight = sign.get(word.rstrip(_ENDS))
            if weight is None:
                continue
        for back in range(i - 1, max(i - 1 - REACH, -1), -1):
            before = words[back]
            if before[-1] in _ENDS:
                break
            if before in negations:
                weight = -weight
            elif before in degrees and i - back <= _DEGREE_REACH:
                weight *= degrees[before]
        if i + 1 < len(words) and word[-1] not in _ENDS:
            behind = words[i + 1].rstrip(_ENDS)
            if behind.endswith("ly"):
                weight *= degrees.get(behind, 1.0)
        if weight > 0:
            pos += weight
        else:
            neg -= weight
    return (pos - neg) / (pos + neg + 1.0)


def _split(text: str) -> list[str]:
    """Words in small letters, the last of a sentence with the mark that ends it; n't is a word of its own, not."""
    plain = text if text.isascii() else text.lower().translate(_PLAIN)
    small = plain.encode("utf-8", "surrogatepass").translate(_SMALL)
    apart = small.replace(b"n't", b" not").replace(b"'", b" ").replace(b"...", b". ")
    return apart.decode("utf-8", "surrogatepass").split()


def rating_of(value: float) -> int:
    """Class -2..2 of a polarity, cut at +-0.2 and +-0.6; a value on a cut belongs to the class nearer 0."""
    size = abs(value)
    rating = (size > CUTS[0]) + (size > CUTS[1])
    return -rating if value < 0 else rating


def flip(text: str) -> str:
    """The text with every word of the list replaced by one of the other list; what is no word of it stays as it is."""
    opposites = lexicon().opposites

    def other(match: re.Match[str]) -> str:
        word = match.group()
        found = opposites.get(word.lower(), word)
        return found.capitalize() if word[:1].isupper() and found is not word else found

    return _WORD.sub(other, text)


def _heads(text: str) -> list[list[str]]:
    return [forms for head in text.replace("\n", " ").split(",") if (forms := head.split())]


def _across(some: list[list[str]], others: list[list[str]]) -> dict[str, str]:
    """Word by word of the list beside, in order of the headwords, the shorter list repeated."""
    return {
        form: other[min(j, len(other) - 1)]
        for i, head in enumerate(some)
        for other in (others[i % len(others)],)
        for j, form in enumerate(head)
    }
