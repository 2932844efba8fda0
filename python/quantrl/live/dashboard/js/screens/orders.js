// 4: every order, those of unknown fate first, and the life of one.
import { get } from "../api.js";
import { fill, h, message, panel } from "../dom.js";
import { count, exact, money, number, price, time, zone } from "../format.js";
import { Live } from "../live.js";
import { Pages } from "../pages.js";
import { Table } from "../table.js";

const STATES = ["", "UNKNOWN", "INTENT", "SENT", "ACKED", "PARTIAL", "FILLED", "CANCELED", "REJECTED", "EXPIRED"];
const KIND = { FILLED: "good", UNKNOWN: "bad", REJECTED: "bad", EXPIRED: "warn", CANCELED: "warn" };

const HIDDEN = new Set(["client_id", "sha256", "raw", "blob", "targets", "inst", "epoch", "leg", "venue", "usd", "tokens", "feed"]);
const HOLD = "-9223372036854775808";
const WORDS = {
  side: (value) => (value === "1" ? "buy" : "sell"),
  state: (value, kind) => (kind === "OrderState" ? ["INTENT", "SENT", "ACKED", "PARTIAL", "FILLED", "CANCELED", "REJECTED", "EXPIRED", "UNKNOWN"][Number(value)] : value),
  tif: (value) => ["IOC", "NEXT_BAR", "GTC"][Number(value)],
  px: (value) => (value === "0" ? "market" : `${count(value)} ticks`),
  qty: (value) => `${count(value)} lots`,
  cum: (value) => `${count(value)} lots filled`,
  fee: (value) => `${money({ n: value, scale: 8 })}`,
  priced: (value) => `${time(value)} ${zone()}`,
};

export function orders(root, store) {
  const state = h("select", { "aria-label": "State", onchange: () => live.ask(true) }, STATES.map((name) => h("option", { value: name, text: name || "every state" })));
  const table = new Table([
    { label: "Event", num: true, cell: (row) => count(row.seq), value: (row) => row.seq },
    { label: "Decided", unit: zone(), cell: (row) => time(row.ts), value: (row) => row.ts },
    { label: "Order", cell: (row) => h("span", { class: "mono", text: row.client_id.slice(0, 10) }), value: (row) => row.client_id },
    { label: "Instrument", cell: (row) => row.instrument },
    { label: "Side", cell: (row) => h("span", { class: `side-${row.side}`, text: row.side }), value: (row) => row.side },
    { label: "Lots", num: true, cell: (row) => count(row.qty), value: (row) => row.qty },
    { label: "Filled", unit: "lots", num: true, cell: (row) => count(row.cum), value: (row) => row.cum },
    { label: "Limit", num: true, cell: (row) => (row.px ? price(row.px) : "market"), value: (row) => (row.px ? number(row.px) : 0), csv: (row) => exact(row.px) },
    { label: "State", cell: (row) => [h("span", { class: `pill ${KIND[row.state] ?? ""}`, text: row.state }), row.reason ? ` ${row.reason}` : ""], value: (row) => row.state },
  ], { name: "orders", empty: "No order yet, or none in this state.", key: (row) => row.client_id, open: (row) => show(row.client_id), alert: (row) => row.state === "UNKNOWN", tall: true });
  const fills = new Table([
    { label: "Event", num: true, cell: (row) => count(row.seq), value: (row) => row.seq },
    { label: "Booked", unit: zone(), cell: (row) => time(row.ts), value: (row) => row.ts },
    { label: "Instrument", cell: (row) => row.instrument },
    { label: "Side", cell: (row) => h("span", { class: `side-${row.side}`, text: row.side }), value: (row) => row.side },
    { label: "Lots", num: true, cell: (row) => count(row.qty), value: (row) => row.qty },
    { label: "Price", num: true, cell: (row) => price(row.px), value: (row) => number(row.px), csv: (row) => exact(row.px) },
    { label: "Value", num: true, cell: (row) => money(row.value), value: (row) => Number(row.value.n), csv: (row) => exact(row.value) },
    { label: "Fee", num: true, cell: (row) => money(row.fee), value: (row) => Number(row.fee.n), csv: (row) => exact(row.fee) },
    { label: "For", cell: (row) => row.agents.map((name) => name.replace("agent/", "")).join(", "), wrap: true },
  ], { name: "fills", empty: "No fill yet.", key: (row) => row.seq, open: (row) => show(row.client_id) });
  const pages = new Pages("/api/orders", 100);
  const life = h("div", {}, message("Choose an order or a fill to see its life."));
  const title = panel("One order's life", { span: "c4 wide", body: [life] });
  root.append(h("div", { class: "grid" },
    h("div", { class: "stack c8 wide" }, panel("Orders", { tools: [state, table.csv], body: [table.node] }), panel("Fills", { tools: [fills.csv], body: [fills.node] })), title));

  async function show(id) {
    history.replaceState(null, "", `#orders/${id}`);
    table.select(id);
    try {
      const one = await get(`/api/orders/${encodeURIComponent(id)}`);
      const facts = [["order", one.client_id], ["what", `${one.side} ${count(one.qty)} lots of ${one.instrument}, ${one.px ? price(one.px) : "at the market"}, ${one.tif}`], ["state", `${one.state}${one.reason ? `: ${one.reason}` : ""}, ${count(one.cum)} filled`],
        ["for", one.shares.map((share) => `${share.agent ?? "the book"} ${count(share.lots)}${share.owed === "0" ? "" : ` (${count(share.owed)} open)`}`).join(", ")]];
      fill(life, h("div", { class: "body" }, h("dl", { class: "kv" }, facts.map(([name, value]) => [h("dt", { text: name }), h("dd", { text: value })]))),
        h("ol", { class: "life" }, one.life.map(step)));
    } catch (error) {
      fill(life, message(error.message, true));
    }
  }

  function step(event) {
    const values = Object.entries(event.values).filter(([name, value]) => !HIDDEN.has(name) && value !== "" && value !== null && value !== HOLD)
      .map(([name, value]) => [name, WORDS[name]?.(value, event.kind) ?? value]);
    const link = event.cause ? h("span", { class: "faint", text: `follows from ord ${count(event.cause)}` }) : null;
    return h("li", { id: `seq-${event.seq}` },
      h("div", { class: "head" }, h("b", { text: event.kind }), h("span", { class: "mono faint", text: `seq ${count(event.seq)}${event.ord ? `, ord ${count(event.ord)}` : ""}` }), link),
      h("div", { class: "faint", text: `${time(event.ts, true)} ${zone()}` }),
      h("dl", { class: "kv" }, values.map(([name, value]) => [h("dt", { text: name }), h("dd", { text: Array.isArray(value) ? JSON.stringify(value).replaceAll('"', "") : String(value) })])));
  }

  async function load() {
    const { first, rows, more } = await pages.read(state.value ? `&state=${state.value}` : "");
    const unknown = new Set(first.unknown.map((row) => row.client_id));
    table.set([...first.unknown, ...rows.filter((row) => !unknown.has(row.client_id))], more);
    fills.set((await get("/api/fills?limit=50")).rows);
  }

  table.onmore = () => {
    pages.older();
    live.ask(true);
  };

  const live = new Live(store, ["Intent", "OrderState", "Fill"], load, 3000);
  live.failed = (error) => { table.fail(error); fills.fail(error); };
  const wanted = location.hash.split("/")[1];
  if (wanted) show(wanted);
  return { destroy: () => live.destroy() };
}
