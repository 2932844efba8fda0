"""Rules for ``summarise``: one line a document, made of its own sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.lexicon import polarity
from quantrl.contest.data_team.limits import MAX_LINE
from quantrl.contest.documents.search import words
from quantrl.typing import JsonObject

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_BYTES_A_TOKEN = 3


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """All of a document where it fits its share of the room; else title and the sentences that say most, in order."""
    documents = payload["documents"]
    room = min(payload["most_tokens"] * _BYTES_A_TOKEN // max(len(documents), 1) - _BYTES_A_TOKEN, MAX_LINE)
    wanted = {word.casefold() for word in payload["preference"]["keywords"]}
    lines = ((extract(d["title"], d["text"], max(room, 1), wanted), d["id"]) for d in documents)
    return {"lines": [{"text": text, "refs": [local]} for text, local in lines if text]}


def extract(title: str, text: str, room: int, wanted: set[str]) -> str:
    """At most `room` bytes of title and text: whole sentences, or the beginning of one if none fits."""
    sentences = [part for part in (title, *_SENTENCE.split(text)) if part]
    whole = " ".join(_ended(sentence) for sentence in sentences)
    if _size(whole) <= room:
        return whole
    order = sorted(range(len(sentences)), key=lambda i: (-_salience(sentences[i], wanted, i), i))
    chosen: list[int] = []
    left = room
    for i in order:
        size = _size(_ended(sentences[i])) + 1
        if size <= left:
            chosen.append(i)
            left -= size
    if not chosen:
        return _beginning(sentences[order[0]], room)
    return " ".join(_ended(sentences[i]) for i in sorted(chosen))


def _salience(sentence: str, wanted: set[str], place: int) -> float:
    hits = len(wanted.intersection(words(sentence))) if wanted else 0
    return 2.0 * abs(polarity(sentence)) + hits + (1.0 if place == 0 else 0.0)


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?:;" else f"{sentence}."


def _size(text: str) -> int:
    return len(text.encode())


def _beginning(sentence: str, room: int) -> str:
    cut = sentence.encode()[:room].decode(errors="ignore")
    return cut.rsplit(" ", 1)[0] if " " in cut else cut
