"""Lines of a factor as a model writes them, and what is left of them after checking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from quantrl.contest import tokens
from quantrl.contest.data_team.limits import MAX_LINE, MAX_REFS
from quantrl.contest.documents.clean import clean_text
from quantrl.contest.llm.schema import array, choice, record, text
from quantrl.contest.types import FactorLine
from quantrl.typing import JsonObject


@lru_cache(maxsize=512)
def schema_of(ids: tuple[str, ...]) -> JsonObject:
    """Lines that cite 1 to 4 of these ids; as many lines as there are ids."""
    refs = array(choice(ids), MAX_REFS, least=1)
    return record(lines=array(record(text=text(MAX_LINE, least=1), refs=refs), len(ids)))


def read_lines(answer: JsonObject, known: Mapping[str, Sequence[str]]) -> tuple[list[FactorLine], int]:
    """Lines with the global ids they rest on, and how many were dropped for want of a text or of a known id.

    Parameters
    ----------
    answer : dict
        Fits `schema_of`.
    known : mapping of str to sequence of str
        Global ids of each local id of this request.
    """
    lines: list[FactorLine] = []
    for item in answer["lines"]:
        found = dict.fromkeys(ref for local in item["refs"] for ref in known.get(local, ()))
        words = " ".join(clean_text(item["text"]).split())[:MAX_LINE]
        if found and words:
            lines.append(FactorLine(words, tuple(found)[:MAX_REFS]))
    return lines, len(answer["lines"]) - len(lines)


def fit(lines: Sequence[FactorLine], limit: int) -> tuple[list[FactorLine], int]:
    """The longest beginning of at most `limit` tokens, and its tokens."""
    total = 0
    for n, line in enumerate(lines):
        length = tokens.count(line.text)
        if total + length > limit:
            return list(lines[:n]), total
        total += length
    return list(lines), total


def without_repeats(lines: Iterable[FactorLine], form: Callable[[str], str]) -> list[FactorLine]:
    """Each line once, where its repeats agree in `form`; it keeps the ids of all of them, up to four."""
    kept: dict[str, FactorLine] = {}
    for line in lines:
        first = kept.setdefault(form(line.text), line)
        if first is not line:
            refs = tuple(dict.fromkeys((*first.refs, *line.refs)))[:MAX_REFS]
            kept[form(line.text)] = FactorLine(first.text, refs)
    return list(kept.values())
