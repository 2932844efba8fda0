"""Contrast of the dashboard's colours, from its style sheet: WCAG 2.2, 1.4.3 for text and 1.4.11 for what is no text."""

from __future__ import annotations

import re

import pytest

from quantrl.live.api.app import FILES

CSS = (FILES / "app.css").read_text()
TEXT, GRAPHIC = 4.5, 3.0
SURFACES = ("bg", "panel", "raise", "soft")
TINTED = ("bad-bg", "warn-bg", "good-bg")
THEMES = ("dark", "light")
# A button that cannot be pressed is exempt; shades behind text are counted by `shaded`.
FADED = {".btn:disabled", ".ladder .depth i"}
SHADE = 0.22


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def shaded(colour: str, under: str, opacity: float) -> str:
    """A colour laid over another."""
    pairs = [(int(colour[at : at + 2], 16), int(under[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in pairs)


def rules() -> list[tuple[str, str]]:
    """Selector and declarations of every rule, those inside media queries too."""
    return [(selector.strip(), body) for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", CSS)]


def palette(theme: str) -> dict[str, str]:
    """Colours by name."""
    found: dict[str, str] = {}
    for selector, body in rules():
        if selector == ":root" or (theme == "light" and selector == ':root[data-theme="light"]'):
            found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", body))
    return found


def used(name: str) -> set[str]:
    """Variables a property takes anywhere."""
    return {one for _, body in rules() for one in re.findall(rf"(?:^|[;\s]){name}: var\(--([\w-]+)\)", body)}


def test_the_measure_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_every_surface(theme: str) -> None:
    colours = palette(theme)
    texts = used("color") - {"accent-ink", "bg"}
    assert texts >= {"ink", "mute", "faint", "accent", "warm", "up", "down"}
    low = {
        f"{text} on {under}": round(contrast(colours[text], colours[under]), 2)
        for text in texts
        for under in (*SURFACES, *TINTED)
        if contrast(colours[text], colours[under]) < TEXT
    }
    assert low == {}


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_the_background_of_its_own_rule(theme: str) -> None:
    colours, checked = palette(theme), 0
    for selector, body in rules():
        text = re.search(r"(?:^|[;\s])color: var\(--([\w-]+)\)", body)
        under = re.search(r"background: var\(--([\w-]+)\)", body)
        if text and under:
            assert contrast(colours[text[1]], colours[under[1]]) >= TEXT, selector
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_shaded_levels(theme: str) -> None:
    colours = palette(theme)
    assert f"opacity: {SHADE:g}".replace("0.", ".") in CSS
    for tint in ("up", "down"):
        for under in ("panel", "soft", "raise"):
            assert contrast(colours["ink"], shaded(colours[tint], colours[under], SHADE)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_focus_fields_and_lines_of_charts(theme: str) -> None:
    colours = palette(theme)
    for under in SURFACES:
        assert contrast(colours["focus"], colours[under]) >= GRAPHIC, under
    for under in ("bg", "panel", "raise"):
        assert contrast(colours["edge"], colours[under]) >= GRAPHIC, under
    for name in (*(f"s{k}" for k in range(1, 9)), "up", "down", "warm", "accent"):
        assert contrast(colours[name], colours["panel"]) >= GRAPHIC, name


def test_nothing_else_fades_text() -> None:
    faded = {selector for selector, body in rules() if re.search(r"(?:^|[;\s])opacity:", body)}
    assert faded == FADED
