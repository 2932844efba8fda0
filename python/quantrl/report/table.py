"""HTML tables that scroll inside themselves, carry a caption, and may be sorted by their heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quantrl.report.markup import Html, join, tag


@dataclass(frozen=True)
class Column:
    """One column: its head, the unit below the head, and how its cells are set."""

    label: object
    kind: Literal["text", "num", "draw"] = "num"
    unit: object = ""
    sort: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell with a key for sorting; a plain value stands for a cell without one."""

    body: object
    key: float | str | None = None
    style: str | None = None


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[object]],
    *,
    caption: str,
    row_classes: Sequence[str | None] = (),
    sortable: bool = False,
    class_: str = "",
) -> Html:
    """A table; the first column of text is the head of its row."""
    heads = join(_head(column, sortable) for column in columns)
    named = next(i for i, column in enumerate(columns) if column.kind == "text")
    classes = list(row_classes) or [None] * len(rows)
    body = [
        tag("tr", *(_cell(columns[i], cell, head=i == named) for i, cell in enumerate(row)), class_=name)
        for row, name in zip(rows, classes, strict=True)
    ]
    inner = [tag("caption", caption), tag("thead", tag("tr", heads)), tag("tbody", join(body))]
    element = tag(
        "table", join(inner), class_=" ".join(filter(None, (class_, "sortable" if sortable else ""))) or None
    )
    return tag("div", element, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _head(column: Column, sortable: bool) -> Html:
    label: object = tag("button", column.label, type="button") if sortable and column.sort else column.label
    unit = tag("small", column.unit, class_="unit") if column.unit else ""
    return tag("th", label, unit, scope="col", class_=column.kind)


def _cell(column: Column, cell: object, *, head: bool) -> Html:
    given = cell if isinstance(cell, Cell) else Cell(cell)
    name, scope = ("th", "row") if head else ("td", None)
    return tag(name, given.body, scope=scope, class_=column.kind, data_sort=given.key, style=given.style)
