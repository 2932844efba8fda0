"""Top of the page: what this is, the verdict in words, the facts of the run."""

from __future__ import annotations

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, join, tag
from quantrl.report.schema import SettingsEntry
from quantrl.report.values import Values
from quantrl.report.verdict import Day, Name, Part, Ref, verdict

FILLS: dict[str, str] = {
    "next_open": "next open after the decision",
    "next_typical": "next typical price after the decision",
    "next_close": "next close after the decision",
    "close": "close of the decision bar",
}
TITLES: dict[str, str] = {"contest": "Contest report", "backtest": "Backtest report", "paper": "Paper book"}
_TILES: list[tuple[str, str, str]] = [
    ("cagr", "percent", "Return a year"),
    ("sharpe", "ratio", "Sharpe ratio"),
    ("max_drawdown", "percent", "Worst drawdown"),
    ("turnover", "times", "Turnover a year"),
    ("cost_bps_year", "bps", "Cost a year"),
]


def header(folder: ReportFolder, values: Values) -> Html:
    """Title, verdict, five headline numbers."""
    report = folder.report
    state = "" if report.status == "done" else tag("span", report.status, class_="badge cut")
    return tag(
        "header",
        tag("p", TITLES[report.kind], " ", tag("code", report.run), " ", state, class_="eyebrow"),
        tag("h1", report.name),
        tag("p", *_sentences(folder, values), class_="verdict"),
        _tiles(folder, values),
    )


def facts(folder: ReportFolder, values: Values) -> Html:
    """What the run was made of, and the commands that make it again."""
    report = folder.report
    data = report.data
    items: list[tuple[str, object]] = [
        ("Data", data.source),
        ("Period", join([_day(data.start), " to ", _day(data.end)])),
        ("Bars", join([values.show("/data/bars", "count"), *_clock(values)])),
        ("Instruments", f"{len(data.instruments)}"),
        ("Fill", FILLS.get(report.settings.fill, report.settings.fill)),
        ("Costs", cost_words(report.settings)),
        ("Sizing", report.settings.sizing.replace("_", "-")),
        ("Start capital", values.show("/settings/initial_cash", "money")),
        ("Seed", f"{report.settings.seed}"),
        ("Trials", _trials(folder, values)),
        ("Status", report.status),
        ("Data hash", tag("code", data.id[:16], title=data.id)),
    ]
    cells = (tag("div", tag("dt", key), tag("dd", value)) for key, value in items)
    commands = tag(
        "div",
        tag("p", "Run it again", tag("code", report.command)),
        tag("p", "Rebuild this page", tag("code", f"quantrl report {report.run}")),
        class_="commands",
    )
    return tag("section", tag("h2", "The run"), tag("dl", *cells, class_="facts"), commands, id="run")


def cost_words(settings: SettingsEntry) -> str:
    """Trading costs in a few words."""
    costs = settings.costs
    both = costs.get("bps") or 0.0
    buy = both if costs.get("buy_bps") is None else costs["buy_bps"]
    sell = both if costs.get("sell_bps") is None else costs["sell_bps"]
    words = [f"{buy:g} bp a side" if buy == sell else f"{buy:g} bp to buy, {sell:g} bp to sell"]
    slippage = costs.get("slippage_bps")
    if isinstance(slippage, dict):
        words.append("slippage by bar")
    elif isinstance(slippage, list):
        words.append(f"{min(slippage):g} to {max(slippage):g} bp slippage by instrument")
    elif slippage:
        words.append(f"{slippage:g} bp slippage")
    if costs.get("fixed"):
        words.append(f"{costs['fixed']:g} an order")
    if costs.get("minimum"):
        words.append(f"at least {costs['minimum']:g} an order")
    return ", ".join(words)


def _sentences(folder: ReportFolder, values: Values) -> list[Html]:
    def show(part: Part) -> object:
        if isinstance(part, Ref):
            return values.show(part.pointer, part.unit)
        if isinstance(part, Day):
            return _day(part.date)
        return tag("strong", part.word) if isinstance(part, Name) else part

    return [Html(join(show(part) for part in sentence) + " ") for sentence in verdict(folder)]


def _tiles(folder: ReportFolder, values: Values) -> Html:
    index = next(i for i, book in enumerate(folder.report.books) if book.name == folder.primary)
    measures = folder.report.books[index].measures
    tiles = []
    for name, unit, label in _TILES:
        if name in measures:
            shown = values.measure(f"/books/{index}/measures/{name}", unit)
            tiles.append(tag("div", tag("dt", label), tag("dd", shown)))
    return tag("dl", *tiles, class_="tiles") if tiles else Html("")


def _day(date: str) -> Html:
    return tag("span", date, class_="nobr")


def _clock(values: Values) -> list[Html]:
    if values.at("/data").get("periods_per_year") is None:
        return []
    return [tag("small", " (", values.show("/data/periods_per_year", "count"), " a year)")]


def _trials(folder: ReportFolder, values: Values) -> Html:
    trials = folder.report.trials
    parts: list[object] = []
    if trials.this_run is not None:
        parts += [values.show("/trials/this_run", "count"), " in this run"]
    if trials.on_data is not None:
        parts += [", " if parts else "", values.show("/trials/on_data", "count"), " on these data"]
    return join(parts or ["not counted"])
