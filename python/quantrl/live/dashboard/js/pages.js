// Rows of a route that tells the newest first: as many pages as were asked for, read anew by the cursors it tells.
import { get } from "./api.js";

const MOST = 500;

export class Pages {
  constructor(path, size) {
    this.path = path;
    this.size = size;
    this.query = "";
    this.count = 1;
  }

  older() {
    this.count += 1;
  }

  // {first: the newest answer, rows: of all pages, more: whether there are older ones}; another query begins with one page.
  async read(query = "") {
    if (query !== this.query) this.count = 1;
    this.query = query;
    const rows = [];
    let [first, next, left] = [null, null, this.count * this.size];
    do {
      const told = await get(`${this.path}?limit=${Math.min(left, MOST)}${query}${next === null ? "" : `&cursor=${next}`}`);
      first ??= told;
      rows.push(...told.rows);
      left -= told.rows.length;
      next = told.next;
    } while (next !== null && left > 0);
    return { first, rows, more: next !== null };
  }
}
