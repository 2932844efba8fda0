"""A researcher as an agent of any contest; what every agent must do is in tests/contracts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantrl.agent import Native
from quantrl.contest import load_documents
from quantrl.contest.clock import Clock
from quantrl.contest.researcher import PlainResearcher, build
from quantrl.data import Panel, load_sample
from quantrl.errors import ConfigError
from quantrl.units import NS_PER_DAY, ns_from_iso

PANEL = load_sample("us20").between(ns_from_iso("2014-01-01"), ns_from_iso("2015-01-01"))
# The statement of 2014-12-17 is known from the end of that day on.
EVE, AFTER = (
    int(PANEL.time[np.searchsorted(PANEL.time, ns_from_iso(day))]) for day in ("2014-12-17", "2014-12-18")
)


def refs(agent: PlainResearcher, now: int, panel: Panel = PANEL) -> set[str]:
    work = agent.research(panel.as_of(now))
    return {reference.title for reference in work.cited.values()}


def test_a_statement_is_cited_once_it_is_known_and_is_about_every_name() -> None:
    agent = build(belief="news_momentum")
    assert not any("December 17, 2014" in title for title in refs(agent, EVE))
    assert any("December 17, 2014" in title for title in refs(agent, AFTER))
    decided = agent.decide(PANEL.as_of(AFTER))
    assert decided.weights.max() == 0.25
    assert decided.probability is not None
    assert any(one.kind == "line" and "FOMC statement" in str(one.source) for one in decided.evidence)
    assert all("\n" not in one.source for one in decided.evidence)


def test_the_text_decides_and_not_the_prices_alone() -> None:
    """Turned from praise to blame, one statement changes what is held."""
    texts = load_documents("fomc")
    turned = texts.mapped(lambda d: replace(d, text="Weak, poor and failing. Losses, lawsuits and fraud."))
    view = PANEL.as_of(AFTER)
    before, after = (
        PlainResearcher("news_momentum", store).decide(view).weights for store in (texts, turned)
    )
    assert before.sum() > 0
    assert not np.array_equal(before, after)


def test_a_text_that_names_somebody_is_about_them_alone() -> None:
    texts = load_documents("fomc")
    named = texts.mapped(lambda d: replace(d, text=f"Pfizer reports strong growth and record gains. {d.id}"))
    (held,) = np.flatnonzero(PlainResearcher("catalyst", named).decide(PANEL.as_of(AFTER)).weights)
    assert PANEL.instruments[held] == "PFE"


def test_it_reads_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        "title,text,published_at,symbols\n"
        "Pfizer,Pfizer wins approval and reports strong record growth.,2014-12-18T10:00:00-05:00,PFE\n"
    )
    agent = build(belief="catalyst", documents=str(file))
    assert agent.decide(PANEL.as_of(EVE)).weights.sum() == 0
    assert agent.decide(PANEL.as_of(AFTER)).weights[PANEL.instruments.index("PFE")] == 0.25


def test_it_remembers_nothing_so_a_daemon_computes_it_again() -> None:
    agent = build()
    assert isinstance(agent, Native)
    first = agent.decide(PANEL.as_of(AFTER)).weights
    agent.decide(PANEL.as_of(EVE))
    again = build()
    again.restore(agent.snapshot(), EVE, 20)
    assert first.tobytes() == agent.decide(PANEL.as_of(AFTER)).weights.tobytes()
    assert first.tobytes() == again.decide(PANEL.as_of(AFTER)).weights.tobytes()


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"belief": "optimism"}, "belief: unknown 'optimism'"),
        ({"documents": "market"}, "source 'market' needs a panel"),
        ({"documents": "nowhere"}, "nowhere"),
        ({"max_name": 0.0}, "max_name"),
        ({"days": -1}, "days: expected 0 to 3660"),
    ],
)
def test_what_it_cannot_be_built_with(params: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        build(**params)


def test_the_clock_of_one_moment() -> None:
    clock = Clock.of_moment(5, 9)
    assert clock.window(1) == (5, 9)
    assert clock.newest(1) == -1, "no day of it has a score yet"


def test_a_statement_is_read_for_as_long_as_is_said() -> None:
    week = AFTER + 7 * NS_PER_DAY

    def lines(days: int) -> bool:
        work = build(belief="news_momentum", days=days).research(PANEL.as_of(week))
        return any(one.kind == "line" for one in work.cited.values())

    assert not lines(0)
    assert not lines(3)
    assert lines(45)
