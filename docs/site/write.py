"""Write the pages that are made from the package: `python docs/site/write.py`. A test compares them with the tree."""

from __future__ import annotations

import catalogue
import cli_page
import llms
import tree

WRITTEN = {"docs/cli.md": cli_page.text, "docs/catalogue.md": catalogue.text, "docs/llms.txt": llms.text}

if __name__ == "__main__":
    for name, text in WRITTEN.items():
        (tree.ROOT / name).write_text(text(), encoding="utf-8")
