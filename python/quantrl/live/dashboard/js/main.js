// The page: login, the frame around six screens, and the keys that move between them.
import * as api from "./api.js";
import { h, fill, put } from "./dom.js";
import { settings, time, zone, count, duration } from "./format.js";
import { Kill } from "./kill.js";
import { Store } from "./store.js";
import { overview } from "./screens/overview.js";
import { contest } from "./screens/contest.js";
import { feed } from "./screens/feed.js";
import { orders } from "./screens/orders.js";
import { ledger } from "./screens/ledger.js";
import { risk } from "./screens/risk.js";

const SCREENS = [
  ["overview", "Overview", overview],
  ["contest", "Contest", contest],
  ["feed", "Book & feed", feed],
  ["orders", "Orders", orders],
  ["ledger", "Ledger", ledger],
  ["risk", "Risk", risk],
];
const GOOD = { ACTIVE: "good", NO_ENTRY: "warn", REDUCE_ONLY: "warn", CANCEL_ALL: "warn", FLATTEN: "bad", HALTED: "bad" };
const app = document.getElementById("app");
let page = null;

function theme(wanted) {
  const dark = wanted ? wanted === "dark" : !window.matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function login(words = "") {
  page?.close();
  page = null;
  const token = h("input", { type: "password", name: "token", autocomplete: "current-password", required: true, "aria-label": "Token", spellcheck: "false" });
  const error = h("p", { class: "error", role: "alert", text: words });
  const button = h("button", { class: "btn primary", type: "submit", text: "Open the book" });
  const form = h("form", { class: "login", onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await api.login(token.value.trim());
      token.value = "";
      start();
    } catch (refused) {
      put(error, refused.code === "token" ? "This is no token of this book." : refused.message);
      button.disabled = false;
      token.select();
    }
  } },
    h("img", { class: "mark", src: "/icon.svg", alt: "" }),
    h("h1", { text: "Paper book" }),
    h("p", { class: "quiet", text: "Paste the token that the first start printed. Only its hash is kept, so it cannot be looked up." }),
    h("label", { class: "field" }, h("span", { text: "Token" }), token), error, button);
  app.className = "boot";
  fill(app, form);
  token.focus();
}

