// 2: who decides best, how sure that is, and who has the capital.
import { get } from "../api.js";
import { layers, ranks } from "../canvas.js";
import { LineChart, color } from "../charts.js";
import { fill, h, message, meter, panel } from "../dom.js";
import { count, exact, money, number, percent, signed, time, tone, whole, zone } from "../format.js";
import { Live } from "../live.js";
import { Table } from "../table.js";

const TOP = 7;

export function contest(root, store) {
  let worst = 1;
  const board = new Table([
    { label: "#", num: true, cell: (row) => row.rank ?? "–", value: (row) => row.rank },
    { label: "Agent", cell: (row) => [row.label, row.off ? h("span", { class: "pill bad", text: "off" }) : null], value: (row) => row.label },
    { label: "Share", unit: "% of capital", num: true, cell: (row) => (row.share_ppm ? [percent(row.share_ppm, 1), " ", meter(row.share_ppm / 1e6)] : "–"), value: (row) => row.share_ppm / 1e4 },
    { label: "Capital", num: true, cell: (row) => (row.equity.n === "0" ? "–" : whole(row.equity)), value: (row) => Number(row.equity.n), csv: (row) => exact(row.equity) },
    { label: "Shadow", unit: "% since start", num: true, cell: (row) => signed(percent(row.shadow_ppm, 1)), class: (row) => tone(row.shadow_ppm), value: (row) => row.shadow_ppm / 1e4 },
    { label: "Score", unit: "1e-3", num: true, cell: (row) => (row.rank ? (Number(row.score_ppb) / 1e6).toFixed(3).replace("-", "−") : "–"), value: (row) => Number(row.score_ppb) / 1e6 },
    { label: "Ranks", unit: "last 60 rounds", cell: (row) => (row.ranks.length > 1 ? canvas(row) : "–"), value: (row) => row.ranks.reduce((a, b) => a + b, 0) / (row.ranks.length || 1) },
    { label: "Best to worst", num: true, cell: (row) => (row.rank_low ? `${row.rank_low} to ${row.rank_high}` : "–"), value: (row) => row.rank_low },
    { label: "Last answer", cell: (row) => h("span", {}, h("span", { class: `dot ${row.decided.status === "ok" ? "good" : row.decided.status ? "bad" : ""}` }), row.decided.status ?? "none"), value: (row) => row.decided.status },
  ], { name: "agents", empty: "No agent has been asked yet.", key: (row) => row.id, open: (row) => show(row.id), tall: true });
  const detail = h("div", { class: "stack c12", hidden: true });
  const nobody = h("div", {}, message("No capital has been given out yet."));
  const area = h("div", { class: "chart mid", hidden: true }, h("canvas", { role: "img", "aria-label": "Shares of the book over time" }));
  const legend = h("div", { class: "legend" });
  const rounds = new Table([
    { label: "Round", num: true, cell: (row) => count(row.number), value: (row) => row.number },
    { label: "Settled", unit: zone(), cell: (row) => time(row.ts), value: (row) => row.ts },
    { label: "Ready", unit: "agents", num: true, cell: (row) => count(row.ready) },
    { label: "Funded", unit: "agents", num: true, cell: (row) => count(row.funded) },
    { label: "Moved", num: true, cell: (row) => (row.moved.n === "0" ? "–" : whole(row.moved)), value: (row) => Number(row.moved.n), csv: (row) => exact(row.moved) },
    { label: "Event", num: true, cell: (row) => count(row.seq), value: (row) => row.seq },
  ], { name: "rounds", empty: "No round has been settled yet.", key: (row) => row.number, open: (row) => reasons(row) });
  const why = h("div", {}, message("Choose a round to see who got what, and why."));
  root.append(h("div", { class: "grid" },
    panel("Leaderboard", { tools: [h("span", { class: "quiet", text: "shadow accounts all start with the same capital" }), board.csv], body: [board.node] }), detail,
    panel("Capital over time", { span: "c12", tools: [h("span", { class: "quiet", text: "shares of the book; the rest is in treasury" })], body: [nobody, area, legend] }),
    panel("Rounds", { span: "c6", tools: [rounds.csv], body: [rounds.node] }), panel("One round", { span: "c6", body: [why] })));

  let chart = null;
  let chosen = null;
  let shares = null;

  function canvas(row) {
    const node = h("canvas", { role: "img", "aria-label": `Ranks of ${row.label}, now ${row.rank}` });
    ranks(node, row.ranks, worst);
    return node;
  }

  async function show(id) {
    const one = await get(`/api/agents/${id}?points=300`);
    chosen = id;
    chart?.destroy();
    const line = h("div", { class: "chart mid", role: "img", "aria-label": "Rank over the rounds" });
    const held = new Table([
      { label: "Instrument", cell: (row) => row.instrument },
      { label: "Target", unit: "% of capital", num: true, cell: (row) => (row.target_ppb === null ? "hold" : percent(Number(row.target_ppb) / 1000, 1)), value: (row) => Number(row.target_ppb ?? 0) / 1e7 },
      { label: "Position", unit: "lots", num: true, cell: (row) => (row.lots === "0" ? "–" : count(row.lots)), value: (row) => row.lots },
      { label: "Worth", num: true, cell: (row) => (row.worth.n === "0" ? "–" : money(row.worth)), value: (row) => Number(row.worth.n), csv: (row) => exact(row.worth) },
    ], { name: `agent ${one.label}` });
    held.set(one.holdings);
    const facts = [["kind", one.kind], ["runs", one.native ? "inside the engine, computed again on replay" : "beside the engine, its answers are recorded"], ["capital", `${money(one.equity)}, of it ${money(one.cash)} in cash`], ["shadow account", `${money(one.shadow)} (${signed(percent(one.shadow_ppm, 1))})`], ["answers", Object.entries(one.answers).map(([name, n]) => `${count(n)} ${name}`).join(", ") || "none"]];
    detail.hidden = false;
    fill(detail, h("div", { class: "grid" },
      panel(`${one.label}: rank over the rounds`, { span: "c7", tools: [h("button", { class: "btn small", type: "button", text: "Close", onclick: close })], body: [line, h("div", { class: "body" }, h("dl", { class: "kv" }, facts.map(([name, value]) => [h("dt", { text: name }), h("dd", { text: value })])))] }),
      panel("What it wants and holds", { span: "c5", tools: [held.csv], body: [held.node] })));
    const found = one.history.filter((row) => row.rank !== null);
    if (found.length < 2) return fill(line, message("Not ranked in two rounds yet."));
    chart = new LineChart(line, { kind: "step", invert: true, format: (value) => value.toFixed(0), thick: 1 });
    chart.chart.applyOptions({ timeScale: { tickMarkFormatter: (at) => `round ${at}` }, localization: { timeFormatter: (at) => `round ${at}` } });
    chart.set(found.map((row) => ({ time: row.round, value: row.rank })));
  }

  function close() {
    chart?.destroy();
    chart = chosen = null;
    detail.hidden = true;
    board.select(null);
  }

  function reasons(row) {
    const table = new Table([
      { label: "Agent", cell: (each) => each.agent },
      { label: "Rank", num: true, cell: (each) => each.rank ?? "–" },
      { label: "Before", num: true, cell: (each) => (each.before_ppm === null ? "" : percent(each.before_ppm, 1)), value: (each) => each.before_ppm },
      { label: "Share", num: true, cell: (each) => (each.share_ppm === null ? "" : percent(each.share_ppm, 1)), value: (each) => each.share_ppm },
      { label: "Moved", num: true, cell: (each) => (each.moved.n === "0" ? "–" : signed(whole(each.moved))), class: (each) => tone(each.moved), value: (each) => Number(each.moved.n), csv: (each) => exact(each.moved) },
      { label: "Why", cell: (each) => each.reason, wrap: true },
    ], { name: `round ${row.number}`, empty: row.agents ? "No agent was funded in this round." : "Choose one of the newest rounds." });
    fill(why, h("div", { class: "note", text: `Round ${count(row.number)}, ${row.id}: ${row.ready} agents had matured results, ${row.funded} got a share.` }), table.node);
    table.set(row.agents ?? []);
  }

  function drawShares() {
    if (!shares) return;
    layers(area.firstChild, shares.times, shares.series, shares.times.length && shares.times[shares.times.length - 1] - shares.times[0] < 3 * 864e11 ? (ns) => time(ns, false).slice(5) : (ns) => time(ns).slice(0, 10));
    fill(legend, shares.series.map((one) => {
      const mark = h("i");
      mark.style.background = color(one.color);
      return h("span", {}, mark, one.name);
    }));
  }

  async function load() {
    const told = await get("/api/agents");
    worst = told.agents.length;
    told.agents.sort((a, b) => (a.rank ?? 1e6) - (b.rank ?? 1e6) || b.shadow_ppm - a.shadow_ppm);
    board.set(told.agents);
    const found = await get("/api/rounds?limit=50");
    rounds.set(found.rows);
    const bars = store.state?.bar ?? 1;
    const equity = await get(`/api/equity?limit=500&agents=true&every=${Math.max(Math.ceil(bars / 240), 1)}`);
    if (live.ended || equity.rows.length < 2) return;
    const most = {};
    for (const row of equity.rows) for (const [name, worth] of Object.entries(row.agents)) most[name] = (most[name] ?? 0) + number(worth) / (number(row.equity) || 1);
    const names = Object.keys(most).sort((a, b) => most[b] - most[a]);
    const of = (row, name) => (row.agents[name] ? number(row.agents[name]) / (number(row.equity) || 1) : 0);
    const series = names.slice(0, TOP).map((name, at) => ({ name, color: `s${at + 1}`, values: equity.rows.map((row) => of(row, name)) }));
    if (names.length > TOP) series.push({ name: `${names.length - TOP} others`, color: "faint", values: equity.rows.map((row) => names.slice(TOP).reduce((sum, name) => sum + of(row, name), 0)) });
    shares = { times: equity.rows.map((row) => row.ts), series };
    nobody.hidden = true;
    area.hidden = false;
    drawShares();
  }

  const live = new Live(store, ["Round"], load, 6000);
  live.failed = (error) => { board.fail(error); rounds.fail(error); };
  const resized = new ResizeObserver(drawShares);
  resized.observe(area);
  return {
    paint() { chart?.paint(); drawShares(); if (board.rows) board.set(board.rows); },
    destroy() { live.destroy(); resized.disconnect(); chart?.destroy(); },
  };
}
