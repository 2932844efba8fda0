"""From documents to lines: which are read (filter), and what they say (summarise)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from quantrl.contest import tokens
from quantrl.contest.data_team.asking import put
from quantrl.contest.data_team.batches import Batch, divide, shorten, title_tokens
from quantrl.contest.data_team.draft import Draft, at_work
from quantrl.contest.data_team.limits import Limits
from quantrl.contest.data_team.lines import fit, read_lines, schema_of
from quantrl.contest.desk import Desk, Question
from quantrl.contest.llm.messages import Quoted, local_ids, quote
from quantrl.contest.llm.schema import array, choice, record
from quantrl.typing import JsonObject

_FILTER_TOKENS = 1_024


def choose(drafts: Sequence[Draft], desk: Desk, day: str, limits: Limits) -> None:
    """Divide the documents of every draft into batches; ask which to read where they do not fit."""
    for draft in drafts:
        short = [shorten(document, limits.document) for document in draft.documents]
        draft.batches, draft.unread = divide(short, limits)
    asked = [
        (draft, i, _filter_question(draft, i, desk, limits))
        for draft in at_work(drafts)
        for i, batch in enumerate(draft.batches)
        if not batch.fits
    ]
    answers = put(desk, day, [(draft.tally, question) for draft, _, question in asked])
    for (draft, i, question), answer in zip(asked, answers, strict=True):
        if answer is not None and question.quoted is not None:
            ids = question.quoted.ids
            wanted = dict.fromkeys(ids[local] for local in answer["ids"] if local in ids)
            draft.batches[i] = draft.batches[i].only(set(wanted), limits.per_batch)


def summarise(drafts: Sequence[Draft], desk: Desk, day: str, limits: Limits) -> None:
    """Lines of every batch, cut to the limit of a summary."""
    asked = [
        (draft, _summary_question(draft, i, desk, limits))
        for draft in at_work(drafts)
        for i, batch in enumerate(draft.batches)
        if batch.documents
    ]
    answers = put(desk, day, [(draft.tally, question) for draft, question in asked])
    for (draft, question), answer in zip(asked, answers, strict=True):
        if answer is not None and question.quoted is not None:
            ids = {local: (document,) for local, document in question.quoted.ids.items()}
            lines, dropped = read_lines(answer, ids)
            fitting, _ = fit(lines, limits.summary)
            draft.parts.append(fitting)
            draft.dropped += dropped
            draft.cut += len(lines) - len(fitting)


def _filter_question(draft: Draft, i: int, desk: Desk, limits: Limits) -> Question:
    batch = draft.batches[i]
    ids = local_ids([document.id for document in batch.documents])
    limit, room = desk.model_of(draft.agent.id).limit, title_tokens(batch, limits)
    items = tuple(
        {"id": local, "title": tokens.cut(document.title[:limit], room)}
        for local, document in zip(ids, batch.documents, strict=True)
    )
    return Question(
        task="filter",
        agent=draft.agent.id,
        index=i,
        data={"preference": draft.preference.as_data(), "most": limits.per_batch},
        quoted=Quoted(items, ids),
        payload=_symbols(batch, ids),
        schema=_filter_schema(tuple(ids), limits.per_batch),
        max_tokens=_FILTER_TOKENS,
    )


def _summary_question(draft: Draft, i: int, desk: Desk, limits: Limits) -> Question:
    batch = draft.batches[i]
    quoted = quote(batch.documents, limit=desk.model_of(draft.agent.id).limit)
    return Question(
        task="summarise",
        agent=draft.agent.id,
        index=i,
        data={"preference": draft.preference.as_data(), "most_tokens": limits.summary},
        quoted=quoted,
        schema=schema_of(tuple(quoted.ids)),
        max_tokens=limits.summary,
    )


def _symbols(batch: Batch, ids: dict[str, str]) -> JsonObject:
    return {"symbols": {local: list(d.symbols) for local, d in zip(ids, batch.documents, strict=True)}}


@lru_cache(maxsize=256)
def _filter_schema(ids: tuple[str, ...], most: int) -> JsonObject:
    return record(ids=array(choice(ids), most))
