"""The site's pages in order: where each comes from, what it is called, and where its links lead. Standard library only."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/quantrl/quantrl"
SITE = "https://quantrl.github.io/quantrl/"
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)[^`].*?\1", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One page: `source` is its file below the repository, `path` its place on the site."""

    source: str
    path: str
    title: str

    def text(self) -> str:
        """Markdown of the source; of a notebook, its cells."""
        return read(self.source)


def sections() -> list[tuple[str, list[Page]]]:
    """What nav.toml lists, in order; a pattern stands for the files that are named nowhere."""
    listed = tomllib.loads((ROOT / "docs/site/nav.toml").read_text(encoding="utf-8"))["section"]
    named = {entry for section in listed for entry in section["pages"] if "*" not in entry}
    return [(section["title"], [_page(s) for s in _sources(section["pages"], named)]) for section in listed]


def pages() -> list[Page]:
    """Every page, in order."""
    return [page for _, listed in sections() for page in listed]


def read(source: str) -> str:
    """Text of a page's source; the cells of a notebook are put one below the other.

    Raises
    ------
    OSError
        There is no such file.
    """
    text = (ROOT / source).read_text(encoding="utf-8")
    if not source.endswith(".ipynb"):
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join(
        body if cell["cell_type"] == "markdown" else f"```python\n{body}\n```"
        for cell in cells
        if (body := "".join(cell["source"]))
    )


def prose(markdown: str) -> str:
    """The text with code blanked out, line for line: what headings and links are looked for in."""
    blank = lambda found: re.sub(r"[^\n]", " ", found[0])  # noqa: E731
    return _CODE.sub(blank, _FENCE.sub(blank, markdown))


def without_blocks(markdown: str) -> str:
    """The text without its code blocks."""
    return _FENCE.sub("", markdown)


def links(markdown: str) -> Iterator[re.Match[str]]:
    """Every inline link and picture that is not in code, in order."""
    return LINK.finditer(prose(markdown))


def target(link: str, source: str) -> tuple[str, str] | None:
    """File below the repository and anchor that a link of `source` means; None where it leads elsewhere."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return None
    file, _, anchor = link.partition("#")
    if not file:
        return source, anchor
    return os.path.normpath(PurePosixPath(source).parent / file), anchor


def relink(markdown: str, page: Page) -> str:
    """The same text with links as the site needs them: to pages where there is one, else to the repository."""
    places = {other.source: other.path for other in pages()}
    done, at = [], 0
    for found in links(markdown):
        done += [markdown[at : found.start(1)], _relinked(found[1], page, places)]
        at = found.end(1)
    return "".join([*done, markdown[at:]])


def _relinked(link: str, page: Page, places: dict[str, str]) -> str:
    meant = target(link, page.source)
    if meant is None or link.startswith("#"):
        return link
    file, anchor = meant
    if file in places:
        place = places[file]
    elif file.startswith("docs/") and (ROOT / file).is_file():
        place = file.removeprefix("docs/")
    elif (ROOT / file).exists():
        return f"{REPOSITORY}/{'tree' if (ROOT / file).is_dir() else 'blob'}/main/{file}"
    else:
        return link  # for the strict build to refuse
    relative = os.path.relpath(place, PurePosixPath(page.path).parent)
    return relative + (f"#{anchor}" if anchor else "")


def _sources(listed: list[str], named: set[str]) -> list[str]:
    found: list[str] = []
    for entry in listed:
        files = sorted(ROOT.glob(entry)) if "*" in entry else [ROOT / entry]
        names = (file.relative_to(ROOT).as_posix() for file in files)
        found += [name for name in names if name == entry or name not in {*named, *found}]
    return found


def _page(source: str) -> Page:
    title = re.search(r"^# (.+)$", without_blocks(read(source)), re.MULTILINE)
    if title is None:
        raise ValueError(f"{source} has no first heading")
    return Page(source, _place(source), title[1].replace("`", "").strip())


def _place(source: str) -> str:
    path = PurePosixPath(source)
    if path.parts[0] == "docs":
        return str(path.relative_to("docs"))
    if path.name == "README.md":
        return f"{path.parts[-3] if len(path.parts) > 2 else ''}/{path.parent.name}.md".lstrip("/")
    return f"{path.parent.name}/{path.stem}.md".lstrip("/") if path.suffix == ".ipynb" else path.name.lower()
