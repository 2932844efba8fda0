"""Notebooks: run into target/notebooks by `python docs/site/notebook_page.py`, and shown as pages with what they drew."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import tree

RUN = tree.ROOT / "target/notebooks"
SCRIPT = "plotly.min.js"
FIGURE = "application/vnd.plotly.v1+json"


def sources() -> list[Path]:
    """Every notebook, in order."""
    return sorted((tree.ROOT / "strategies/notebooks").glob("*.ipynb"))


def run(book: Any, *, timeout_s: int = 600) -> Any:
    """A notebook with its outputs; it runs in an empty folder, as a reader's would.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised.
    """
    from nbclient import NotebookClient

    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"
    with tempfile.TemporaryDirectory() as folder:
        return NotebookClient(book, timeout=timeout_s, resources={"metadata": {"path": folder}}).execute()


def markdown(source: str) -> str:
    """A notebook as a page: its cells, and what they said and drew where it has been run."""
    ran = RUN / Path(source).name
    cells = json.loads((ran if ran.exists() else tree.ROOT / source).read_text(encoding="utf-8"))["cells"]
    shown = "\n\n".join(part for at, cell in enumerate(cells) for part in _cell(cell, at))
    script = f'<script src="../../{SCRIPT}"></script>\n\n' if FIGURE in json.dumps(cells) else ""
    head, _, rest = shown.partition("\n")
    address = f"{tree.REPOSITORY}/blob/main/{source}"
    return f"{head}\n\n{script}[The notebook]({address}), run as it stands.\n{rest}"


def copy_script(site: Path) -> None:
    """Plotly's script beside the pages, once."""
    if (RUN / SCRIPT).exists():
        shutil.copy(RUN / SCRIPT, site / SCRIPT)


def _cell(cell: dict[str, Any], at: int) -> list[str]:
    body = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [body]
    shown, said = [], ""
    for k, output in enumerate(cell.get("outputs", [])):
        if output["output_type"] == "stream":
            said += "".join(output["text"]) if output["name"] == "stdout" else ""
            continue
        shown += [_text(said), _drawn(output.get("data", {}), f"figure-{at}-{k}")]
        said = ""
    return [f"```python\n{body}\n```", *filter(None, [*shown, _text(said)])]


def _drawn(data: dict[str, Any], name: str) -> str:
    if FIGURE in data:
        figure = json.dumps(data[FIGURE], allow_nan=False).replace("</", "<\\/")
        draw = f'Plotly.newPlot("{name}", f.data, f.layout, {{responsive: true, displayModeBar: false}})'
        height = data[FIGURE].get("layout", {}).get("height", 450)
        return f'<div id="{name}" style="height: {height}px"></div>\n<script>{{ const f = {figure}; {draw}; }}</script>'
    if "text/html" in data:
        return re.sub(r"\s*\n\s*", "", "".join(data["text/html"]))
    return _text("".join(data.get("text/plain", "")))


def _text(said: str) -> str:
    return (
        f'<pre class="output">{html.escape(said.rstrip())}</pre>'.replace("\n", "&#10;")
        if said.strip()
        else ""
    )


def main() -> None:
    """Run every notebook and keep the outputs."""
    import nbformat
    from plotly.offline import get_plotlyjs

    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / SCRIPT).write_text(get_plotlyjs(), encoding="utf-8")
    for source in sources():
        print(f"running {source.name}", file=sys.stderr)
        nbformat.write(run(nbformat.read(source, as_version=4)), RUN / source.name)


if __name__ == "__main__":
    main()
