"""What the measures of a contest mean, a sentence each."""

from __future__ import annotations

from quantrl.report.markup import Html, tag
from quantrl.report.sections import section
from quantrl.report.sections.footnotes import MEASURES

_LEFT_OUT = ("Sortino", "Calmar", "Invested", "Turnover")
CONTEST: list[tuple[str, str]] = [
    (
        "u",
        "Predicted utility of an agent: expected score over its deviation, of the days its decision can act on.",
    ),
    (
        "RankIC",
        "Spearman's correlation, across agents, of u and what followed; ICIR is its mean over its deviation.",
    ),
    ("t, Newey-West", "Mean over its standard error when neighbouring days overlap."),
    (
        "Visible",
        "Smallest true difference in Sharpe ratio that days like these would show in 80 of 100 repeats.",
    ),
    (
        "PSR",
        "Probability that the true Sharpe ratio is above zero, given length, skew and tails of the record.",
    ),
    ("DSR", "The same, against the best ratio that luck alone would give after as many trials."),
    ("Random choice", "Another agent drawn each day, many times over: what choosing without looking earns."),
    ("Best past", "All capital with whoever earned most so far."),
    ("Target turnover", "Change of the netted target weights, a year; the drift of holdings is not in it."),
    (
        "Brier",
        "Mean squared distance of probability and outcome; skill compares it with the base rate known then.",
    ),
    ("Krippendorff α", "Agreement of judges: 1 is perfect, 0 is chance."),
    ("Implied", "Return of a portfolio that holds what a factor's ratings say, one unit in all."),
]


def notes() -> Html:
    """Definitions of all measures shown."""
    entries = [one for one in MEASURES if one[0] not in _LEFT_OUT] + CONTEST
    body = tag("dl", *(tag("div", tag("dt", key), tag("dd", text)) for key, text in entries), class_="notes")
    return section("notes", "What the measures mean", body)
