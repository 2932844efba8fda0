"""Parts of the page only a contest of analysts has, one file each."""

from __future__ import annotations

from quantrl.report.markup import Html, tag


def empty(words: str) -> Html:
    """Why there is nothing to show."""
    return tag("p", words, class_="empty")


def subtitle(words: str) -> Html:
    """Title of a table within a section."""
    return tag("h3", words)
