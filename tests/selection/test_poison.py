"""Nothing after t may reach a decision at t: neither rows of the ledger nor prices of the panel."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from counts import full_or
from quantrl.data import Panel
from quantrl.registry import members
from quantrl.selection import Pipeline
from quantrl.selection._canonical import encode
from quantrl.selection._line import derived
from quantrl.selection.ledger import Ledger
from selection.score import pool
from selection.toy import BARS, contest, finished, market, quick

CUTS = (5, 66, 130, 301)


def poisoned(panel: Panel, t: int, how: str) -> Panel:
    """A twin whose bars after t are missing, absurd or gone."""
    if how == "deleted":
        return panel.head(t + 1)
    columns = {}
    for name, values in panel.columns.items():
        later = values.copy()
        later[t + 1 :] = (
            np.nan if how == "nan" else 1e9 + np.arange(later[t + 1 :].size).reshape(-1, values.shape[1])
        )
        columns[name] = later
    return panel.with_columns(**columns)


@pytest.mark.parametrize("how", ["nan", "huge", "deleted"])
@pytest.mark.parametrize("fill", ["next_close", "next_open", "close"])
def test_a_poisoned_panel_changes_no_earlier_byte(fill: str, how: str) -> None:
    clean = finished(fill)
    for t in CUTS if fill == "next_close" else CUTS[2:3]:
        made = contest(poisoned(market(), t, how), fill=fill, pipeline=quick())
        for bar in range(t + 1):
            made.step(bar)
        assert made.audit.lines == clean.trail.lines[: t + 1]
        assert made.targets[: t + 1].tobytes() == clean.targets[: t + 1, 0].tobytes()
        assert made.shares[: t + 1].tobytes() == clean.shares[: t + 1].tobytes()


@pytest.mark.parametrize("how", ["nothing", "huge", "deleted"])
def test_poisoned_rows_change_no_earlier_byte(how: str) -> None:
    clean = finished()
    rows = clean.ledger.frame()
    lines = [json.loads(line) for line in clean.trail.lines]
    for t in np.random.default_rng(3).choice(BARS - 1, 6, replace=False).tolist():
        now = int(clean.time[t])
        later = (rows["matured"] > now).to_numpy()
        columns = {name: rows[name].to_numpy() for name in rows.columns}
        if how == "huge":
            columns["gross"] = np.where(later & (columns["acted"] == 1), 9.0, columns["gross"])
        keep = ~later if how == "deleted" else np.ones(len(later), dtype=bool)
        ledger = Ledger(clean.labels, overlap=1)
        ledger.append({name: values[keep] for name, values in columns.items()})
        pipeline = Pipeline.from_settings(clean.header["pipeline"])
        for bar in range(t + 1):
            view = ledger.as_of(int(clean.time[bar]))
            step = pipeline.step(view, int(clean.time[bar]))
        expected = {key: lines[t][key] for key in derived(view, step)}
        assert encode(derived(view, step)) == encode(expected)


@cache
def spoilt(t: int, how: str) -> Ledger:
    """The ledger of the scorers' tests with rows available after t gone, absurd, or each earlier one corrected after t."""
    rows = clean_rows().frame()
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    later = columns["matured"] > t
    if how == "huge":
        columns["gross"] = np.where(later & (columns["acted"] == 1), 9.0, columns["gross"])
        columns["belief"] = np.where(later, 1.0, columns["belief"])
        columns["version"] = columns["version"] + later
    made = Ledger(clean_rows().agents, overlap=1)
    made.append({name: values[~later] for name, values in columns.items()} if how == "deleted" else columns)
    if how == "corrected":
        wrong = {name: values[~later & (columns["acted"] == 1)] for name, values in columns.items()}
        made.append({**wrong, "gross": np.full(len(wrong["gross"]), -0.5), "recorded": t + 1})
    return made


@cache
def clean_rows() -> Ledger:
    return pool.ledger(pool.columns())


@pytest.mark.parametrize("name", members("quantrl.selection.score"))
def test_no_scorer_sees_a_row_after_t(name: str) -> None:
    clean = pool.scorer(name)
    for t in sorted(np.random.default_rng(9).choice(pool.DAYS, full_or(50, 3), replace=False).tolist()):
        clean.update(clean_rows().as_of(t))
        expected = pool.said(clean)
        for how in ("huge", "deleted", "corrected"):
            other = pool.scorer(name)
            other.update(spoilt(t, how).as_of(t))
            assert pool.said(other) == expected, (t, how)


def test_late_prices_hold_back_what_agents_know_of_themselves() -> None:
    """One close arrives a bar and a half late: weights held and results wait for it, whatever its value is."""
    base = market(120)
    closes = base["close"].copy()
    closes[80, 2] = np.nanmean(closes[:, 2])
    at = np.repeat(base.time[:, None], base.n_instruments, axis=1)
    at[80, 2] += (base.time[1] - base.time[0]) * 3 // 2
    lines = []
    for factor in (1.0, 1.7):
        changed = closes.copy()
        changed[80, 2] *= factor
        panel = Panel(
            {"close": changed, "open": base["open"]},
            base.time,
            base.instruments,
            periods_per_year=252.0,
            available_at={"close": at},
        )
        made = contest(panel, pipeline=quick())
        for bar in range(90):
            made.step(bar)
        lines.append((made.audit.lines, made.decisions))
    (one, first), (two, second) = lines
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first[:82], second[:82])
    assert [json.loads(line)["scores"] for line in one[:82]] == [
        json.loads(line)["scores"] for line in two[:82]
    ]
    assert json.loads(one[82])["scores"] != json.loads(two[82])["scores"]
