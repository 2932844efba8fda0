// 6: how much of each limit is used, what is locked, what was refused, and the controls.
import { command, get, mayTrade } from "../api.js";
import { fill, h, meter, panel, put } from "../dom.js";
import { count, exact, money, percent, time, zone } from "../format.js";
import { Live } from "../live.js";
import { Table } from "../table.js";

const STATES = [["active", "Active"], ["no_entry", "No entry"], ["reduce_only", "Reduce only"], ["cancel_all", "Cancel all"]];

// A market outside its hours is as it should be.
const closed = (row) => row.gate === 4 && !row.ok;

export function risk(root, store, kill) {
  const shown = (row, value) => (value === null ? (row.unit === "flag" ? "not measured" : "per order") : row.unit === "cash" ? money(value) : row.unit === "ns" ? count(Math.round(Number(value) / 1e6)) : row.unit === "ppm" ? percent(value, 1).replace(" %", "") : row.unit === "flag" ? "" : count(value));
  const gates = new Table([
    { label: "Gate", num: true, cell: (row) => row.gate, value: (row) => row.gate },
    { label: "Limit on", cell: (row) => row.name },
    { label: "Measured on", cell: (row) => row.note, wrap: true },
    { label: "Used", num: true, cell: (row) => shown(row, row.used), csv: (row) => (row.used?.n ? exact(row.used) : row.used) },
    { label: "Limit", num: true, cell: (row) => shown(row, row.limit), csv: (row) => (row.limit?.n ? exact(row.limit) : row.limit) },
    { label: "Unit", cell: (row) => ({ cash: store.state?.currency ?? "cash", ppm: "%", flag: "", bars: "bars", ns: "ms", orders: "orders", count: "count" })[row.unit] },
    { label: "Use", cell: (row) => (row.unit === "flag" && row.used === null ? "–" : row.use_ppm === null ? [h("span", { class: `dot ${row.ok ? "good" : closed(row) ? "" : "bad"}` }), row.ok ? "passes" : closed(row) ? "closed" : "refuses"] : [meter(row.use_ppm / 1e6, row.use_ppm > 1e6 ? "bad" : row.use_ppm > 8e5 ? "warn" : ""), ` ${percent(row.use_ppm, 0)}`]), value: (row) => row.use_ppm ?? (row.ok ? 0 : 1e6) },
  ], { name: "gates", empty: "No limit is known yet.", key: (row) => `${row.gate} ${row.note}`, alert: (row) => !row.ok && row.gate !== 11 && !closed(row), tall: true });
  const error = h("p", { class: "error", role: "alert" });
  const locks = new Table([
    { label: "Scope", cell: (row) => row.scope.toLowerCase().replace("_", " and ") },
    { label: "On", cell: (row) => [row.agent, row.instrument].filter(Boolean).join(" in ") || "the whole book" },
    { label: "Side", cell: (row) => row.side },
    { label: "Reason", cell: (row) => row.reason, wrap: true },
    { label: "Until", unit: zone(), cell: (row) => (row.until ? time(row.until) : "released by hand"), value: (row) => row.until ?? "" },
    { label: "", cell: (row) => h("button", { class: "btn small", type: "button", text: "Release", disabled: !mayTrade(), onclick: () => release(row) }), csv: () => "" },
  ], { name: "locks", empty: "Nothing is locked." });
  const refusals = new Table([
    { label: "Gate", cell: (row) => `${row.gate} ${row.name}`, value: (row) => row.gate },
    { label: "Refusals", num: true, cell: (row) => count(row.n), value: (row) => Number(row.n) },
    { label: "Most often", cell: (row) => row.agents.slice(0, 3).map((one) => `${one.agent} ${count(one.n)}`).join(", "), wrap: true },
    { label: "Last", unit: "event", num: true, cell: (row) => count(row.last), value: (row) => row.last },
  ], { name: "refusals", empty: "No gate has refused anything." });
  const what = h("select", { "aria-label": "What to lock" });
  const side = h("select", { "aria-label": "Side" }, ["both", "buy", "sell"].map((name) => h("option", { value: name, text: name })));
  const reason = h("input", { "aria-label": "Reason", placeholder: "reason", maxlength: "200" });
  const lock = h("button", { class: "btn", type: "submit", text: "Lock", disabled: !mayTrade() });
  const form = h("form", { class: "controls", onsubmit: (event) => {
    event.preventDefault();
    const [kind, name] = what.value.split("\n");
    give("lock", { ...(kind ? { [kind]: name } : {}), ...(side.value === "both" ? {} : { side: side.value }), reason: reason.value || "from the dashboard" }).then(() => (reason.value = ""));
  } }, what, side, reason, lock);
  const buttons = STATES.map(([verb, label]) => h("button", { class: "btn", type: "button", text: label, "data-verb": verb, onclick: () => give(verb, { reason: "from the dashboard" }) }));
  const trading = h("span", { class: "quiet" });
  root.append(h("div", { class: "grid" },
    panel("Gates, in the order they are asked", { span: "c8 wide", tools: [gates.csv], body: [gates.node] }),
    h("div", { class: "stack c4 wide" },
      panel("Trading state", { tools: [trading], body: [h("div", { class: "controls" }, buttons, h("button", { class: "btn danger", type: "button", text: "Halt…", disabled: !mayTrade(), onclick: () => kill.open() })), h("div", { class: "body" }, error)] }),
      panel("Refusals by gate", { tools: [refusals.csv], body: [refusals.node] })),
    panel("Locks", { tools: [locks.csv], body: [form, locks.node] })));

  async function give(verb, args) {
    put(error, "");
    try {
      await command(verb, args);
      live.ask(true);
    } catch (refused) {
      put(error, refused.message);
    }
  }

  const release = (row) => give("unlock", { ...(row.agent ? { agent: row.agent } : {}), ...(row.instrument ? { instrument: row.instrument } : {}), ...(row.side === "both" ? {} : { side: row.side }) });

  async function load() {
    const told = await get("/api/risk");
    gates.set(told.gates);
    refusals.set(told.refusals);
    locks.set((await get("/api/locks")).rows);
    if (!what.children.length) {
      const [agents, feed] = [await get("/api/agents"), await get("/api/feed")];
      const option = (kind, name) => h("option", { value: `${kind}\n${name}`, text: name });
      fill(what, h("option", { value: "", text: "the whole book" }), h("optgroup", { label: "Instruments" }, feed.instruments.map((one) => option("instrument", one.symbol))), h("optgroup", { label: "Agents" }, agents.agents.map((one) => option("agent", one.label))));
    }
  }

  function tile() {
    const { state } = store.state;
    if (!state) return;
    put(trading, state);
    for (const button of buttons) button.disabled = !mayTrade() || button.dataset.verb === state.toLowerCase() || state === "HALTED" || state === "FLATTEN";
  }

  const live = new Live(store, ["State", "Lock", "Verdict", "Market", "Quarantine"], load, 2500);
  live.failed = (refused) => { for (const table of [gates, locks, refusals]) table.fail(refused); };
  store.addEventListener("tile", tile);
  if (store.state) tile();
  return { destroy() { live.destroy(); store.removeEventListener("tile", tile); } };
}
