// Small drawings of our own: a line of ranks, and who had how much of the book over time.
import { color } from "./charts.js";

function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const draw = canvas.getContext("2d");
  draw.scale(ratio, ratio);
  draw.clearRect(0, 0, width, height);
  return draw;
}

// Ranks from left to right, the best on top; the shade spans the best and the worst of them.
export function ranks(canvas, values, worst, width = 112, height = 24) {
  const draw = prepare(canvas, width, height);
  if (values.length < 2) return;
  const y = (rank) => 3 + ((rank - 1) / Math.max(worst - 1, 1)) * (height - 6);
  const x = (at) => 3 + (at / (values.length - 1)) * (width - 8);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  draw.fillStyle = color("soft");
  draw.fillRect(0, y(low) - 2, width, y(high) - y(low) + 4);
  draw.strokeStyle = color("s1");
  draw.lineWidth = 1.5;
  draw.lineJoin = "round";
  draw.beginPath();
  values.forEach((rank, at) => (at ? draw.lineTo(x(at), y(rank)) : draw.moveTo(x(at), y(rank))));
  draw.stroke();
  draw.fillStyle = color("warm");
  draw.beginPath();
  draw.arc(x(values.length - 1), y(values[values.length - 1]), 2.4, 0, 7);
  draw.fill();
}

// Layers from the bottom up that fill the height: shares of the whole at each point.
export function layers(canvas, times, series, label) {
  const width = Math.max(canvas.parentElement.clientWidth, 50);
  const height = Math.max(canvas.parentElement.clientHeight, 50);
  const draw = prepare(canvas, width, height);
  if (times.length < 2) return;
  const [left, bottom, top] = [54, 22, 10];
  const x = (at) => left + (at / (times.length - 1)) * (width - left - 10);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const base = new Array(times.length).fill(0);
  for (const { color: name, values } of series) {
    draw.beginPath();
    values.forEach((share, at) => (at ? draw.lineTo(x(at), y(base[at] + share)) : draw.moveTo(x(at), y(base[at] + share))));
    for (let at = times.length - 1; at >= 0; at--) draw.lineTo(x(at), y(base[at]));
    draw.closePath();
    draw.fillStyle = color(name);
    draw.globalAlpha = 0.85;
    draw.fill();
    draw.globalAlpha = 1;
    draw.strokeStyle = color("panel");
    draw.lineWidth = 0.6;
    draw.stroke();
    values.forEach((share, at) => (base[at] += share));
  }
  draw.fillStyle = color("mute");
  draw.font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
  draw.textBaseline = "middle";
  draw.textAlign = "right";
  for (const share of [0, 0.5, 1]) draw.fillText(`${share * 100} %`, left - 6, y(share));
  draw.textBaseline = "bottom";
  const marks = Math.min(5, times.length);
  for (let at = 0; at < marks; at++) {
    const place = Math.round((at / (marks - 1)) * (times.length - 1));
    draw.textAlign = at === 0 ? "left" : at === marks - 1 ? "right" : "center";
    draw.fillText(label(times[place]), x(place), height - 3);
  }
}