class Page {
  constructor() {
    this.store = new Store();
    this.kill = new Kill(this.store);
    this.links = SCREENS.map(([id, label], at) => h("a", { href: `#${id}`, title: `Key ${at + 1}` }, h("span", { text: label }), h("kbd", { text: String(at + 1) })));
    this.chip = h("span", { class: "chip", role: "status", text: "…" });
    this.name = h("span", { class: "name", text: "" });
    this.place = h("span", { class: "place", text: "" });
    this.inner = h("i");
    this.link = h("span", { class: "chip", text: "connecting" });
    this.banner = h("div", { class: "banner", role: "alert", hidden: true });
    this.themeButton = h("button", { class: "btn small", type: "button", onclick: () => this.#theme() });
    this.clockButton = h("button", { class: "btn small", type: "button", onclick: () => this.#clock() });
    this.main = h("main", { tabindex: "-1" });
    this.refused = h("span", { class: "error", role: "alert" });
    this.killButton = h("button", { class: "btn danger", type: "button", text: "Kill switch", title: "Key K", onclick: () => this.kill.open() });
    app.className = "shell";
    fill(app,
      h("nav", { class: "rail", "aria-label": "Screens" },
        h("div", { class: "brand" }, h("img", { src: "/icon.svg", alt: "" }), h("span", { text: "quantrl paper" })), this.links,
        h("div", { class: "foot" }, h("div", { class: "switches" }, this.themeButton, this.clockButton),
          h("button", { class: "btn small", type: "button", text: "Log out", onclick: () => this.#logout() }), this.refused,
          h("span", {}, "Charts by ", h("a", { href: "https://www.tradingview.com/", rel: "noreferrer noopener", target: "_blank", text: "TradingView" })))),
      h("div", {}, h("div", { class: "top" }, this.name, this.chip, h("div", { class: "progress", "aria-hidden": "true" }, this.inner), this.place, h("span", { class: "spacer" }), this.link, this.killButton), this.banner),
      this.main, this.kill.node);
    this.onHash = () => this.#show();
    this.onKey = (event) => this.#key(event);
    window.addEventListener("hashchange", this.onHash);
    document.addEventListener("keydown", this.onKey);
    this.store.addEventListener("tile", () => this.#tile());
    this.store.addEventListener("link", () => this.#linked());
    this.#labels();
    this.#show();
    this.store.open();
  }

  close() {
    this.screen?.destroy?.();
    this.store.close();
    window.removeEventListener("hashchange", this.onHash);
    document.removeEventListener("keydown", this.onKey);
  }

  #show() {
    const wanted = location.hash.slice(1).split("/")[0];
    const at = Math.max(SCREENS.findIndex(([id]) => id === wanted), 0);
    const [, label, make] = SCREENS[at];
    this.screen?.destroy?.();
    this.links.forEach((link, place) => (place === at ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current")));
    document.title = `${label} · quantrl`;
    const body = h("div", {});
    fill(this.main, h("div", { class: "main-head" }, h("h1", { text: label })), body);
    this.main.scrollTop = 0;
    this.screen = make(body, this.store, this.kill);
  }

  #tile() {
    const state = this.store.state;
    const away = !state.engine.connected;
    if (state.name !== undefined) {
      put(this.name, state.name);
      put(this.chip, state.state);
      this.chip.className = `chip ${GOOD[state.state] ?? ""}`;
      settings.seconds = state.kind !== "bars";
      put(this.place, state.bar ? `${time(state.time)} ${zone()} · bar ${count(state.bar)} of ${count(state.bars)}` : `before the first of ${count(state.bars)} bars`);
      this.inner.style.width = `${(100 * state.bar) / Math.max(state.bars, 1)}%`;
      this.kill.book = state.name;
      this.killButton.disabled = state.state === "HALTED" || !api.mayTrade();
    }
    const words = away
      ? `The engine does not answer${state.engine.silence_ms === null ? "" : ` since ${duration(state.engine.silence_ms)}`}: what you see is the last it said.`
      : state.state === "HALTED" ? `HALTED: ${state.reason}. Nothing leaves the book; resume is given on the command line.`
      : state.state !== "ACTIVE" && state.state ? `${state.state}: ${state.reason}.`
      : state.unknown ? `${state.unknown} orders have an unknown fate.` : "";
    put(this.banner, words);
    this.banner.hidden = !words;
    this.banner.className = `banner ${away || state.state === "HALTED" || state.unknown ? "bad" : "warn"}`;
    this.#linked();
  }

  #linked() {
    const engine = this.store.state?.engine;
    const shown = this.store.link === "live" && engine && !engine.connected ? "engine away" : this.store.link;
    put(this.link, engine?.behind > 500 && shown === "live" ? `live, ${count(engine.behind)} behind` : shown);
    this.link.className = `chip ${{ live: "good", connecting: "", stale: "warn" }[shown] ?? "bad"}`;
    this.main.classList.toggle("stale", shown === "disconnected" || shown === "engine away");
  }

  #theme() {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", next);
    theme(next);
    this.#labels();
    this.screen.paint?.();
  }

  #clock() {
    settings.local = !settings.local;
    localStorage.setItem("clock", settings.local ? "local" : "utc");
    this.#labels();
    this.#show();
  }

  #labels() {
    put(this.themeButton, document.documentElement.dataset.theme === "dark" ? "Light" : "Dark");
    put(this.clockButton, settings.local ? "Show UTC" : "Show local time");
  }

  async #logout() {
    put(this.refused, "");
    try {
      await api.logout();
      login();
    } catch (refused) {
      put(this.refused, `Still logged in: ${refused.message}`);
    }
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
    const at = Number(event.key) - 1;
    if (SCREENS[at]) location.hash = SCREENS[at][0];
    else if (event.key === "t") this.#theme();
    else if (event.key === "u") this.#clock();
    else if (event.key === "k" && !this.killButton.disabled) {
      event.preventDefault();
      this.kill.open();
    }
  }
}

function start() {
  page?.close();
  page = new Page();
}

theme(localStorage.getItem("theme"));
document.addEventListener("loggedout", () => page && login("The session has ended."));
api.resume().then((known) => (known ? start() : login()), (refused) => login(refused.status === 0 ? refused.message : ""));
