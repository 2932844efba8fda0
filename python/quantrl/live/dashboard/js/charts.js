// Charts over time, in the page's own colours.
import { moment, settings } from "./format.js";

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const seconds = (ns) => Math.floor(moment(ns).getTime() / 1000);
const shift = (at) => (settings.local ? at - new Date(at * 1000).getTimezoneOffset() * 60 : at);

export function points(rows, value) {
  const found = [];
  for (const row of rows) {
    if (row.ts === "0") continue;
    const at = shift(seconds(row.ts));
    const y = value(row);
    if (y === null || y === undefined) continue;
    const last = found[found.length - 1];
    if (last && last.time >= at) last.value = y;
    else found.push({ time: at, value: y });
  }
  return found;
}

const PRICE = { type: "custom", minMove: 0.01 };

export class LineChart {
  constructor(node, { kind = "area", series = 1, format = (value) => value.toFixed(2), colors = ["s1"], invert = false, thick = 2 } = {}) {
    this.node = node;
    this.options = { kind, format, colors, invert };
    this.chart = LightweightCharts.createChart(node, { autoSize: true, handleScale: { mouseWheel: false }, handleScroll: { mouseWheel: false, pressedMouseMove: true } });
    const made = { area: "addAreaSeries", line: "addLineSeries", step: "addLineSeries" }[kind];
    this.series = Array.from({ length: series }, () =>
      this.chart[made]({ lineWidth: thick, priceLineVisible: false, lastValueVisible: true, crosshairMarkerRadius: 3, lineType: kind === "step" ? 1 : 0, priceFormat: { ...PRICE, formatter: format } }));
    this.paint();
  }

  paint() {
    const [ink, line] = [color("mute"), color("soft")];
    this.chart.applyOptions({
      layout: { background: { color: "transparent" }, textColor: ink, fontSize: 12, fontFamily: getComputedStyle(document.documentElement).fontFamily },
      grid: { vertLines: { color: "transparent" }, horzLines: { color: line } },
      rightPriceScale: { borderVisible: false, invertScale: this.options.invert, scaleMargins: { top: 0.08, bottom: 0.06 } },
      timeScale: { borderVisible: false, timeVisible: true, secondsVisible: settings.seconds, rightOffset: 2 },
      crosshair: { vertLine: { color: ink, labelBackgroundColor: color("raise") }, horzLine: { color: ink, labelBackgroundColor: color("raise") } },
    });
    this.series.forEach((series, at) => {
      const own = color(this.options.colors[at % this.options.colors.length]);
      series.applyOptions(this.options.kind === "area" ? { lineColor: own, topColor: own + "55", bottomColor: own + "05" } : { color: own });
    });
  }

  set(data, at = 0) {
    this.series[at].setData(data);
    this.chart.timeScale().fitContent();
  }

  update(point, at = 0) {
    this.series[at].update(point);
  }

  destroy() {
    this.chart.remove();
  }
}
