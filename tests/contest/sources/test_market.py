from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest import Clock, load_documents
from quantrl.data import Panel, load_sample
from quantrl.data.sources.synthetic import synthetic
from quantrl.errors import ConfigError
from quantrl.units import NS_PER_SECOND, ns_from_iso

DAY = 86_400 * 10**9


def small() -> Panel:
    close = np.array([[10.0, 10.0, 10.0], [11.0, 9.0, np.nan], [11.0, 9.0, 10.0]])
    return Panel({"close": close}, ns_from_iso("2024-05-01T20:00") + DAY * np.arange(3), ["A", "B", "C"])


def test_what_is_written() -> None:
    docs = list(load_documents("market", small()).as_of(2**62))
    assert len(docs) == 4
    by_title = {d.title: d for d in docs}
    assert by_title["Movers of 2024-05-02"].text == "Higher: A +10.00 %. Lower: B -10.00 %."
    assert by_title["Breadth of 2024-05-02"].text == (
        "2024-05-02: 1 of 2 names closed higher and 1 lower. The mean move was +0.00 % and the median +0.00 %."
    )
    assert by_title["Movers of 2024-05-02"].symbols == ("A", "B")
    assert by_title["Movers of 2024-05-03"].text == "No name moved."
    end = ns_from_iso("2024-05-02T20:00")
    assert by_title["Movers of 2024-05-02"].published_at == end
    assert by_title["Movers of 2024-05-02"].available_at == end + 60 * NS_PER_SECOND


def test_groups_are_named_after_twenty_days() -> None:
    panel = load_sample("us20").head(30)
    docs = list(load_documents("market", panel).as_of(2**62))
    groups = [d for d in docs if d.title.startswith("Groups")]
    assert len(groups) == 30 - 20
    assert len(groups[0].symbols) == 8


@pytest.mark.parametrize("t", [25, 60, 110])
def test_prices_after_the_decision_change_nothing_before_it(t: int) -> None:
    panel = synthetic(5, n_bars=120, n_instruments=10)
    clock = Clock.of_panel(panel)
    known = panel.time <= clock.d(t)
    changed = {
        name: np.where(known[:, None], values, values[::-1] * 1.1) for name, values in panel.columns.items()
    }
    other = load_documents("market", Panel(changed, panel.time, panel.table, masks=dict(panel.masks)))
    store = load_documents("market", panel)
    assert store.sha256 != other.sha256
    for day in (t // 2, t):
        assert store.as_of(clock.d(day)).sha256 == other.as_of(clock.d(day)).sha256
    newest = store.as_of(clock.d(t)).window(*clock.window(t))
    assert {d.published_at for d in newest} == {int(panel.time[t - 1])}


def test_it_needs_closes() -> None:
    opens = Panel({"open": np.ones((2, 1))}, [10**18, 2 * 10**18], ["A"])
    with pytest.raises(ConfigError, match="written from a panel with the column 'close'"):
        load_documents("market", opens)
