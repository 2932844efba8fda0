"""Every measure in a sentence, and the versions the run was made with."""

from __future__ import annotations

from collections.abc import Mapping

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, tag
from quantrl.report.sections import section

MEASURES: list[tuple[str, str]] = [
    ("Return a year", "Compound growth of equity, annualised, after all costs."),
    ("Volatility", "Standard deviation of the returns, annualised."),
    ("Sharpe", "Mean return over its standard deviation, annualised; the risk-free rate is taken as zero."),
    ("Sortino", "As Sharpe, with the root mean square of the losses below the bar."),
    ("Calmar", "Return a year over the size of the worst drawdown."),
    ("Drawdown", "Equity below its highest point so far, as a negative fraction of that point."),
    ("Turnover", "Bought plus sold over equity, a year."),
    ("Cost", "Fees and slippage over equity, a year; 100 bp are 1%."),
    ("Invested", "Mean share of equity that is not cash."),
    (
        "95% interval",
        "Range of the measure when blocks of the history are drawn again and again (stationary bootstrap).",
    ),
]
CONTEST: list[tuple[str, str]] = [
    (
        "Contest leads",
        "Sharpe ratio of the contest minus that of the row, over the same days drawn together.",
    ),
    (
        "Place",
        "Order of the score now; its interval holds 90% of the places drawn from the scores' uncertainty.",
    ),
    (
        "Capital",
        "Share of the contest's capital the agent may use; first its positions are scaled to one volatility.",
    ),
    (
        "Score",
        "How far the agent stands above the others, in standard deviations; recent days weigh more, and it "
        "is pulled to the mean as far as chance explains it; ± one standard error.",
    ),
    ("P(top K)", "Chance that the agent is truly among the K best, from the score and its error."),
    (
        "PSR",
        "Probability that the true Sharpe ratio is above zero, given length, skew and tails of the record.",
    ),
    ("DSR", "The same, against the best Sharpe ratio that luck alone would give after as many trials."),
    ("Funded", "Share of days on which the agent held capital."),
    (
        "States",
        "Candidate: watched, no capital. Rookie: capital grows to its full slot. Active: full slot. "
        "Probation: half. Cut: none, for a while.",
    ),
]

_SHARED = ("PSR", "DSR", "Funded")
PAPER: list[tuple[str, str]] = [
    (
        "Book leads",
        "Sharpe ratio of the paper book minus that of the row, over the same days drawn together.",
    ),
    ("Place", "Order of the key in the newest round; agents that were not scored come last."),
    ("Capital", "The agent's part of the book's equity, in its own cash and positions."),
    *(entry for entry in CONTEST if entry[0] in _SHARED),
    (
        "Residual",
        "Equity less all its sources, in units of one hundred-millionth of the currency: zero, or the books are wrong.",
    ),
]
BACKTEST: list[tuple[str, str]] = [
    ("Its lead", "Sharpe ratio of the first row minus that of the row, over the same bars drawn together."),
    (
        "Random schedules",
        "The decisions turned in time and given to other names at random: as much is held and traded, without skill.",
    ),
    *(entry for entry in CONTEST if entry[0] in ("PSR", "DSR")),
    ("VaR, CVaR", "Return of a bar that one in twenty falls below, and the mean of those that do."),
    ("Tail ratio, omega", "95% quantile over the size of the 5% one; sum of gains over that of losses."),
    ("Ulcer index", "Root mean square of the drawdown, bar by bar."),
    (
        "Round trip",
        "From flat to flat in one instrument, after all costs; SQN is mean over deviation times the root of n.",
    ),
]
OWN = {"contest": CONTEST, "paper": PAPER, "backtest": BACKTEST}


def footnotes(folder: ReportFolder) -> Html:
    """Definitions of all measures shown."""
    entries = MEASURES + OWN.get(folder.report.kind, [])
    body = tag("dl", *(tag("div", tag("dt", key), tag("dd", text)) for key, text in entries), class_="notes")
    return section("notes", "What the measures mean", body)


def versions(known: Mapping[str, str]) -> Html:
    """Software the run was made with."""
    shown = ", ".join(f"{name} {version}" for name, version in sorted(known.items()))
    return tag("footer", tag("p", f"Made with {shown}."), tag("p", "Past results, simulated. Not advice."))
