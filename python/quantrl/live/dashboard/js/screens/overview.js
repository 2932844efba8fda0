// 1: how the book does, what state it is in, and whether everything behind it is well.
import { get } from "../api.js";
import { LineChart, points } from "../charts.js";
import { h, message, panel, put, stat, fill } from "../dom.js";
import { bytes, count, duration, group, money, number, percent, signed, time, tone, whole, zone } from "../format.js";
import { Live } from "../live.js";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2, minimumFractionDigits: 2 });
const SHOWN = ["State", "Command", "Lock", "Alarm", "Boot", "Shutdown", "Round", "Transfer", "Fill", "Quarantine", "IoError", "Verdict", "Calendar", "Timer"];

export function overview(root, store) {
  const big = h("div", { class: "big", text: "–" });
  const unit = h("small", {});
  const stats = {
    total: stat("since the start", true), day: stat("last bar", true), drawdown: stat("below the peak", true), gross: stat("gross exposure", true), cash: stat("cash", true),
  };
  const hero = h("section", { class: "panel c12 hero", "aria-label": "Equity" },
    h("div", {}, h("div", { class: "quiet", text: "Equity" }), big), Object.values(stats).map((one) => one.node));
  const main = h("div", { class: "chart tall", role: "img", "aria-label": "Equity over time" });
  const low = h("div", { class: "chart low", role: "img", "aria-label": "Drawdown over time" });
  const wait = h("div", {}, message("Loading the history"));
  const curves = h("div", { hidden: true }, main, h("div", { class: "note", text: "Below its highest value, percent" }), low);
  const curve = panel("Equity and drawdown", { span: "c8", body: [wait, curves] });
  const tiles = {
    engine: stat("engine", true), feed: stat("feed", true), commit: stat("commit, mean", true), cycle: stat("a bar, mean", true), journal: stat("journal", true), disk: stat("disk free", true), memory: stat("engine memory", true), outbox: stat("outbox", true),
  };
  const health = panel("Health", { span: "c4", body: [h("div", { class: "tiles" }, Object.values(tiles).map((one) => one.node))] });
  const recent = h("ul", { class: "life" });
  const log = panel("What happened last", { span: "c4", body: [recent] });
  root.append(h("div", { class: "grid" }, hero, curve, h("div", { class: "stack c4" }, health, log)));

  let equity = null;
  let under = null;
  let shown = -1;
  let currency = "";
  let [digits, fine] = [0, 1];

  async function load() {
    const bars = store.state?.bar ?? (await get("/api/state")).bar;
    const told = await get(`/api/equity?limit=500&every=${Math.max(Math.ceil(bars / 480), 1)}`);
    if (live.ended) return;
    if (!told.rows.length) return fill(wait, message("No bar yet: the curve begins with the first."));
    wait.hidden = true;
    curves.hidden = false;
    // As many digits as tell the ends of the curve apart.
    const values = told.rows.map((row) => number(row.equity));
    const span = Math.max(...values) - Math.min(...values);
    digits = span < 20 ? 2 : 0;
    fine = Math.max(...told.rows.map((row) => Math.abs(row.drawdown_ppm ?? 0))) < 1e4 ? 3 : 1;
    equity ??= new LineChart(main, { format: (value) => (Math.abs(value) < 1e8 ? group(value.toFixed(digits)) : compact.format(value)) });
    under ??= new LineChart(low, { colors: ["down"], format: (value) => value.toFixed(fine).replace("-", "−") + " %" });
    equity.set(points(told.rows, (row) => number(row.equity)));
    under.set(points(told.rows, (row) => (row.drawdown_ppm ?? 0) / 1e4));
    shown = Number(told.rows[told.rows.length - 1].bar);
  }

  function tile() {
    const state = store.state;
    if (state.name === undefined) return put(big, "–");
    currency = state.currency;
    fill(big, whole(state.equity), unit);
    put(unit, currency);
    set(stats.total, signed(percent(state.return_ppm)), `from ${whole(state.capital)} ${currency}`, state.return_ppm);
    put(stats.day.node.firstChild, { bar: "last bar", session: "this session", day: "today, UTC" }[state.day]);
    set(stats.day, signed(money(state.day_pnl)), `${signed(percent(state.day_pnl_ppm))}`, state.day_pnl);
    set(stats.drawdown, percent(state.drawdown_ppm), `peak ${whole(state.peak)} ${currency}`, state.drawdown_ppm);
    set(stats.gross, percent(state.gross_ppm, 1), `${count(state.positions)} positions, net ${whole(state.net)} ${currency}`);
    set(stats.cash, whole(state.cash), `${currency}, ${whole(state.treasury)} in treasury`);
    const { engine, feed, vitals } = state;
    set(tiles.engine, engine.connected ? "up" : "away", `start ${count(state.boot)}, ${count(state.funded)} of ${count(state.agents)} agents funded`, engine.connected ? 1 : -1);
    set(tiles.feed, feed.running ? `${feed.speed === "max" ? "max" : feed.speed + "×"}` : "ended", `bar ${duration(feed.taken_ms)} ago${state.session ? `, session ${state.session}` : ""}`);
    set(tiles.commit, state.commit_ms === null ? "–" : `${state.commit_ms} ms`, `event ${count(state.head.seq)}`);
    set(tiles.cycle, state.cycle_ms === null ? "–" : `${state.cycle_ms} ms`, `${count(state.tally.fills ?? 0)} fills, ${count(state.tally.refusals ?? 0)} refusals`);
    set(tiles.journal, bytes(vitals.journal_bytes), `content ${state.head.digest.slice(0, 10)}`);
    set(tiles.disk, bytes(vitals.disk_free_bytes), "where the journal is", Number(vitals.disk_free_bytes) > 2 ** 30 ? 0 : -1);
    set(tiles.memory, bytes(vitals.rss_bytes), `${count(vitals.fds)} files open`);
    set(tiles.outbox, count(vitals.outbox), "messages to deliver");
    if (equity && state.bar - 1 > shown && Number(state.time) > 0) {
      const row = { ts: state.time, equity: state.equity, drawdown_ppm: state.drawdown_ppm };
      const [one] = points([row], (each) => number(each.equity));
      try {
        equity.update(one);
        under.update({ time: one.time, value: (state.drawdown_ppm ?? 0) / 1e4 });
      } catch {
        live.ask();
      }
    }
  }

  function set(one, value, under, sign) {
    put(one.value, value);
    put(one.under, under);
    one.value.className = `v ${sign === undefined || sign === null ? "" : tone(sign)}`;
  }

  function happened() {
    const first = store.events.length ? BigInt(store.events[0].seq) : null;
    const all = [...before.filter((event) => first === null || BigInt(event.seq) < first), ...store.events];
    const found = all.filter((event) => SHOWN.includes(event.kind) && (event.kind !== "Round" || event.values.state === "4") && (event.kind !== "Timer" || event.values.name !== "grid")).slice(-200).reverse();
    const grouped = [];
    for (const event of found) {
      const last = grouped[grouped.length - 1];
      if (last && last.event.kind === event.kind && (last.event.ts === event.ts || event.kind === "Round")) last.n += 1;
      else if (grouped.length < 8) grouped.push({ event, n: 1 });
      else break;
    }
    fill(recent, grouped.length ? grouped.map(({ event, n }) => h("li", {}, h("div", { class: "head" }, h("b", { text: n > 1 ? `${event.kind} ×${n}` : event.kind }), h("span", { class: "faint", text: Number(event.ts) ? `${time(event.ts)} ${zone()}` : "" })), h("div", { class: "quiet", text: n > 1 && event.kind === "Fill" ? "orders filled" : n > 1 && event.kind === "Round" ? `the last is ${words(event)}` : words(event) }))) : h("li", { class: "quiet", text: "Nothing of note in the newest events." }));
  }

  let before = [];
  get("/api/events?limit=400").then(({ rows }) => { before = rows.reverse(); happened(); }).catch(() => {});
  const live = new Live(store, ["Market"], load, 15000);
  const heard = setInterval(happened, 700);
  store.addEventListener("tile", tile);
  if (store.state) tile();
  happened();
  return {
    paint() { equity?.paint(); under?.paint(); },
    destroy() {
      live.destroy();
      clearInterval(heard);
      store.removeEventListener("tile", tile);
      equity?.destroy();
      under?.destroy();
    },
  };
}

function words(event) {
  const v = event.values;
  switch (event.kind) {
    case "State": return v.reason;
    case "Command": return `${v.verb} by ${v.principal}`;
    case "Calendar": return `session ${v.session} ${v.state === "1" ? "is open" : "is closed"}`;
    case "Timer": return `job ${v.name}`;
    case "Lock": return v.until === "0" ? "released" : v.reason;
    case "Alarm": return `${v.code}: ${v.text}`;
    case "Round": return `${v.id} settled`;
    case "Transfer": return `capital moved in ${v.round}`;
    case "Fill": return `${v.side === "1" ? "bought" : "sold"} ${count(v.qty)} lots, ${v.client_id.slice(0, 8)}`;
    case "Verdict": return `gate ${v.code} refused${event.agent ? ` ${event.agent}` : ""}`;
    default: return v.reason ?? v.platform ?? v.error ?? "";
  }
}
