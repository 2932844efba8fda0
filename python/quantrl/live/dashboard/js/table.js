// A table that sorts, is walked by keyboard, and can be taken away as CSV.
import { fill, h, message } from "./dom.js";

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

export class Table {
  // columns: {label, unit?, num?, cell(row) -> text or node, value?(row) -> to sort and for CSV, wrap?}
  constructor(columns, { empty = "Nothing here yet.", name = "table", open = null, key = null, tall = false, alert = null } = {}) {
    this.columns = columns;
    this.options = { empty, name, open, key, alert };
    this.rows = null;
    this.sort = null;
    this.selected = null;
    this.body = h("tbody");
    this.heads = columns.map((column, at) =>
      h("th", { class: column.num ? "num" : null, scope: "col" },
        h("button", { type: "button", onclick: () => this.#sortBy(at) }, column.label, column.unit ? h("span", { class: "unit", text: ` ${column.unit}` }) : null)));
    this.more = h("div", { class: "more", hidden: true }, h("button", { class: "btn small", type: "button", text: "Older", onclick: () => this.onmore?.() }));
    this.note = h("div", {}, message("Loading"));
    this.node = h("div", { class: `scroll${tall ? " tall" : ""}` }, h("table", {}, h("thead", {}, h("tr", {}, this.heads)), this.body), this.note, this.more);
    this.body.addEventListener("keydown", (event) => this.#walk(event));
    this.csv = h("button", { class: "btn small", type: "button", text: "CSV", title: `Save ${name} as CSV`, onclick: () => this.#save() });
  }

  set(rows, more = false) {
    this.rows = rows;
    this.more.hidden = !more;
    this.#draw();
  }

  fail(error) {
    if (this.rows === null) fill(this.note, message(error.message, true));
  }

  select(key) {
    this.selected = key;
    if (this.rows) this.#draw();
  }

  #ordered() {
    if (!this.sort) return this.rows;
    const { at, down } = this.sort;
    const value = (row) => (this.columns[at].value ?? this.columns[at].cell)(row);
    const sign = down ? -1 : 1;
    return [...this.rows].sort((a, b) => sign * compare(value(a), value(b)));
  }

  #draw() {
    const { key, open, alert } = this.options;
    const held = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const rows = this.#ordered().map((row, at) => {
      const id = key ? String(key(row)) : String(at);
      const cells = this.columns.map((column) => {
        const cell = column.cell(row);
        const kind = [column.num ? "num" : "", column.wrap ? "wrap" : "", column.class?.(row) ?? ""].join(" ").trim();
        return h("td", { class: kind || null }, cell);
      });
      const node = h("tr", {
        class: [open ? "open" : "", alert?.(row) ? "alert" : ""].join(" ").trim() || null,
        tabindex: at === 0 ? "0" : "-1",
        "aria-selected": open ? String(this.selected === id) : null,
        onclick: open ? () => this.#open(row, id) : null,
      }, cells);
      node.dataset.key = id;
      node.row = row;
      return node;
    });
    this.body.replaceChildren(...rows);
    fill(this.note, rows.length ? null : message(this.options.empty));
    if (held !== null) [...this.body.children].find((node) => node.dataset.key === held)?.focus({ preventScroll: true });
  }

  #open(row, id) {
    this.selected = id;
    for (const node of this.body.children) node.setAttribute("aria-selected", String(node.dataset.key === id));
    this.options.open(row);
  }

  #sortBy(at) {
    this.sort = this.sort?.at === at ? (this.sort.down ? null : { at, down: true }) : { at, down: false };
    this.heads.forEach((head, place) => {
      if (this.sort?.at === place) head.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    if (this.rows) this.#draw();
  }

  #walk(event) {
    const row = event.target.closest("tr");
    const to = { ArrowDown: row.nextSibling, ArrowUp: row.previousSibling, Home: this.body.firstChild, End: this.body.lastChild }[event.key];
    if (to) {
      event.preventDefault();
      row.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    } else if ((event.key === "Enter" || event.key === " ") && event.target === row && this.options.open) {
      event.preventDefault();
      this.#open(row.row, row.dataset.key);
    }
  }

  #save() {
    if (!this.rows) return;
    const quote = (value) => {
      const text = String(value ?? "");
      // A cell that a spreadsheet would run as a formula is text.
      const safe = /^[=+@\t\r-]/.test(text) && !NUMBER.test(text) ? "'" + text : text;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const plain = (column, row) => {
      const value = (column.csv ?? column.value ?? column.cell)(row);
      return value instanceof Node ? value.textContent : value;
    };
    const lines = [this.columns.map((column) => quote([column.label, column.unit].filter(Boolean).join(" "))).join(",")];
    for (const row of this.#ordered()) lines.push(this.columns.map((column) => quote(plain(column, row))).join(","));
    const link = h("a", { href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" })), download: `${this.options.name}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (a instanceof Node) a = a.textContent;
  if (b instanceof Node) b = b.textContent;
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return String(a).localeCompare(String(b));
}
