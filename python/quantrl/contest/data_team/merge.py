"""From the lines of all batches to one factor: without repeats, most important first, cut from the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantrl.contest import tokens
from quantrl.contest.data_team.asking import put
from quantrl.contest.data_team.draft import Draft, at_work
from quantrl.contest.data_team.limits import Limits
from quantrl.contest.data_team.lines import fit, read_lines, schema_of, without_repeats
from quantrl.contest.desk import Desk, Question
from quantrl.contest.documents.clean import normal_form
from quantrl.contest.llm.messages import local_ids
from quantrl.contest.types import FactorLine

Merged = tuple[list[FactorLine], int]


def merge(drafts: Sequence[Draft], desk: Desk, day: str, limits: Limits) -> list[Merged]:
    """Lines and tokens of the factor of every draft, none of an agent that abstains.

    Where everything fits and the agent has no preference, nothing is asked and the order of time stays.
    """
    asked = [
        (draft, _question(draft, limits))
        for draft in at_work(drafts)
        if draft.lines and _needed(draft, limits)
    ]
    answers = put(desk, day, [(draft.tally, question) for draft, question in asked])
    merged: dict[int, list[FactorLine]] = {}
    for (draft, _), answer in zip(asked, answers, strict=True):
        if answer is not None:
            refs = {local: line.refs for local, line in _by_id(draft.lines).items()}
            merged[id(draft)], dropped = read_lines(answer, refs)
            draft.dropped += dropped
    return [_finish(draft, merged.get(id(draft), draft.lines), limits) for draft in drafts]


def _needed(draft: Draft, limits: Limits) -> bool:
    return bool(draft.preference) or sum(tokens.count(line.text) for line in draft.lines) > limits.factor


def _question(draft: Draft, limits: Limits) -> Question:
    by_id = _by_id(draft.lines)
    return Question(
        task="merge",
        agent=draft.agent.id,
        data={
            "preference": draft.preference.as_data(),
            "most_tokens": limits.factor,
            "lines": [{"id": local, "text": line.text} for local, line in by_id.items()],
        },
        schema=schema_of(tuple(by_id)),
        max_tokens=limits.factor,
    )


def _by_id(lines: Sequence[FactorLine]) -> Mapping[str, FactorLine]:
    return dict(zip(local_ids([line.text for line in lines], "l"), lines, strict=True))


def _finish(draft: Draft, lines: Sequence[FactorLine], limits: Limits) -> Merged:
    if draft.tally.abstained is not None:
        return [], 0
    distinct = without_repeats(lines, lambda text: normal_form("", text))
    kept, length = fit(distinct, limits.factor)
    draft.cut += len(distinct) - len(kept)
    return kept, length
