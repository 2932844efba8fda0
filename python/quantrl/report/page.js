"use strict";
(() => {
  const { figures, arrays } = JSON.parse(document.getElementById("figures").textContent);
  const config = { displayModeBar: false, responsive: true, doubleClick: "reset" };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "";

  // Colours in the figures are names of CSS variables; the stylesheet is the one palette.
  // {"array": i} stands for the i-th encoded array.
  function inked(value, style) {
    if (typeof value === "string") {
      const name = /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((part) => inked(part, style));
    if (value !== null && typeof value === "object") {
      if ("array" in value) return { ...arrays[value.array] };
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inked(part, style)]));
    }
    return value;
  }

  function narrowed(figure, width) {
    if (width >= 640) return figure;
    figure.layout.font.size = 11;
    for (const key of Object.keys(figure.layout)) {
      if (key.startsWith("yaxis")) delete figure.layout[key].title;
    }
    return figure;
  }

  function highlighted(figure, style) {
    const trace = figure.data.find((one) => one.meta && String(one.meta.agent) === chosen);
    if (trace) {
      const line = { color: style.getPropertyValue("--pick").trim(), width: 2.4 };
      const own = { hoverinfo: "all", hovertemplate: "%{y:.2f}×", legendgroup: "pick", legendrank: 0, showlegend: true };
      figure.data.push({ ...trace, ...own, line, name: trace.meta.label });
    }
    return figure;
  }

  function draw() {
    const style = getComputedStyle(document.documentElement);
    for (const [name, figure] of Object.entries(figures)) {
      const box = document.getElementById("chart-" + name);
      const ready = highlighted(narrowed(inked(figure, style), box.clientWidth), style);
      Plotly.react(box, ready.data, ready.layout, config);
    }
  }

  function sortBy(button) {
    const head = button.closest("th");
    const column = [...head.parentNode.children].indexOf(head);
    const body = head.closest("table").tBodies[0];
    const rising = head.getAttribute("aria-sort") === "descending";
    const key = (row) => row.children[column].dataset.sort ?? "";
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const gap = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return rising ? gap : -gap;
    };
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    body.append(...[...body.rows].sort(order));
  }

  for (const button of document.querySelectorAll("table.sortable th button")) {
    button.addEventListener("click", () => sortBy(button));
  }
  const picker = document.getElementById("pick-agent");
  if (picker) picker.addEventListener("change", () => { chosen = picker.value; draw(); });
  dark.addEventListener("change", draw);
  addEventListener("beforeprint", draw);
  draw();
})();
