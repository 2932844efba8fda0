// Price levels of one instrument with the orders of ours that wait there, asks above bids.
import { fill, h, message } from "./dom.js";
import { count, number, price } from "./format.js";

const SHOWN = 10;

export class Ladder {
  constructor() {
    this.body = h("tbody");
    this.note = h("div", {}, message("Loading"));
    this.node = h("div", { class: "scroll ladder" },
      h("table", {}, h("thead", {}, h("tr", {}, ["Bid lots", "Price", "Ask lots", "Ours"].map((label) => h("th", { class: "num", scope: "col" }, h("span", { class: "head", text: label }))))), this.body), this.note);
  }

  // told: {bids, asks} with the best first, or null where the engine is away.
  set(told) {
    if (!told) {
      this.body.replaceChildren();
      return fill(this.note, message("The engine does not answer: there are no levels to show."));
    }
    const { asks, bids } = told;
    fill(this.note, asks.length || bids.length ? null : message("Both sides of the book are empty."));
    const most = Math.max(1, ...[...asks, ...bids].map((level) => Number(level.lots)));
    const spread = asks.length && bids.length ? number(asks[0].px) - number(bids[0].px) : null;
    const rows = [...near(asks).reverse().map((level) => row(level, "ask", most)), middle(spread, bids[0] ?? asks[0]), ...near(bids).map((level) => row(level, "bid", most))];
    this.body.replaceChildren(...rows);
  }
}

// The best levels, and those of ours behind them.
const near = (levels) => levels.filter((level, at) => at < SHOWN || Number(level.own));

function row(level, side, most) {
  const own = Number(level.own);
  const depth = h("i");
  depth.style.width = `${(100 * Number(level.lots)) / most}%`;
  const lots = h("td", { class: `num depth ${side}` }, depth, h("span", { text: count(level.lots) }));
  const none = h("td");
  return h("tr", { class: own ? "own" : null }, side === "bid" ? lots : none, h("td", { class: `num side-${side === "bid" ? "buy" : "sell"}`, text: price(level.px) }), side === "bid" ? none : lots, h("td", { class: "num" }, own ? count(level.own) : ""));
}

function middle(spread, any) {
  return h("tr", { class: "middle" }, h("td", { colspan: "4", class: "num" }, spread === null ? "one side is empty" : `spread ${spread.toFixed(any.px.scale)}`));
}
