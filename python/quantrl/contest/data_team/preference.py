"""What an agent looks for today, and the counts it learns that from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.data_team.themes import DAYS, compare, count_themes
from quantrl.contest.desk import Question
from quantrl.contest.documents.clean import clean_text
from quantrl.contest.documents.search import words
from quantrl.contest.llm.schema import array, record, text
from quantrl.contest.types import Document
from quantrl.typing import JsonObject

MAX_TEXT, MAX_KEYWORDS, MAX_KEYWORD = 200, 8, 40
SCHEMA = record(text=text(MAX_TEXT), keywords=array(text(MAX_KEYWORD, least=1), MAX_KEYWORDS))
_MAX_TOKENS = 400


@dataclass(frozen=True)
class Preference:
    """A sentence for whoever reads, and words to look for; both may be empty."""

    text: str = ""
    keywords: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.keywords)

    def as_data(self) -> JsonObject:
        """As a question holds it."""
        return {"text": self.text, "keywords": list(self.keywords)}


NONE = Preference()


def static(agent: DataAgent) -> Preference:
    """The preference of an agent that always has the same, or none."""
    if agent.preference != "static":
        return NONE
    keywords = dict.fromkeys(word for word in words(agent.text) if len(word) > 3)
    return Preference(agent.text, tuple(keywords)[:MAX_KEYWORDS])


class Memory:
    """Theme counts of the last 20 days of each agent, in plain JSON.

    Parameters
    ----------
    state : mapping
        What `state` gave before; empty at the beginning.
    day : int
        Index t of today. What is known of t and later, as after an interrupted day, is forgotten.
    """

    def __init__(self, state: Mapping[str, Any], day: int) -> None:
        self._day = day
        self._days: dict[str, list[Any]] = {
            agent: [[t, counts] for t, counts in days if t < day]
            for agent, days in state.get("themes", {}).items()
        }

    def question(self, agent: DataAgent, documents: Sequence[Document]) -> Question:
        """Asks for the preference of today, and remembers what the documents are about."""
        today = count_themes(documents)
        days = self._days.setdefault(agent.id, [])
        themes = compare(today, [counts for _, counts in days[-DAYS:]])
        days.append([self._day, today])
        data = {"interest": agent.text, "themes": themes, "days": len(days) - 1}
        return Question(task="preference", agent=agent.id, data=data, schema=SCHEMA, max_tokens=_MAX_TOKENS)

    @property
    def state(self) -> JsonObject:
        """To be kept until tomorrow."""
        return {"themes": {agent: days[-DAYS:] for agent, days in sorted(self._days.items())}}


def read_preference(answer: JsonObject) -> Preference:
    """From an answer, in one line."""
    keywords = (" ".join(clean_text(word).split()) for word in answer["keywords"])
    return Preference(
        " ".join(clean_text(answer["text"]).split())[:MAX_TEXT],
        tuple(dict.fromkeys(word[:MAX_KEYWORD] for word in keywords if word)),
    )
