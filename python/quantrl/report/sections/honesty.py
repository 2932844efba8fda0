"""What could make the numbers wrong: feedback delay, audit, multiple trials, the data, warnings."""

from __future__ import annotations

from quantrl.report.folder import ReportFolder
from quantrl.report.markup import Html, join, tag
from quantrl.report.schema import ReportEntry
from quantrl.report.sections import section
from quantrl.report.sections.doubts import luck, orders, tested
from quantrl.report.table import Column, table
from quantrl.report.values import Values

FLAGS: dict[str, str] = {
    "same_bar": "Orders are filled on the bar they were decided on.",
    "zero_cost": "Trading is free in this run: no real account trades at these prices.",
}


def delay(folder: ReportFolder, values: Values) -> Html:
    """Sharpe ratio of the contest against the age of its feedback."""
    report = folder.report
    if not report.delay:
        return Html("")
    rows = [
        [_delay_words(entry.delay), values.show(f"/delay/{i}/sharpe", "ratio3")]
        for i, entry in enumerate(report.delay)
    ]
    body = table(
        [Column("Feedback arrives", "text"), Column("Sharpe")],
        rows,
        caption="Sharpe by feedback delay",
        class_="narrow",
    )
    gap = _control_gap(report, values)
    lead = (
        "The contest learns from matured results only. If it saw a result too early, holding all of them "
        "back one more bar would cost it dearly, so a jump between these rows would betray a leak."
    )
    return section("delay", "If feedback came later", body, gap, lead=lead)


def honesty(folder: ReportFolder, values: Values) -> Html:
    """The box that says how far to trust the page."""
    report = folder.report
    items: list[tuple[str, object]] = [
        ("Look-ahead", join([*_lookahead(report), tested(report, values)])),
        ("Accounting", _audit(report, values)),
        *_journal(report, values),
        *luck(report, values),
        *orders(report, values),
        ("Many trials", _trials(report, values)),
        ("The data", _flags(report)),
        *(
            []
            if report.kind == "backtest" and not report.claims
            else [("Claims", _list(report.claims, "None made."))]
        ),
        ("Warnings", _list(report.warnings, "None.")),
    ]
    if report.disagreements:
        items.append(("Disagreements", _list([str(item) for item in report.disagreements], "")))
    body = tag("dl", *(Html(tag("dt", key) + tag("dd", value)) for key, value in items), class_="honesty")
    return section("honesty", "How far to trust this", body)


def _control_gap(report: ReportEntry, values: Values) -> Html:
    for i, book in enumerate(report.books):
        gap = book.sharpe_minus_contest
        pointer = f"/books/{i}/sharpe_minus_contest"
        if (
            book.name.startswith("delay_")
            and gap is not None
            and gap.low is not None
            and gap.high is not None
        ):
            shown, ends = values.measure(pointer, "lead3", interval=False), values.interval(pointer, "lead3")
            word = "includes" if gap.low <= 0 <= gap.high else "does not include"
            return tag(
                "p",
                "The delay costs ",
                shown,
                " (95% interval ",
                ends,
                f"), which {word} zero.",
                class_="note",
            )
    return Html("")


def _delay_words(bars: int) -> str:
    if bars == 0:
        return "when it has matured"
    return f"{bars} bar{'s' if bars > 1 else ''} later"


def _lookahead(report: ReportEntry) -> list[str]:
    if report.settings.fill == "close":
        return [
            "Decisions are filled at the close they were made on, which only an order placed into the "
            "closing auction can do. "
        ]
    if report.lookahead:
        return ["Decisions are filled after the bar they were made on. "]
    words = (
        "By construction a decision sees what was available at its time, nothing else, and is filled after it"
    )
    if report.kind in ("contest", "paper"):
        return [f"{words}; agents are scored on results that had matured by then."]
    return [f"{words}. "]


def _audit(report: ReportEntry, values: Values) -> Html:
    audit = report.audit
    if audit is None or audit.breaches is None:
        return tag("span", "Not checked.")
    parts: list[object] = [values.show("/audit/breaches", "count"), " breaches"]
    if report.paper is not None:
        parts += [
            " of the accounting identities, asked after each of ",
            values.show("/data/bars", "count"),
            " bars",
        ]
    elif audit.decisions is not None:
        parts += [" in ", values.show("/audit/decisions", "count"), " decisions"]
    if audit.max_residual is not None:
        parts += ["; largest relative residual ", values.show("/audit/max_residual", "tiny")]
    parts.append(". ")
    if audit.last_sha and report.paper is None:
        parts += ["Last audit line ", tag("code", audit.last_sha[:16], title=audit.last_sha), "."]
    return tag("span", *parts, class_=None if audit.breaches == 0 else "alarm")


def _journal(report: ReportEntry, values: Values) -> list[tuple[str, object]]:
    if report.paper is None:
        return []
    journal, path = report.paper.journal, "/paper/journal"
    parts: list[object] = [
        values.show(f"{path}/events", "count"),
        " events in ",
        values.show(f"{path}/starts", "count"),
    ]
    parts += [f" start{'' if journal.starts == 1 else 's'} of the daemon; the chain of hashes is whole. "]
    if journal.rederived is None:
        parts.append("Its outputs were not computed again for this page.")
    else:
        parts += [
            values.show(f"{path}/rederived", "percent"),
            " of its outputs were computed again and are equal.",
        ]
    parts += [" Content ", tag("code", journal.digest[:16], title=journal.digest), "."]
    return [("Journal", tag("span", *parts))]


def _trials(report: ReportEntry, values: Values) -> Html:
    if report.trials.on_data is None and report.trials.this_run is None:
        return html_note("Not counted.")
    parts: list[object] = []
    if report.trials.this_run is not None:
        one = report.trials.this_run == 1
        parts += ["This run tried ", values.show("/trials/this_run", "count"), " agent" if one else " agents"]
    if report.trials.on_data is not None:
        parts += [
            "; " if parts else "",
            values.show("/trials/on_data", "count"),
            " configuration was" if report.trials.on_data == 1 else " configurations were",
            " ever tried on these data",
        ]
    parts.append(
        ". The best of many looks good by luck alone; the deflated Sharpe ratio (DSR) allows for that,"
    )
    return join([*parts, " the PSR does not."])


def html_note(words: str) -> Html:
    """A short remark."""
    return tag("span", words)


def _flags(report: ReportEntry) -> Html:
    return _list([FLAGS.get(flag, flag) for flag in report.data.flags], "No flags.")


def _list(entries: list[str], none: str) -> Html:
    if not entries:
        return html_note(none)
    return tag("ul", *(tag("li", entry) for entry in entries))
