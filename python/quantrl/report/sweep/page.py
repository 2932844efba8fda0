"""What the page of a sweep says: the best of how many, what is left of it after counting them, and the whole map."""

from __future__ import annotations

from quantrl.report.document import Document
from quantrl.report.markup import Html, join, tag
from quantrl.report.numbers import show_number
from quantrl.report.sections import section
from quantrl.report.sections.footnotes import versions
from quantrl.report.sweep.figures import heatmap_figure
from quantrl.report.sweep.folder import SweepFolder
from quantrl.report.table import Column, table
from quantrl.typing import JsonObject

_MEASURES = [
    ("total", "Return", "percent"),
    ("sharpe", "Sharpe", "ratio3"),
    ("max_drawdown", "Worst fall", "percent"),
]
_NAMES = {"total": "total return", "sharpe": "Sharpe ratio", "max_drawdown": "worst fall"}


def sweep_page(folder: SweepFolder) -> Document:
    """Lay out the report."""
    raw = folder.raw
    page = Document(f"{raw['name']}: sweep of {raw['family']}")
    page.add(_header(raw))
    page.add(_map(raw, page), "Map", "map")
    page.add(_top(raw), "Best members", "top")
    page.add(
        section("luck", "How much of it is luck", *(tag("p", line) for line in luck_lines(raw))),
        "Luck",
        "luck",
    )
    page.add(_facts(raw), "Run", "run")
    page.add(versions(raw["versions"]))
    return page


def sweep_lines(raw: JsonObject) -> list[str]:
    """The same numbers as text."""
    lines = [f"{raw['name']} (sweep {raw['run']})", verdict(raw), ""]
    for row in raw["top"]:
        params = ", ".join(f"{name} {row[name]:g}" for name in raw["grid"])
        shown = ", ".join(f"{label} {show_number(row[key], unit)}" for key, label, unit in _MEASURES)
        lines.append(f"{params}: {shown}, {row['trades']} trades")
    return [*lines, "", *luck_lines(raw), f"Run it again: {raw['command']}"]


def verdict(raw: JsonObject) -> str:
    """The best member in a sentence."""
    best, measure = raw["best"], _NAMES[raw["measure"]]
    where = f"{raw['members']:,} members of {raw['family']} on {', '.join(raw['instruments'])}"
    if best is None:
        return f"{where}: none has a {measure} and at least {raw['min_trades']} trades."
    params = ", ".join(f"{name} {value:g}" for name, value in best["params"].items())
    shown = show_number(best["value"], {key: unit for key, _, unit in _MEASURES}[raw["measure"]])
    return f"Best {measure} of {where}: {shown} with {params}, {best['trades']} trades, after all costs."


def luck_lines(raw: JsonObject) -> list[str]:
    """Deflation and overfitting in sentences."""
    best, pbo, lines = raw["best"], raw["pbo"], []
    if best is not None and best["deflated_sharpe"] is not None:
        lines.append(
            f"Deflated Sharpe ratio {show_number(best['deflated_sharpe'], 'p')}: the probability that the best member beats "
            f"what the best of {best['trials']:,} trials without skill shows on these data."
        )
    elif best is not None:
        lines.append(f"The deflated Sharpe ratio is undefined ({best['deflated_reason']}).")
    if pbo["probability"] is not None:
        lines.append(
            f"Probability of overfitting {show_number(pbo['probability'], 'percent')}: in so many of {pbo['halves']:,} "
            f"halves of the blocks the best of the {pbo['members']:,} members with at least {raw['min_trades']} trades "
            "ended in the lower half of the other blocks"
            + (
                f"; {pbo['left_out']:,} halves without a ratio for some member are left out."
                if pbo["left_out"]
                else "."
            )
        )
    else:
        lines.append(f"The probability of overfitting is undefined: {pbo['reason']}.")
    return lines


def _header(raw: JsonObject) -> Html:
    return tag(
        "header",
        tag("p", "Sweep ", tag("code", raw["run"]), class_="eyebrow"),
        tag("h1", raw["name"]),
        tag("p", verdict(raw), class_="verdict"),
    )


def _map(raw: JsonObject, page: Document) -> Html:
    figure = heatmap_figure(raw["heatmap"], _NAMES[raw["measure"]], raw["best"])
    if figure is None:
        return Html("")
    heatmap = raw["heatmap"]
    others = [name for name in raw["grid"] if name not in (heatmap["x"], heatmap["y"])]
    note = f"Of {', '.join(others)} the best value of each cell is shown." if others else ""
    label = f"{_NAMES[raw['measure']]} by {heatmap['x']} and {heatmap['y']}"
    chart = page.chart(
        "map", figure, f"Heat map: {label}.", f"{note} The circle marks the best member.".strip()
    )
    return section("map", f"The {label}", chart)


def _top(raw: JsonObject) -> Html:
    names = list(raw["grid"])
    # The first column is the head of its row.
    columns = [Column(names[0], "text"), *(Column(name) for name in names[1:])]
    columns += [*(Column(label) for _, label, _ in _MEASURES), Column("Trades")]
    rows = [
        [
            *(f"{row[name]:g}" for name in names),
            *(show_number(row[key], unit) for key, _, unit in _MEASURES),
            f"{row['trades']:,}",
        ]
        for row in raw["top"]
    ]
    lead = f"By {_NAMES[raw['measure']]}, of members with at least {raw['min_trades']} trades. All are in sweep.parquet."
    return section(
        "top", "Best members", table(columns, rows, caption="Best members", class_="narrow"), lead=lead
    )


def _facts(raw: JsonObject) -> Html:
    costs, trials = raw["costs"], raw["trials"]
    items: list[tuple[str, object]] = [
        ("Instruments", ", ".join(raw["instruments"])),
        *((name, values) for name, values in raw["grid"].items()),
        ("Members", f"{raw['members']:,}"),
        ("Combinations left out", f"{raw['left_out']:,}"),
        ("From", raw["start"]),
        ("To", raw["end"]),
        ("Bars", f"{raw['bars']:,}, {raw['periods_per_year']:g} a year"),
        ("Fill", raw["fill"]),
        ("Costs", f"{costs['bps']:g} bp a side" if _is_plain(costs) else ", ".join(_cost_words(costs))),
        ("Trials of this run", f"{trials['this_run']:,}"),
        ("Trials on these data", f"{trials['on_data']:,}"),
        ("Flags", ", ".join(flag.replace("_", " ") for flag in raw["flags"]) or "none"),
    ]
    cells = (tag("div", tag("dt", key), tag("dd", value)) for key, value in items)
    commands = tag(
        "div",
        tag("p", "Run it again", tag("code", raw["command"])),
        tag("p", "Rebuild this page", tag("code", f"quantrl report {raw['run']}")),
        class_="commands",
    )
    return tag("section", tag("h2", "The run"), tag("dl", join(cells), class_="facts"), commands, id="run")


def _is_plain(costs: JsonObject) -> bool:
    return not any(value for name, value in costs.items() if name != "bps")


def _cost_words(costs: JsonObject) -> list[str]:
    return [f"{name} {value:g}" for name, value in costs.items() if value is not None]
