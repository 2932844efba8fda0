"""What the judges say of today's signals."""

from __future__ import annotations

import math
from typing import Any

from quantrl.contest._plain import floats, plain
from quantrl.contest.judges.card import Card, Cited, Kind
from quantrl.contest.judges.panel import Mode, judge, judge_names
from quantrl.contest.presets import JudgesConfig
from quantrl.contest.research_team.work import signal_of
from quantrl.contest.standing import Standing
from quantrl.contest.steps.spending import spend_json
from quantrl.typing import JsonObject

_KINDS: dict[str, Kind] = {"line": "factor", "document": "document", "tool": "tool"}
_PAST = 20


def make_judged(s: Standing) -> JsonObject:
    """Scores of every card by every judge, blind to names."""
    world, t = s.world, s.today.t
    config = _config(s)
    labels = world.roster.labels
    if not config.count or config.use == "off":
        nobody = [[None] * config.count for _ in labels]
        return {"by_judge": nobody, "rows": [], "missing": [], "spent": None}
    judges = judge_names(config.count)
    mode: Mode = "listwise_past" if config.past_returns else config.mode
    works = {row["agent"]: row for row in s.today.signal_works}
    cards = [_card(s, place, works[label]) if label in works else None for place, label in enumerate(labels)]
    given = judge(cards, judges, mode, world.desk, world.calendar.date(t), world.config.seed, number=t)
    return {
        "by_judge": plain(given.by_judge),
        "rows": plain_rows(given.rows(t, labels, judges)),
        "missing": [[one.judge, labels[one.card], one.reason, one.detail] for one in given.missing],
        "spent": spend_json(given.spent),
    }


def apply_judged(s: Standing, payload: Any) -> None:
    """The mean of each judge over the rubrics joins those of the days before."""
    shape = (len(s.world.roster.labels), _config(s).count)
    s.judged.append(floats(payload["by_judge"], shape))


def plain_rows(rows: list[JsonObject]) -> list[JsonObject]:
    """Rows with None for NaN."""
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def _config(s: Standing) -> JudgesConfig:
    return s.world.mechanism.judges or JudgesConfig()


def _card(s: Standing, place: int, row: JsonObject) -> Card:
    cited = {one["ref"]: Cited(_KINDS[one["kind"]], one["title"]) for one in row["cited"]}
    past: tuple[float, ...] = ()
    if _config(s).past_returns:
        net = s.net_returns(place)[-_PAST:]
        past = tuple(value for value in net if not math.isnan(value))
    return Card(tuple(signal_of(one) for one in row["signals"]), cited, past)
