// 3: what the market says, what we trade in it, and what that costs.
import { get } from "../api.js";
import { LineChart, points } from "../charts.js";
import { fill, h, message, panel, put, stat } from "../dom.js";
import { count, duration, exact, money, number, percent, price, time, tone, whole, zone } from "../format.js";
import { Ladder } from "../ladder.js";
import { Live } from "../live.js";
import { Pages } from "../pages.js";
import { Table } from "../table.js";

export function feed(root, store) {
  const tiles = { at: stat("event time", true), age: stat("newest bar", true), speed: stat("speed", true), gaps: stat("without a price", true), slip: stat("slippage to arrival", true), fees: stat("fees", true) };
  const choose = h("select", { "aria-label": "Instrument", onchange: () => pick(choose.value) });
  const chartNode = h("div", { class: "chart", hidden: true, role: "img", "aria-label": "Price" });
  const none = h("div", {});
  const place = h("div", { class: "note" });
  const own = new Table([
    { label: "Order", cell: (row) => h("span", { class: "mono", text: row.client_id.slice(0, 10) }), value: (row) => row.client_id },
    { label: "Side", cell: (row) => h("span", { class: `side-${row.side}`, text: row.side }), value: (row) => row.side },
    { label: "Lots", num: true, cell: (row) => count(row.qty), value: (row) => row.qty },
    { label: "Price", num: true, cell: (row) => (row.px ? price(row.px) : "market"), value: (row) => (row.px ? number(row.px) : 0) },
    { label: "Ahead", unit: "lots", num: true, cell: (row) => (row.ahead === null ? "–" : count(row.ahead)), value: (row) => Number(row.ahead ?? -1), csv: (row) => row.ahead ?? "" },
    { label: "State", cell: (row) => row.state },
  ], { name: "open orders", empty: "No order of ours waits in this instrument." });
  const tape = new Table([
    { label: "Booked", unit: zone(), cell: (row) => time(row.ts), value: (row) => row.ts },
    { label: "Instrument", cell: (row) => row.instrument },
    { label: "Side", cell: (row) => h("span", { class: `side-${row.side}`, text: row.side }), value: (row) => row.side },
    { label: "Lots", num: true, cell: (row) => count(row.qty), value: (row) => row.qty },
    { label: "Price", num: true, cell: (row) => price(row.px), value: (row) => number(row.px), csv: (row) => exact(row.px) },
    { label: "Value", num: true, cell: (row) => money(row.value), value: (row) => Number(row.value.n), csv: (row) => exact(row.value) },
    { label: "Fee", num: true, cell: (row) => money(row.fee), value: (row) => Number(row.fee.n), csv: (row) => exact(row.fee) },
    { label: "Slippage", num: true, cell: (row) => (row.slippage ? money(row.slippage) : "–"), value: (row) => Number(row.slippage?.n ?? 0), csv: (row) => exact(row.slippage) },
  ], { name: "fills", empty: "No fill yet.", key: (row) => row.seq, tall: true });
  const prints = new Table([
    { label: "Time", unit: zone(), cell: (row) => time(row.ts).split(" ").pop(), value: (row) => row.ts, csv: (row) => row.ts },
    { label: "Taker", cell: (row) => (row.side ? h("span", { class: `side-${row.side}`, text: row.side }) : "–"), value: (row) => row.side ?? "" },
    { label: "Lots", num: true, cell: (row) => count(row.qty), value: (row) => Number(row.qty) },
    { label: "Price", num: true, cell: (row) => price(row.px), value: (row) => number(row.px), csv: (row) => exact(row.px) },
  ], { name: "trades of the market", empty: "No trade among the newest events." });
  const market = panel("Trades of the market", { tools: [prints.csv], body: [prints.node] });
  market.hidden = true;
  const ladder = new Ladder();
  const levels = panel("Order book", { body: [ladder.node] });
  levels.hidden = true;
  const why = h("div", { class: "note" });
  const orders = panel("Own orders", { body: [why, own.node] });
  const left = h("div", { class: "stack c8" }, panel("Price", { tools: [choose], body: [none, chartNode, place] }));
  const right = h("div", { class: "stack c4" }, levels);
  root.append(h("div", { class: "grid" },
    h("section", { class: "panel c12", "aria-label": "Feed" }, h("div", { class: "tiles" }, Object.values(tiles).map((one) => one.node))),
    left, right,
    panel("Tape of fills", { tools: [tape.csv], body: [tape.node] })));

  const pages = new Pages("/api/fills", 100);
  let chart = null;
  let [stepping, stepped] = [false, 0];
  let symbol = decodeURIComponent(location.hash.split("/")[1] ?? "");

  function pick(wanted) {
    symbol = wanted;
    history.replaceState(null, "", `#feed/${encodeURIComponent(wanted)}`);
    book().catch((error) => fill(none, message(error.message, true)));
  }

  async function book() {
    if (!symbol) return;
    const told = await get(`/api/book/${encodeURIComponent(symbol)}?bars=250`);
    if (live.ended) return;
    wait(told);
    const found = told.bars.filter((bar) => bar.close);
    if (found.length < 2) return fill(none, message("Fewer than two bars so far."));
    fill(none);
    chartNode.hidden = false;
    chart ??= new LineChart(chartNode, { kind: "line", colors: ["s3"], format: (value) => value.toFixed(found[0].close.scale > 3 ? 4 : 2) });
    chart.set(points(found, (bar) => number(bar.close)));
    const last = found[found.length - 1];
    put(place, `${symbol}: last ${price(last.close)}${told.kind === "bars" ? `, fills at ${price(last.fill)}` : ", a mid"}; we hold ${count(told.lots)} lots`);
  }

  // The ladder moves faster than the rest of the screen.
  async function step() {
    if (stepping || !symbol || performance.now() - stepped < 1000) return;
    stepping = true;
    try {
      const told = await get(`/api/book/${encodeURIComponent(symbol)}?bars=1`);
      if (!live.ended && told.instrument === symbol) wait(told);
    } catch {
      // The next load says what is wrong.
    } finally {
      stepping = false;
      stepped = performance.now();
    }
  }

  function wait(told) {
    const bars = told.kind === "bars";
    levels.hidden = market.hidden = bars;
    const side = bars ? right : left;
    if (orders.parentNode !== side) side.append(orders, ...(bars ? [] : [market]));
    put(why, bars ? "This feed has bars, not an order book: there are no levels and no queue to show. Orders fill whole at the bar's price." : "Lots ahead of an order of ours in the queue of its price, at the exchange now.");
    if (!bars) {
      ladder.set(told.ladder);
      prints.set(told.ladder?.trades ?? []);
    }
    own.set(told.orders.map((one) => ({ ...one, ahead: told.ladder?.ahead[one.client_id] ?? null })));
  }

  async function load() {
    const told = await get("/api/feed");
    if (!choose.children.length) {
      fill(choose, told.instruments.map((one) => h("option", { value: one.symbol, text: one.symbol })));
      if (!told.instruments.some((one) => one.symbol === symbol)) symbol = told.instruments[0].symbol;
      choose.value = symbol;
    }
    const unit = store.state?.currency ?? "";
    put(tiles.slip.value, told.slippage_ppm === null ? "–" : `${(told.slippage_ppm / 100).toFixed(2).replace("-", "−")} bp`);
    put(tiles.slip.under, `${money(told.slippage)} ${unit} on ${whole(told.traded)} traded`);
    put(tiles.fees.value, money(told.fees));
    put(tiles.fees.under, `${unit} since the start`);
    put(tiles.speed.under, told.kind === "bars" ? `fills at ${told.fill.replace("_", " ")}` : "fills against the order book");
    const { rows, more } = await pages.read();
    tape.set(rows, more);
    await book();
  }

  tape.onmore = () => {
    pages.older();
    live.ask(true);
  };

  function tile() {
    const state = store.state;
    if (state.name === undefined) return;
    put(tiles.at.value, time(state.time));
    put(tiles.at.under, `${zone()}, bar ${count(state.bar)} of ${count(state.bars)}`);
    put(tiles.age.value, state.feed.running ? `${duration(state.feed.taken_ms)} ago` : "feed ended");
    put(tiles.age.under, state.kind === "bars" ? "wall time" : `wall time; data ${duration(state.feed.age_ms)} old, event ${count(state.feed.received)}`);
    put(tiles.speed.value, state.feed.speed === "max" ? "max" : `${count(state.feed.speed)}×`);
    put(tiles.gaps.value, count(state.feed.missing));
    put(tiles.gaps.under, "instruments at this bar");
    tiles.gaps.value.className = `v ${tone(-state.feed.missing)}`;
    if (state.kind !== "bars") step();
  }

  const live = new Live(store, ["Fill", "Market", "Intent"], load, 3000);
  live.failed = (error) => tape.fail(error);
  store.addEventListener("tile", tile);
  if (store.state) tile();
  return { paint: () => chart?.paint(), destroy() { live.destroy(); store.removeEventListener("tile", tile); chart?.destroy(); } };
}
