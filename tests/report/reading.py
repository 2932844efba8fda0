"""A page read back the way a browser would: elements, attributes, text, scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

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
