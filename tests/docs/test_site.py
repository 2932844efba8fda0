"""The site, without building it: every name and command is on a page, every page is listed, every link leads somewhere."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import unicodedata
from collections.abc import Iterator

import cli_page
import pytest
import tree
import write

import quantrl

PAGES = tree.pages()
DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)
DOCUMENTED = [name for page in PAGES for name in DIRECTIVE.findall(page.text())]
PACKAGES = ["quantrl", *(m.name for m in pkgutil.walk_packages(quantrl.__path__, "quantrl.") if m.ispkg)]
PUBLIC = [name for name in PACKAGES if "__all__" in vars(importlib.import_module(name))]
ROOMS = [
    "quantrl.config",
    "quantrl.errors",
    "quantrl.registry",
    "quantrl.rng",
    "quantrl.runs",
    "quantrl.typing",
    "quantrl.units",
]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    missing = [
        name
        for name in module.__all__
        if f"{package}.{name}" not in DOCUMENTED and not elsewhere(module, name)
    ]
    assert not missing, f"docs/api has no `::: {package}.<name>` for {', '.join(missing)}"


def elsewhere(module: object, name: str) -> bool:
    """Whether a name of a package is documented under another one that exports the same, or is a page of its own."""
    if module is quantrl:
        return name == "__version__" or f"[`quantrl.{name}`]" in tree.read("docs/api/quantrl.md")
    return any(
        getattr(importlib.import_module(home), name, None) is getattr(module, name)
        for home in {path.rpartition(".")[0] for path in DOCUMENTED if path.endswith(f".{name}")}
    )


def test_every_module_of_the_base_is_documented() -> None:
    assert set(ROOMS) <= set(DOCUMENTED)


@pytest.mark.parametrize("name", sorted(set(DOCUMENTED)))
def test_what_is_documented_is_there_and_public(name: str) -> None:
    if name in ROOMS:
        assert importlib.import_module(name).__doc__
        return
    package, _, last = name.rpartition(".")
    assert last in importlib.import_module(package).__all__


def test_nothing_is_documented_twice() -> None:
    assert len(DOCUMENTED) == len(set(DOCUMENTED))


def test_every_command_is_documented() -> None:
    headings = set(re.findall(r"^#+ (quantrl.*)$", tree.read("docs/cli.md"), re.MULTILINE))
    assert headings == {name for name, _ in cli_page.commands()}


@pytest.mark.parametrize("name", write.WRITTEN)
def test_written_pages_are_up_to_date(name: str) -> None:
    kept = (tree.ROOT / name).read_text(encoding="utf-8")
    assert kept == write.WRITTEN[name](), f"{name} is behind: run `python docs/site/write.py`"


def test_every_page_is_listed_once() -> None:
    written = {path.relative_to(tree.ROOT).as_posix() for path in (tree.ROOT / "docs").rglob("*.md")}
    listed = [page.source for page in PAGES]
    assert written <= set(listed), "docs/site/nav.toml leaves out pages"
    assert len(listed) == len(set(listed))
    assert len({page.path for page in PAGES}) == len(PAGES), "two pages of one address"


@pytest.mark.parametrize("source", ["README.md", *(page.source for page in PAGES)])
def test_links_lead_to_files_and_headings(source: str) -> None:
    broken = []
    for found in tree.links(tree.read(source)):
        meant = tree.target(found[1], source)
        if meant is None:
            continue
        file, anchor = meant
        there = (tree.ROOT / file).exists()
        if not there or (anchor and anchor not in anchors(file)):
            broken.append(found[1])
    assert not broken


def anchors(source: str) -> set[str]:
    """Anchors of a page's headings, as Python-Markdown makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+?)#*$", tree.without_blocks(tree.read(source)), re.MULTILINE):
        plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
        slug = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
        found.add(next(s for k in range(99) if (s := f"{slug}_{k}" if k else slug) not in found))
    return found


def test_links_are_rewritten_for_the_site() -> None:
    contest = next(page for page in PAGES if page.source == "docs/contest.md")
    text = "[a](../strategies/contesttrade_offline/README.md#x) [b](../rust/lob) `[c](d)` [e](selection.md) [f](https://g)"
    assert tree.relink(text, contest) == (
        f"[a](strategies/contesttrade_offline.md#x) [b]({tree.REPOSITORY}/tree/main/rust/lob) `[c](d)` "
        "[e](selection.md) [f](https://g)"
    )


def command_lines() -> Iterator[tuple[str, str]]:
    """Every `quantrl ...` line of a shell block, with the page it is on."""
    for source in ["README.md", *(page.source for page in PAGES)]:
        for language, block in FENCE.findall(tree.read(source)):
            if language in {"bash", "sh", "console"}:
                joined = re.sub(r"\\\n\s*", " ", block)
                for line in joined.splitlines():
                    for part in re.split(r"&&|\||;|  +(?=quantrl )", line.split("  #")[0]):
                        if part.strip().startswith("quantrl "):
                            yield source, part.strip()


@pytest.mark.parametrize(("source", "line"), sorted(set(command_lines())))
def test_documented_command_lines_exist(source: str, line: str) -> None:
    known = dict(cli_page.commands())
    words = line.split()
    name = max((" ".join(words[:n]) for n in range(1, 4) if " ".join(words[:n]) in known), key=len)
    command = known[name]
    assert not hasattr(command, "commands"), f"{name} needs one of its commands"
    options = {option for p in command.params for option in [*p.opts, *p.secondary_opts]} | {
        "--help",
        "-h",
        "--debug",
    }
    unknown = [word for word in words if re.match(r"--\w", word) and word.partition("=")[0] not in options]
    assert not unknown, f"{source}: {name} has no {unknown}"


def test_results_name_the_command_behind_them() -> None:
    for page in PAGES:
        if page.source.startswith("docs/results/"):
            assert re.search(r"`[^`]*(quantrl |make |pytest|cargo )[^`]*`", page.text()), page.source


def test_notebooks_and_pages_name_no_machine() -> None:
    said = subprocess.run(
        ["git", "ls-files", "docs", "strategies"], cwd=tree.ROOT, capture_output=True, text=True
    )
    for name in said.stdout.split():
        if name.endswith((".md", ".ipynb", ".toml", ".txt", ".py")):
            assert not re.search(r"/(home|root|work)/", (tree.ROOT / name).read_text(encoding="utf-8")), name
