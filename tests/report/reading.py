"""A page read back the way a browser would: elements, attributes, text, scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "col", "img", "br", "input", "link", "base", "wbr"}


@dataclass
class Element:
    """One element with its attributes and the text below it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    parents: tuple[str, ...] = ()


@dataclass
class Page(HTMLParser):
    """All elements of a page, in document order."""

    source: str = ""
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def read(cls, path: Path) -> Page:
        """Parse a file."""
        page = cls(path.read_text(encoding="utf-8"))
        page.feed(page.source)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parents = tuple(element.name for element in self._open)
        element = Element(tag, {key: value or "" for key, value in attrs}, parents=parents)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parents = tuple(element.name for element in self._open)
        self.elements.append(Element(tag, {key: value or "" for key, value in attrs}, parents=parents))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str) -> list[Element]:
        """Elements of one name."""
        return [element for element in self.elements if element.name == name]

    def by_id(self, key: str) -> Element:
        """The element with an id."""
        (element,) = [element for element in self.elements if element.attributes.get("id") == key]
        return element

    @property
    def visible(self) -> str:
        """The page without the plotly library: everything of our own."""
        library = max(self.all("script"), key=lambda script: len(script.text)).text
        return self.source.replace(library, "")


# (factor from the stored to the shown number, suffix), written down anew
SHOWN = {
    "ratio": (1, ""),
    "lead": (-1, ""),
    "lead3": (-1, ""),
    "ratio3": (1, ""),
    "percent": (100, "%"),
    "points": (100, ""),
    "share": (100, "%"),
    "whole": (100, ""),
    "times": (1, "×"),
    "tenths": (1, ""),
    "bps": (1, " bp"),
    "bps1": (1, " bp"),
    "count": (1, ""),
    "money": (1, ""),
    "tiny": (1, ""),
    "percent2": (100, "%"),
    "p": (1, ""),
}


def resolve(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer."""
    for part in pointer.split("/")[1:]:
        document = (
            document[int(part)]
            if isinstance(document, list)
            else document[part.replace("~1", "/").replace("~0", "~")]
        )
    return document


def check(element: Element, value: float | None) -> None:
    """The text of an element is `value`, rounded to the digits it shows."""
    where = str(element.attributes)
    if value is None:
        assert element.text == "—", where
        return
    factor, suffix = SHOWN[element.attributes["data-unit"]]
    assert element.text.endswith(suffix), where
    digits = element.text.removesuffix(suffix).replace(",", "").replace("−", "-")
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    assert abs(float(digits) - value * factor) <= 0.5 * 10.0**-decimals * (1 + 1e-9), where


def keyed(page: Page) -> dict[str, Element]:
    """Elements by the address their number was read from."""
    return {e.attributes["data-key"]: e for e in page.elements if "data-key" in e.attributes}


def derived(page: Page) -> dict[str, Element]:
    """Elements by the name of a number made of the frames."""
    return {e.attributes["data-derived"]: e for e in page.elements if "data-derived" in e.attributes}
