// 5: what is held, who owns it, and proof that it adds up.
import { get } from "../api.js";
import { h, panel, put, stat } from "../dom.js";
import { count, exact, money, number, price, signed, time, tone, zone } from "../format.js";
import { Live } from "../live.js";
import { Pages } from "../pages.js";
import { Table } from "../table.js";

const holding = (one) => `${one.owner.replace("agent/", "")} ${count(one.lots)}`;

export function ledger(root, store) {
  const tiles = { checks: stat("bars checked", true), breaches: stat("breaches", true), sums: stat("unbalanced assets", true), seal: stat("last seal", true), head: stat("head of the chain", true) };
  const positions = new Table([
    { label: "Instrument", cell: (row) => row.instrument },
    { label: "Position", unit: "lots", num: true, cell: (row) => (row.lots === "0" ? "–" : count(row.lots)), value: (row) => row.lots },
    { label: "Mark", num: true, cell: (row) => price(row.mark), value: (row) => number(row.mark ?? { n: "0", scale: 0 }), csv: (row) => exact(row.mark) },
    { label: "Worth", num: true, cell: (row) => (row.worth.n === "0" ? "–" : money(row.worth)), value: (row) => Number(row.worth.n), csv: (row) => exact(row.worth) },
    { label: "Last bar", num: true, cell: (row) => (row.change.n === "0" ? "–" : signed(money(row.change))), class: (row) => tone(row.change), value: (row) => Number(row.change.n), csv: (row) => exact(row.change) },
    { label: "Held by", cell: (row) => row.owners.map((one) => h("div", { text: holding(one) })), value: (row) => row.owners.map(holding).join(", ") },
  ], { name: "positions", empty: "Nothing is held.", key: (row) => row.instrument, tall: true });
  const owners = new Table([
    { label: "Owner", cell: (row) => [row.owner.replace("agent/", ""), row.ours ? null : " ", row.ours ? null : h("span", { class: "pill", text: "not ours" })], value: (row) => row.owner },
    { label: "Cash", num: true, cell: (row) => money(row.cash), value: (row) => Number(row.cash.n), csv: (row) => exact(row.cash) },
    { label: "Positions", num: true, cell: (row) => money(row.worth), value: (row) => Number(row.worth.n), csv: (row) => exact(row.worth) },
    { label: "Equity", num: true, cell: (row) => money(row.equity), value: (row) => Number(row.equity.n), csv: (row) => exact(row.equity) },
  ], { name: "balances", empty: "No owner has anything yet.", key: (row) => row.owner, tall: true });
  const postings = new Table([
    { label: "Event", num: true, cell: (row) => count(row.seq), value: (row) => row.seq },
    { label: "Posted", unit: zone(), cell: (row) => time(row.ts), value: (row) => row.ts },
    { label: "Reason", cell: (row) => row.reason },
    { label: "Owner", cell: (row) => row.owner.replace("agent/", ""), value: (row) => row.owner },
    { label: "Asset", cell: (row) => row.asset },
    { label: "Amount", num: true, cell: (row) => (row.cash ? signed(money(row.cash)) : signed(count(row.lots))), class: (row) => tone(row.cash ?? row.lots), value: (row) => (row.cash ? number(row.cash) : Number(row.lots)), csv: (row) => (row.cash ? exact(row.cash) : row.lots) },
    { label: "Unit", cell: (row) => (row.cash ? store.state?.currency ?? "cash" : "lots") },
  ], { name: "postings", empty: "Nothing has been posted.", tall: true });
  root.append(h("div", { class: "grid" },
    h("section", { class: "panel c12", "aria-label": "Checks" }, h("div", { class: "tiles" }, Object.values(tiles).map((one) => one.node))),
    panel("Positions", { span: "c7", tools: [positions.csv], body: [positions.node] }),
    panel("Balances by owner", { span: "c5", tools: [h("span", { class: "quiet", text: "all sum to 0" }), owners.csv], body: [owners.node] }),
    panel("Postings", { tools: [h("span", { class: "quiet", text: "double entry: every event sums to 0 per asset" }), postings.csv], body: [postings.node] })));
  const pages = new Pages("/api/postings", 60);
  const lines = (rows) => rows.flatMap((row) => row.lines.map((line) => ({ ...row, ...line })));

  async function load() {
    const told = await get("/api/positions");
    positions.set(told.rows);
    owners.set(told.owners);
    const { invariants, seal } = told;
    put(tiles.checks.value, count(invariants.bars));
    put(tiles.checks.under, "seven identities each");
    put(tiles.breaches.value, count(invariants.breaches));
    put(tiles.breaches.under, invariants.breaches ? "the books do not add up" : "the books add up");
    tiles.breaches.value.className = `v ${invariants.breaches ? "down" : "up"}`;
    put(tiles.sums.value, count(invariants.unbalanced_assets));
    put(tiles.sums.under, "over all owners");
    tiles.sums.value.className = `v ${invariants.unbalanced_assets ? "down" : "up"}`;
    put(tiles.seal.value, seal ? time(seal.ts) : "none");
    put(tiles.seal.under, seal ? `${seal.head.slice(0, 16)} at ${count(seal.seq)}` : "no seal was written yet");
    const { rows, more } = await pages.read();
    postings.set(lines(rows), more);
  }

  postings.onmore = () => {
    pages.older();
    live.ask(true);
  };

  function tile() {
    const head = store.state.head;
    if (!head) return;
    put(tiles.head.value, head.digest.slice(0, 12));
    put(tiles.head.under, `content, event ${count(head.seq)}`);
  }

  const live = new Live(store, ["Posting", "Transfer", "Market", "Seal"], load, 3000);
  live.failed = (error) => { for (const table of [positions, owners, postings]) table.fail(error); };
  store.addEventListener("tile", tile);
  if (store.state) tile();
  return { destroy() { live.destroy(); store.removeEventListener("tile", tile); } };
}
