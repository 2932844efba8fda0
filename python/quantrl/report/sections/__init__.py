"""The parts of a page, one file each, in the order of their use by the pages."""

from __future__ import annotations

from quantrl.report.markup import Html, tag


def section(anchor: str, title: str, *children: object, lead: object = "") -> Html:
    """A titled part of the page; a part without content is left out."""
    body = [child for child in children if child]
    if not body:
        return Html("")
    note = tag("p", lead, class_="lead") if lead else ""
    return tag(
        "section",
        tag("h2", title, id=f"{anchor}-title"),
        note,
        *body,
        id=anchor,
        aria_labelledby=f"{anchor}-title",
    )
