// Exact decimals in, aligned text out. Money and prices are strings with a scale; only charts turn them into floats.
// Seconds are shown of books on events.
export const settings = { local: localStorage.getItem("clock") === "local", seconds: false };

export function number(amount) {
  return amount === null ? null : Number(amount.n) / 10 ** amount.scale;
}

export function decimal(amount, digits) {
  if (amount === null || amount === undefined) return "–";
  let units = BigInt(amount.n);
  const negative = units < 0n;
  if (negative) units = -units;
  const drop = amount.scale - digits;
  if (drop > 0) {
    const step = 10n ** BigInt(drop);
    units = (units + step / 2n) / step;
  } else units *= 10n ** BigInt(-drop);
  const text = units.toString().padStart(digits + 1, "0");
  const whole = group(digits ? text.slice(0, -digits) : text);
  return (negative && units ? "−" : "") + whole + (digits ? "." + text.slice(-digits) : "");
}

export const money = (amount) => decimal(amount, 2);
export const price = (amount) => (amount ? decimal(amount, amount.scale) : "–");
export const whole = (amount) => decimal(amount, 0);

export function signed(text) {
  return /^[−–0.,]*$/.test(text) || text.startsWith("−") ? text : "+" + text;
}

export function exact(amount) {
  if (!amount) return "";
  const text = decimal(amount, amount.scale).replaceAll(",", "").replace("−", "-");
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function group(text) {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

export function count(text) {
  const value = String(text ?? "–");
  return value.startsWith("-") ? "−" + group(value.slice(1)) : group(value);
}

export function percent(ppm, digits = 2) {
  if (ppm === null || ppm === undefined) return "–";
  const text = (Math.abs(Number(ppm)) / 1e4).toFixed(digits);
  return (Number(ppm) < 0 && Number(text) ? "−" : "") + text + " %";
}

export function tone(amount) {
  const value = typeof amount === "object" && amount ? BigInt(amount.n) : BigInt(Math.trunc(Number(amount ?? 0)));
  return value > 0n ? "up" : value < 0n ? "down" : "";
}

export function moment(ns) {
  const value = BigInt(ns);
  return value === 0n ? null : new Date(Number(value / 1000000n));
}

const two = (value) => String(value).padStart(2, "0");

export function time(ns, seconds = settings.seconds) {
  const at = moment(ns);
  if (at === null) return "–";
  const [y, mo, d, hh, mi, s] = settings.local
    ? [at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
    : [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
  return `${y}-${two(mo + 1)}-${two(d)} ${two(hh)}:${two(mi)}${seconds ? ":" + two(s) : ""}`;
}

export const zone = () => (settings.local ? "local" : "UTC");

export function bytes(text) {
  const value = Number(text);
  if (!(value >= 0)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const at = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), 4);
  return `${(value / 2 ** (10 * at)).toFixed(at ? 1 : 0)} ${units[at]}`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 120) return `${s.toFixed(1)} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;
}
