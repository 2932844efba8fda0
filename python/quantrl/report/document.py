"""One HTML file out of sections and charts: everything inside, nothing fetched, the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from string import Template
from typing import Any

from quantrl.report.figures import plotly_script
from quantrl.report.figures.theme import holder
from quantrl.report.markup import Html, html, join, json_script, tag
from quantrl.typing import JsonObject


class Document:
    """A page under construction; a `banner` is its first line, above the navigation."""

    def __init__(self, title: str, banner: str = "") -> None:
        self.title, self.banner = title, banner
        self._parts: list[Html] = []
        self._links: list[Html] = []
        self._figures: JsonObject = {}

    def add(self, part: Html, link: str = "", anchor: str = "") -> None:
        """Append a part and, with `link`, its entry in the navigation; empty parts are left out."""
        if not part:
            return
        self._parts.append(part)
        if link:
            self._links.append(tag("a", link, href=f"#{anchor}"))

    def chart(self, name: str, figure: JsonObject | None, label: str, caption: str = "") -> Html:
        """The element of a chart; `label` says in words what it shows. No figure, no element."""
        if figure is None:
            return Html("")
        self._figures[name] = figure
        return holder(name, int(figure["layout"]["height"]), label, caption)

    def render(self) -> str:
        """The whole file.

        Raises
        ------
        ConfigError
            plotly is not installed.
        """
        plotly, script = plotly_script(), _asset("page.js")
        return Template(_asset("template.html")).substitute(
            title=html(self.title),
            style=_asset("style.css"),
            policy=_policy([plotly, script]),
            banner=tag("p", self.banner, class_="banner", role="note") if self.banner else "",
            nav=join(self._links),
            body=join(self._parts, "\n"),
            figures=json_script(_pooled(self._figures)),
            plotly=plotly,
            script=script,
        )


def _pooled(figures: JsonObject) -> JsonObject:
    """Figures with every encoded array kept once: lines of one chart share their dates."""
    arrays: list[JsonObject] = []
    places: dict[str, int] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, dict) and "bdata" in value:
            place = places.setdefault(json.dumps(value, sort_keys=True), len(arrays))
            if place == len(arrays):
                arrays.append(value)
            return {"array": place}
        if isinstance(value, dict):
            return {key: walk(part) for key, part in value.items()}
        return [walk(part) for part in value] if isinstance(value, list | tuple) else value

    return {"figures": walk(figures), "arrays": arrays}


def _asset(name: str) -> str:
    return files("quantrl.report").joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Content security policy: no request to anywhere, and no script but these, whatever a name holds."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    rules = [
        "default-src 'none'",
        f"script-src {allowed}",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)
