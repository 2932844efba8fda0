"""The dashboard's files, and people's ways through it in a headless browser beside a true engine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from counts import full_or
from live.api.browser import Browser
from live.api.conftest import LOOSE, Served
from live.api.test_stream import running
from live.gates.kept import keep
from quantrl.live.api import stream
from quantrl.live.api.app import FILES
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import Scope
from quantrl.live.api_process import listening
from quantrl.live.client import Client

CHARTS = "0c146b9bfbc6e5f19da1a0de876dae43023c332d5157d82f7575f9b7653ee519"
SCREENS = ("overview", "contest", "feed", "orders", "ledger", "risk")
FLOWS = full_or(30, 3)
# A test's own way in: only these lines of the console are let pass while the server is away on purpose.
AWAY = re.compile(r"Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY")


def own_scripts() -> list[Path]:
    return sorted((FILES / "js").rglob("*.js"))


def test_vendored_charts_are_the_published_ones() -> None:
    vendor = FILES / "vendor"
    assert hashlib.sha256((vendor / "lightweight-charts.js").read_bytes()).hexdigest() == CHARTS
    assert "Apache License" in (vendor / "LICENSE").read_text()
    assert "TradingView" in (vendor / "NOTICE").read_text()
    assert "https://www.tradingview.com/" in (FILES / "js" / "main.js").read_text()


def test_scripts_and_styles_are_small() -> None:
    sizes = [path.stat().st_size for path in FILES.rglob("*") if path.suffix in (".js", ".css")]
    assert sum(sizes) <= 400 * 1024
    assert len((FILES / "js" / "canvas.js").read_text().splitlines()) <= 600


def test_pages_are_made_of_text_alone() -> None:
    unsafe = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc"
    )
    for path in own_scripts():
        assert not unsafe.search(path.read_text()), path.name
        assert not re.search(r"https?://(?!www\.tradingview\.com/)", path.read_text()), path.name
    page = (FILES / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?! src=)", page)


@pytest.fixture(scope="module")
def site(served: Served) -> Iterator[Settings]:
    settings, listener = listening(Settings(port=0, per_s=LOOSE.per_s, logins_per_min=LOOSE.logins_per_min))
    with listener, running(served, settings, listener):
        yield settings


@pytest.fixture
def browser(chromium: Any, site: Settings, served: Served) -> Iterator[Browser]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(20_000)
    made = Browser(context.new_page(), site.url)
    made.login(served.secrets[Scope.TRADE])
    yield made
    context.close()


def test_a_wrong_token_is_told(chromium: Any, site: Settings) -> None:
    context = chromium.new_context()
    one = Browser(context.new_page(), site.url)
    one.page.goto(site.url)
    one.page.locator("input[name=token]").fill("no token")
    one.page.locator("button[type=submit]").click()
    one.page.get_by_text("This is no token of this book.").wait_for()
    assert one.outside == []
    context.close()


def rows(one: Browser, name: str) -> Any:
    return one.page.locator(f"section[aria-label='{name}'] tbody tr")


def walk_overview(one: Browser) -> None:
    one.show("overview")
    one.page.locator(".hero .big", has_text="USD").wait_for()
    one.page.locator(".chart canvas").first.wait_for()


def walk_contest(one: Browser) -> None:
    one.show("contest")
    rows(one, "Leaderboard").nth(4).wait_for()
    assert rows(one, "Leaderboard").count() == 5
    rows(one, "Leaderboard").first.click()
    one.page.locator("section[aria-label='What it wants and holds'] tbody tr").first.wait_for()
    one.page.get_by_role("button", name="Close").click()
    rows(one, "Rounds").first.click()
    one.page.locator("section[aria-label='One round'] .note").wait_for()


def walk_feed(one: Browser) -> None:
    one.show("feed")
    one.page.get_by_label("Instrument").select_option("CC")
    one.page.locator(".note", has_text="CC: last").wait_for()
    rows(one, "Tape of fills").first.wait_for()


def walk_orders(one: Browser) -> None:
    one.show("orders")
    rows(one, "Orders").first.wait_for()
    rows(one, "Orders").first.focus()
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("Enter")
    one.page.locator(".life b", has_text="Intent").wait_for()
    one.page.get_by_label("State").select_option("REJECTED")
    one.page.get_by_text("No order yet, or none in this state.").wait_for()


def walk_ledger(one: Browser) -> None:
    one.show("ledger")
    one.page.get_by_text("the books add up").wait_for()
    rows(one, "Postings").first.wait_for()


def walk_risk(one: Browser) -> None:
    one.show("risk")
    rows(one, "Gates, in the order they are asked").nth(18).wait_for()
    rows(one, "Locks").first.wait_for()


WALKS: dict[str, Callable[[Browser], None]] = {
    name.removeprefix("walk_"): walk for name, walk in sorted(globals().items()) if name.startswith("walk_")
}


def test_every_screen_in_both_themes(browser: Browser) -> None:
    for theme in ("dark", "light"):
        if browser.page.evaluate("() => document.documentElement.dataset.theme") != theme:
            browser.page.keyboard.press("t")
        assert browser.page.evaluate("() => document.documentElement.dataset.theme") == theme
        for screen in SCREENS:
            WALKS[screen](browser)
            browser.readable(f"{screen}, {theme}")
        browser.clean()


def test_keys_clock_and_csv(browser: Browser) -> None:
    page = browser.page
    for key, screen in enumerate(SCREENS, 1):
        page.keyboard.press(str(key))
        page.locator(f".rail a[href='#{screen}'][aria-current=page]").wait_for()
    page.keyboard.press("5")
    rows(browser, "Positions").first.wait_for()
    with page.expect_download() as saved:
        page.get_by_title("Save positions as CSV").click()
    lines = Path(saved.value.path()).read_text().splitlines()
    assert lines[0] == "Instrument,Position lots,Mark,Worth,Last bar,Held by"
    assert [line.split(",")[0] for line in lines[1:]] == ["AA", "BB", "CC", "DD", "EE"]
    page.get_by_text("Posted UTC").first.wait_for()
    page.get_by_role("button", name="Show local time").click()
    page.get_by_text("Posted local").first.wait_for()
    page.get_by_role("button", name="Show UTC").click()
    page.locator("section[aria-label='Positions'] th", has_text="Worth").get_by_role("button").click()
    assert page.locator("th[aria-sort=ascending]").count() == 1
    browser.clean()


def test_hostile_text_stays_text(browser: Browser, served: Served) -> None:
    evil = "<img src=x onerror=window.violations.push(1)><script>window.violations.push(2)</script>"
    served.mirror.command(
        "lock", {"instrument": "EE", "side": "buy", "reason": evil}, "evil-lock", "api/trade"
    )
    browser.show("risk")
    browser.page.get_by_text("<img src=x").first.wait_for()
    assert browser.page.locator("main img, main script").count() == 0
    row = rows(browser, "Locks").filter(has_text="EE")
    row.get_by_role("button", name="Release").click()
    row.wait_for(state="detached")
    browser.clean()


def test_formulas_are_saved_as_text(browser: Browser, served: Served) -> None:
    served.mirror.command("lock", {"instrument": "BB", "reason": "-2+3"}, "formula", "api/trade")
    browser.show("risk")
    browser.page.get_by_text("-2+3").wait_for()
    with browser.page.expect_download() as saved:
        browser.page.get_by_title("Save locks as CSV").click()
    assert ",'-2+3," in Path(saved.value.path()).read_text()
    served.mirror.command("unlock", {"instrument": "BB"}, "formula over", "api/trade")
    browser.show("ledger")
    rows(browser, "Postings").first.wait_for()
    with browser.page.expect_download() as saved:
        browser.page.get_by_title("Save postings as CSV").click()
    assert re.search(r",-\d+(\.\d+)?,USD$", Path(saved.value.path()).read_text(), re.MULTILINE)
    browser.clean()


def test_older_pages_stay_when_the_newest_comes_again(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.page
    shown = "() => [...document.querySelectorAll(\"section[aria-label='Orders'] tbody tr\")].map(row => row.dataset.key)"
    browser.show("orders")
    rows(browser, "Orders").nth(99).wait_for()
    assert rows(browser, "Orders").count() == 100
    page.locator("section[aria-label='Orders'] .more button").click()
    rows(browser, "Orders").nth(100).wait_for()
    before = page.evaluate(shown)
    assert 100 < len(before) == len(set(before)) <= 200
    with page.expect_response("**/api/fills?limit=50"):
        monkeypatch.setattr(stream, "FAR", -1)
    assert page.evaluate(shown) == before
    browser.clean()


def test_a_session_that_ends_elsewhere_ends_here(browser: Browser, site: Settings) -> None:
    browser.page.locator(".top .chip", has_text="live").wait_for()
    other = browser.page.context.new_page()
    other.goto(site.url)
    other.get_by_role("button", name="Log out").click()
    other.locator("input[name=token]").wait_for()
    browser.page.get_by_text("The session has ended.").wait_for()


def test_who_could_not_be_logged_out_is_told(browser: Browser) -> None:
    page = browser.page
    page.route("**/api/logout", lambda route: route.abort())
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("Still logged in: the server does not answer").wait_for()
    page.unroute("**/api/logout")
    page.get_by_role("button", name="Log out").click()
    page.locator("input[name=token]").wait_for()
    assert page.evaluate("() => fetch('/api/session').then(answer => answer.json())") == {
        "scope": None,
        "csrf": None,
    }


def test_controls_and_a_reader_without_them(
    browser: Browser, chromium: Any, site: Settings, served: Served
) -> None:
    page = browser.page
    browser.show("risk")
    page.get_by_role("button", name="No entry").click()
    page.locator(".top .chip", has_text="NO_ENTRY").wait_for()
    page.get_by_role("button", name="Active", exact=True).click()
    page.locator(".top .chip", has_text="ACTIVE").wait_for()
    page.get_by_label("What to lock").select_option(label="DD")
    page.locator("form.controls input").fill("by hand")
    page.get_by_role("button", name="Lock", exact=True).click()
    by_hand = rows(browser, "Locks").filter(has=page.get_by_text("by hand", exact=True))
    by_hand.get_by_role("button", name="Release").click()
    browser.clean()
    context = chromium.new_context()
    reader = Browser(context.new_page(), site.url)
    reader.login(served.secrets[Scope.READ])
    reader.show("risk")
    reader.page.locator(".top .chip", has_text="ACTIVE").wait_for()
    assert reader.page.get_by_role("button", name="Kill switch").is_disabled()
    assert reader.page.get_by_role("button", name="Reduce only").is_disabled()
    reader.clean()
    context.close()


def test_an_outage_is_shown_and_mended(chromium: Any, served: Served) -> None:
    settings, listener = listening(Settings(port=0, per_s=LOOSE.per_s))
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    one = Browser(context.new_page(), settings.url)
    with listener:
        with running(served, settings, listener):
            one.login(served.secrets[Scope.READ])
            one.page.locator(".top .chip", has_text="live").wait_for()
        one.page.locator(".top .chip", has_text="disconnected").wait_for()
        with running(served, settings, listener):
            one.page.locator(".top .chip", has_text="live").wait_for()
            WALKS["orders"](one)
    assert one.outside == []
    assert [line for line in one.errors if not AWAY.search(line)] == []
    context.close()


def test_flows(browser: Browser) -> None:
    for flow in range(FLOWS):
        WALKS[SCREENS[flow % len(SCREENS)]](browser)
        browser.page.keyboard.press("t")
        if flow % 2:
            browser.page.reload()
            browser.page.locator(".rail a").first.wait_for()
    browser.clean()
    counts = {"flows": FLOWS, "screens": len(SCREENS), "console errors": 0, "outside requests": 0}
    keep("dashboard", "Dashboard in headless Chromium", {**counts, "violations of the CSP": 0}, seeds="none")


def test_the_kill_switch_needs_the_name(browser: Browser, served: Served) -> None:
    page = browser.page
    browser.show("overview")
    page.get_by_role("button", name="Kill switch").click()
    go = page.get_by_role("button", name="Halt the book")
    page.locator("dialog input[name=confirm]").fill("small_boo")
    assert go.is_disabled()
    page.locator("dialog input[name=confirm]").fill("small_book")
    page.locator("dialog input[name=reason]").fill("drill")
    go.click()
    page.locator(".top .chip", has_text="HALTED").wait_for()
    assert int(page.locator("dialog").get_attribute("data-took")) < 5_000
    page.get_by_text("HALTED: halt: drill. Nothing leaves the book").wait_for()
    browser.clean()
    # A halt ends on the command line alone.
    with Client(served.mirror.folder) as client:
        assert client.status()["summary"]["reason"] == "halt: drill"
        assert client.command("resume", confirm="small_book") == "NO_ENTRY"
        assert client.command("active") == "ACTIVE"
