"""What mkdocs asks while it builds: the order of pages, pages from outside docs/, and links between them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))

import notebook_page
import tree


def on_config(config: Any) -> Any:
    """The navigation is nav.toml's."""
    config["nav"] = [{title: [{page.title: page.path} for page in pages]} for title, pages in tree.sections()]
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Pages whose source lies outside docs/, and what their pictures are drawn with."""
    for page in tree.pages():
        if page.source.endswith(".ipynb"):
            files.append(File.generated(config, page.path, content=notebook_page.markdown(page.source)))
        elif not page.source.startswith("docs/"):
            files.append(File.generated(config, page.path, content=page.text()))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Links as the site needs them."""
    return tree.relink(markdown, next(p for p in tree.pages() if p.path == page.file.src_uri))


def on_post_build(*, config: Any) -> None:
    """What the pages of notebooks draw with, once."""
    notebook_page.copy_script(Path(config["site_dir"]))
