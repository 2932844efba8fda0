"""A word list: what it says of plain sentences, and that it says nothing of words it does not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.contest.analysts.lexicon import flip, lexicon, polarity, rating_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", 0.0),
        ("The board meets on Tuesday", 0.0),
        ("Profit.", 1 / 2),
        ("Record profit and strong orders", 2 / 3),
        ("Losses", -1 / 2),
        ("strong growth, weak margins", 1 / 4),
        ("not good", -1 / 2),
        ("It isn\u2019t good", -1 / 2),
        ("no sign of fraud", 1 / 2),
        ("no sign at all of fraud", -1 / 2),
        ("This is not it. Growth came back", 1 / 2),
        ("not without success", 1 / 2),
        ("sharply falling", -2 / 3),
        ("shares fell sharply", -2 / 3),
        ("slightly weaker", -1 / 3),
        ("gain 3.5 percent", 1 / 2),
        ("GAINS", 1 / 2),
        ("\u201cGains\u201d\u2014and losses\u2026", 0.0),
        ("'gains'/(growth), \u00c9lan!", 2 / 3),
        ("Gains...losses", 0.0),
        ("No. Gains", 1 / 2),
        ("gains! slightly later", 1 / 2),
    ],
)
def test_polarity(text: str, value: float) -> None:
    assert polarity(text) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "rating"),
    [(0, 0), (0.2, 0), (0.21, 1), (0.6, 1), (0.61, 2), (-0.2, 0), (-0.21, -1), (-0.6, -1), (-0.61, -2)],
)
def test_rating_is_cut_at_a_fifth_and_three_fifths(value: float, rating: int) -> None:
    assert rating_of(value) == rating


def test_the_lists_share_no_word_and_speak_of_both_sides() -> None:
    sign, degrees, negations, _ = lexicon()
    assert not set(sign) & (set(degrees) | negations)
    assert 300 <= sum(value > 0 for value in sign.values()) <= 500
    assert 300 <= sum(value < 0 for value in sign.values()) <= 600


@given(st.text(max_size=200))
def test_any_text_has_a_polarity_inside_one(text: str) -> None:
    assert -1 < polarity(text) < 1


def test_flipped_text_means_the_opposite() -> None:
    sign = lexicon().sign
    text = "Profits surged on Strong demand; AAPL fell 3% after a lawsuit"
    turned = flip(text)
    assert polarity(turned) == pytest.approx(-polarity(text))
    assert [w for w in turned.split() if w.lower().strip(";") not in sign] == [
        w for w in text.split() if w.lower().strip(";") not in sign
    ]
    assert flip("The board of QVLT met") == "The board of QVLT met"
