"""HTML that is escaped unless it is known to be HTML: `tag` escapes every plain string it is given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

_VOID = frozenset({"wbr", "line", "rect", "circle", "path"})


class Html(str):
    """Markup that is safe to put in a page."""

    __slots__ = ()


def html(value: object) -> Html:
    """`value` as markup: escaped, unless it is `Html` already."""
    return value if isinstance(value, Html) else Html(escape(printable(str(value)), quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Parts one after the other, plain strings escaped."""
    return Html(html(between).join(html(part) for part in parts))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element. ``data_key`` becomes ``data-key``, ``class_`` is ``class``; None and False are left out."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{given}>" if name == "wbr" else f"<{name}{given}/>")
    return Html(f"<{name}{given}>{join(children)}</{name}>")


def json_script(value: Any) -> Html:
    """JSON for a ``<script type="application/json">``: no ``<``, ``>`` or ``&`` may end the element."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False, ensure_ascii=True)
    return Html(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def printable(text: str) -> str:
    """Control characters shown as a mark: they have no place in a page and none in a terminal."""
    return "".join(ch if ch.isprintable() or ch in "\n\t\u00a0\u202f" else "\ufffd" for ch in text)
