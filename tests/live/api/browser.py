"""A page of the dashboard in a browser, and everything it should not have done."""

from __future__ import annotations

from typing import Any

# Text whose contrast with what is behind it is below WCAG's 4.5, or 3 where it is large; what is disabled is exempt.
_UNREADABLE = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = parse(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const part = (x) => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const found = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let read = 0;
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !node.checkVisibility() || node.closest(":disabled")) continue;
    const style = getComputedStyle(node);
    const under = behind(node);
    let fade = 1;
    for (let at = node; at; at = at.parentElement) fade *= Number(getComputedStyle(at).opacity);
    const [r, g, b, a] = parse(style.color);
    const [low, high] = [luminance(over([r, g, b, a * fade], under)), luminance(under)].sort((x, y) => x - y);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    read += 1;
    const name = `${node.tagName}.${node.className} on ${under.map(Math.round)}`;
    if (ratio < (large ? 3 : 4.5)) found.set(`${name}: ${ratio.toFixed(2)}`, 1);
  }
  return [read, [...found.keys()]];
}"""


class Browser:
    """One page, and everything it should not have done."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on(
            "console",
            lambda line: self.errors.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._seen(request.url))
        page.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', e => window.violations.push(e.violatedDirective))"
        )

    def _seen(self, url: str) -> None:
        if not url.startswith((self.url, "data:", f"blob:{self.url}")):
            self.outside.append(url)

    def clean(self) -> None:
        """Nothing was logged, asked for elsewhere or forbidden."""
        assert self.errors == []
        assert self.outside == []
        assert self.page.evaluate("() => window.violations") == []

    def login(self, token: str) -> None:
        self.page.goto(self.url)
        self.page.locator("input[name=token]").fill(token)
        self.page.locator("button[type=submit]").click()
        self.page.locator(".rail a").first.wait_for()

    def show(self, screen: str) -> None:
        self.page.locator(f".rail a[href='#{screen}']").click()
        self.page.locator(f".rail a[href='#{screen}'][aria-current=page]").wait_for()

    def readable(self, where: str) -> None:
        """Every text stands out from what is behind it."""
        read, found = self.page.evaluate(_UNREADABLE)
        assert read > 20, where
        assert found == [], where
