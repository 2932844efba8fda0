"""Names hidden, dates moved, news turned round; and what two runs have in common."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from contest.evaluate.fake_tables import FakeRun
from quantrl.contest.analysts.lexicon import polarity
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_trade import ContestTrade
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.probe import compare, hide, probe, turn
from quantrl.contest.probe._run import moved
from quantrl.contest.probe.comparison import HARDLY_USED
from quantrl.contest.probe.dates import move_dates
from quantrl.contest.sources.planted import load_planted
from quantrl.contest.types import Document
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError

WEEK_NS = 7 * 86_400 * 10**9


@pytest.fixture(scope="module")
def planted() -> tuple[Panel, DocumentStore]:
    return load_planted(seed=0, n_days=25)


def documents(docs: DocumentStore) -> list[Document]:
    assert docs.span is not None
    return list(docs.as_of(docs.span[1]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 2014-01-06.", "on 2014-03-03."),
        ("Jan. 6, 2014 and January 6th, 2014", "Mar 3, 2014 and March 3, 2014"),
        ("6 January 2014", "3 March 2014"),
        ("in December 2014", "in February 2015"),
        ("in 2014, since 2013", "in 2014, since 2013"),
        ("2014-02-30", "2014-02-30"),
        ("lot 2014-01-06-7", "lot 2014-01-06-7"),
        ("2000 jobs for $2014", "2000 jobs for $2014"),
    ],
)
def test_dates_move(text: str, expected: str) -> None:
    assert move_dates(text, 8) == expected
    assert move_dates(text, 0) == text


def test_years_move_by_years() -> None:
    assert move_dates("in 2014 and fiscal 2015", 208) == "in 2018 and fiscal 2019"
    assert move_dates("in 2099", 5_000 * 52) == "in 7082"


def test_hidden_returns_are_the_same(planted: tuple[Panel, DocumentStore]) -> None:
    panel, docs = planted
    hidden = hide(panel, docs, weeks=208)
    for column in ("open", "high", "low", "close"):
        assert hidden.panel[column] / hidden.panel["close"][0] == pytest.approx(
            panel[column] / panel["close"][0]
        )
    assert hidden.panel["close"][0] == pytest.approx(100.0)
    assert hidden.panel["volume"] * hidden.panel["close"] == pytest.approx(panel["volume"] * panel["close"])
    assert set((hidden.panel.time - panel.time).tolist()) == {208 * WEEK_NS}
    assert not set(hidden.panel.instruments) & set(panel.instruments)
    assert [hidden.pseudonyms.reveal(name) for name in hidden.panel.instruments] == list(panel.instruments)


def test_no_name_is_left_in_a_text(planted: tuple[Panel, DocumentStore]) -> None:
    panel, docs = planted
    hidden = hide(panel, docs, weeks=52)
    assert docs.entities is not None
    tell_tale = re.compile(
        "|".join(
            map(
                re.escape,
                [*panel.instruments, *(n for names in docs.entities.aliases.values() for n in names)],
            )
        ),
        re.I,
    )
    before, after = documents(docs), documents(hidden.docs)
    assert len(after) == len(before)
    assert sum(bool(tell_tale.search(d.title + d.text)) for d in before) > 100
    assert not [d.title for d in after if tell_tale.search(d.title + d.text + d.url + d.id)]
    for old, new in zip(before, after, strict=True):
        assert new.available_at - old.available_at == 52 * WEEK_NS
        assert [hidden.pseudonyms.reveal(symbol) for symbol in new.symbols] == list(old.symbols)
    assert hidden.docs.entities is not None
    named = [d for d in after if hidden.docs.entities.find(d.title + "\n" + d.text)]
    assert len(named) == len([d for d in before if docs.entities.find(d.title + "\n" + d.text)])


def test_people_urls_and_copies_are_hidden() -> None:
    entities = Entities(["ACME"], {"ACME": ["Acme Corporation"]})
    day = 1_388_966_400 * 10**9
    docs = DocumentStore(
        [
            Document("0" * 16, "wire", "Ann Lee of Acme Corporation", "On 2014-01-06 $ACME rose", day, day, ("ACME",), "https://acme.example"),
            Document("1" * 16, "wire", "Ann Lee of Acme Corporation", "Another text", day, day, (), "https://b.example"),
        ],
        entities=entities,
    )  # fmt: skip
    panel = Panel({"close": [[50.0], [55.0]]}, [day, day + 86_400 * 10**9], ["ACME"], periods_per_year=252)
    first, second = documents(hide(panel, docs, weeks=1, people=["Ann Lee"]).docs)
    assert {first.id, second.id} == {"0" * 16, "1" * 16}
    for one in (first, second):
        assert one.url == ""
        assert not re.search("ann lee|acme", one.title + one.text, re.I)
    assert "2014-01-13" in first.text + second.text


def test_what_could_give_a_name_away_is_refused(planted: tuple[Panel, DocumentStore]) -> None:
    panel, docs = planted
    with pytest.raises(DataError, match="columns founded: neither prices nor sizes"):
        hide(panel.with_columns(founded=np.full(panel.shape, 1901.0)), docs, weeks=52)
    with pytest.raises(ConfigError, match="other than 0"):
        hide(panel, docs, weeks=0)
    with pytest.raises(ConfigError, match="after 1970"):
        hide(panel, docs, weeks=-5_000)


def test_news_are_turned_round(planted: tuple[Panel, DocumentStore]) -> None:
    _, docs = planted
    before, after = documents(docs), documents(turn(docs))
    pairs = [(polarity(a.title), polarity(b.title)) for a, b in zip(before, after, strict=True)]
    told = [(a, b) for a, b in pairs if a]
    assert len(told) > 100
    assert sum(a * b < 0 for a, b in told) > 0.95 * len(told)
    assert [d.symbols for d in before] == [d.symbols for d in after]
    assert [d.available_at for d in before] == [d.available_at for d in after]


def test_a_config_moves_with_its_data() -> None:
    span = {"start": "2030-01-02", "end": "2030-01-20"}
    whole = ContestConfig(
        start="2030-02-01", end="2030-03-01", calibration=span, agents=["rules/equal_weight"]
    )
    other = moved(whole, 52)
    assert dt.date.fromisoformat(other.start) - dt.date.fromisoformat(whole.start) == dt.timedelta(weeks=52)
    assert other.calibration is not None
    assert other.calibration.end == "2031-01-19"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables.read(FakeRun(n_days=40, seeds=2).write(tmp_path_factory.mktemp("base") / "run"))


def test_a_run_is_like_itself(tables: Tables) -> None:
    found = compare(tables, tables, kind="turn")
    assert (found.unchanged.value, found.unchanged.low, found.unchanged.high) == (1.0, 1.0, 1.0)
    assert found.hit_rate.value == found.sharpe.value == 0.0
    assert found.words == HARDLY_USED
    assert compare(tables, tables, kind="hide").words == "names and dates do not matter"


def test_changes_are_counted_by_hand(tables: Tables) -> None:
    accepted = tables.signals.filter("accepted")
    flipped = accepted.with_columns(
        action=pl.when(pl.col("day") < 10).then(pl.lit("hold")).otherwise("action")
    )
    flipped = flipped.filter(pl.col("day") != 20)
    found = compare(tables, dataclasses.replace(tables, signals=flipped), kind="turn")
    early = accepted.filter((pl.col("day") < 10) & (pl.col("action") != "hold")).height
    missing = accepted.filter(pl.col("day") == 20).height
    assert found.actions == accepted.height
    assert found.unchanged.value == pytest.approx(1 - (early + missing) / accepted.height)
    assert found.unchanged.low < found.unchanged.value < found.unchanged.high

    def rate(rows: pl.DataFrame) -> float:
        return float((rows.filter(pl.col("action") != "hold")["realised"].to_numpy() > 0).mean())

    assert found.hit_rate.value == pytest.approx(rate(flipped) - rate(accepted))
    json.dumps(found.json(), allow_nan=False)
    out = io.StringIO()
    Console(file=out, width=120).print(found.table())
    assert "Actions that stayed" in out.getvalue()


def test_symbols_are_revealed_first(tables: Tables) -> None:
    other = tables.signals.with_columns(symbol=pl.lit("X") + pl.col("symbol"))
    probed = dataclasses.replace(tables, signals=other)
    assert compare(tables, probed, kind="hide").unchanged.value == 0.0
    assert compare(tables, probed, kind="hide", reveal=lambda name: name[1:]).unchanged.value == 1.0


def test_other_days_cannot_be_paired(tables: Tables) -> None:
    fewer = dataclasses.replace(tables, returns=tables.returns.filter(pl.col("day") > 0))
    with pytest.raises(DataError, match="probe turn"):
        compare(tables, fewer, kind="turn")


def test_rules_read_the_news_and_not_the_names(planted: tuple[Panel, DocumentStore], tmp_path: Path) -> None:
    config = ContestConfig(
        start="2030-01-28", end="2030-02-01", agents=["contest/researcher:catalyst", "rules/equal_weight"]
    )
    run = ContestTrade(config, root=tmp_path).run(*planted)
    turned = probe(run, "turn")
    assert turned.unchanged.value < 0.2
    assert turned.words == "the news are used"
    hidden = probe(run, "hide")
    assert hidden.unchanged.value == 1.0
    assert hidden.sharpe.value == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ConfigError, match="expected one of hide, turn"):
        probe(run, "blur")
