"use strict";
// What every part of the page needs: packed numbers, words for them, colours, one way to build a chart.

const report = JSON.parse(document.getElementById("report-data").textContent);
const byId = (id) => document.getElementById(id);
// Charts are drawn before the sheet is laid out: light, and as wide as fits on A4 and Letter.
const PRINTED_WIDTH = 660;
const DAY = 86400;
const charts = {};
const rebuilds = [];
const printing = () => document.documentElement.classList.contains("printing");
const isPhone = () => !printing() && window.innerWidth < 640;

// --- packed numbers ---

async function inflate(text) {
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
// Bytes of one rank lie together: whole numbers of one, two or four of them, differences of steps.
function differences(bytes, place) {
  const { at, n } = place, out = new Int32Array(n);
  if (place.as === "i1") for (let i = 0; i < n; i++) out[i] = (bytes[at + i] << 24) >> 24;
  else if (place.as === "i2") for (let i = 0; i < n; i++) out[i] = ((bytes[at + i] | (bytes[at + n + i] << 8)) << 16) >> 16;
  else for (let i = 0; i < n; i++) out[i] = bytes[at + i] | (bytes[at + n + i] << 8) | (bytes[at + 2 * n + i] << 16) | (bytes[at + 3 * n + i] << 24);
  return out;
}
function column(bytes, place) {
  if (!place) return new Float64Array(0);
  const { at, n } = place, out = new Float64Array(n);
  if (place.as === "f8") {
    const raw = new Uint8Array(n * 8);
    for (let plane = 0; plane < 8; plane++) for (let i = 0; i < n; i++) raw[i * 8 + plane] = bytes[at + plane * n + i];
    return new Float64Array(raw.buffer);
  }
  const steps = differences(bytes, place);
  let sum = place.first;
  for (let i = 0; i < n; i++) { sum += steps[i]; out[i] = sum / place.step; }
  return out;
}

// --- words ---

function fixed(value, decimals) {
  if (!Number.isFinite(value)) return "—";
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return value < 0 && /[1-9]/.test(text) ? "−" + text : text;
}
const percent = (value) => Number.isFinite(value) ? fixed(value * 100, 2) + "%" : "—";
const counted = (count, word) => fixed(count, 0) + " " + word + (count === 1 ? "" : "s");
const money = (value) => fixed(value, 2);
const quantity = (value) => Number.isFinite(value) ? value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) >= 100 ? 2 : Math.abs(value) >= 1 ? 4 : 8 }) : "—";
function moment(seconds, daily) {
  if (!Number.isFinite(seconds)) return "—";
  const text = new Date(Math.round(seconds * 1000)).toISOString();
  if (daily) return text.slice(0, 10);
  const fraction = text.slice(19, 23) === ".000" ? "" : text.slice(19, 23);
  return text.slice(0, 10) + " " + (fraction ? text.slice(11, 19) + fraction : text.slice(11, text.slice(17, 19) === "00" ? 16 : 19));
}
function duration(seconds) {
  if (!Number.isFinite(seconds)) return "—";
  const units = [[31557600, "y"], [DAY, "d"], [3600, "h"], [60, "min"]];
  for (const [size, name] of units) if (seconds >= size) return fixed(seconds / size, seconds / size >= 10 ? 0 : 1).replace(".0", "") + " " + name;
  return fixed(seconds, seconds < 10 ? 1 : 0) + " s";
}
// Decimals that tell one tick from the next: 2.5 needs one.
function stepDecimals(step) {
  for (let decimals = Math.max(0, -Math.floor(Math.log10(step)) - 1); decimals < 12; decimals++) if (Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-4 * step * 10 ** decimals) return decimals;
  return Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(step))));
}
function compact(value, step) {
  const size = Math.abs(value);
  const [divisor, unit] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  return fixed(value / divisor, stepDecimals((step || size || 1) / divisor)) + unit;
}

// --- elements ---

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function readout(target, pairs) {
  target.replaceChildren(...pairs.map(([label, value, className]) => {
    const span = element("span", label ? label + " " : "");
    span.append(element("b", value, className));
    return span;
  }));
}
function choices(holder, names, chosen, act) {
  names.forEach((name, place) => {
    const button = element("button", name);
    button.setAttribute("aria-pressed", String(place === chosen));
    button.addEventListener("click", () => {
      [...holder.children].forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      act(place);
    });
    holder.append(button);
  });
}

// --- colours ---

function theme() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue("--" + name).trim();
  const names = ["ink", "muted", "grid", "line", "faint", "accent", "accent-soft", "gain", "loss", "loss-soft", "panel", "rise", "fall", "other"];
  const found = Object.fromEntries(names.map((name) => [name, color(name)]));
  found.lines = [1, 2, 3, 4, 5, 6].map((place) => color("line-" + place));
  return found;
}
function themeButton() {
  const button = byId("theme"), root = document.documentElement;
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const tell = () => { button.textContent = dark() ? "☀ Light" : "☾ Dark"; };
  try { const kept = localStorage.getItem("atlas-theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch { /* no storage here */ }
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("atlas-theme", root.dataset.theme); } catch { /* no storage here */ }
    tell();
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { tell(); redraw(); });
  tell();
}
const redraw = () => rebuilds.forEach((draw) => draw());

// --- charts ---

const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
const FONT = "12px system-ui, sans-serif";
function axes(colors, format, size, x) {
  const common = { stroke: colors.muted, grid: { stroke: colors.grid, width: 1 }, ticks: { show: false }, font: FONT };
  const y = { ...common, gap: 6, values: (u, splits) => { const step = splits.length > 1 ? splits[1] - splits[0] : 1; return splits.map((value) => value === null ? "" : format(value, step)); },
    // No label is cut, however long.
    size: (u, words) => Math.max(size, ...(words || []).map((text) => text.length * 7 + 14)) };
  return [{ ...common, grid: { show: false }, gap: 6, size: 30, values: timeWords,
    // Years take less room than days.
    space: (u, axis, low, high) => (high - low > 4 * 366 * DAY ? 46 : high - low > 120 * DAY ? 66 : 84), ...x }, y];
}
// Times as they are written elsewhere on the page; of hours the day where it begins.
function timeWords(u, splits, axis, space, step) {
  let before = "";
  return splits.map((seconds) => {
    const text = moment(seconds, false), day = text.slice(0, 10), hour = text.slice(11, 16);
    const shown = step >= 350 * DAY ? day.slice(0, 4) : step >= 27 * DAY ? day.slice(0, 7) : step >= DAY ? day : day === before ? hour : hour === "00:00" ? day.slice(5) : day.slice(5) + " " + hour;
    before = day;
    return shown;
  });
}
// What is not known leaves a gap.
const withGaps = (values) => values.some(Number.isNaN) ? Array.from(values, (value) => Number.isNaN(value) ? null : value) : values;
// Ticks of a logarithmic axis: round numbers; 1, 2 and 5 times powers of ten where it spans more than a few.
function logTicks(low, high) {
  if (!(low > 0 && high > low)) return [];
  const found = [];
  if (high / low < 6) {
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((digit) => digit * power >= rough) * power;
    for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(at * step);
    return found;
  }
  const digits = high / low > 3000 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) for (const digit of digits) if (digit * 10 ** power >= low && digit * 10 ** power <= high) found.push(digit * 10 ** power);
  return found;
}
function logAxis(axis, words) {
  const even = (splits) => splits.length > 1 && splits[splits.length - 1] / splits[0] < 6;
  const step = (splits, value) => even(splits) ? splits[1] - splits[0] : 10 ** Math.floor(Math.log10(value));
  return { ...axis, splits: (u) => logTicks(u.scales.y.min, u.scales.y.max), filter: (u, splits) => splits, values: (u, splits) => splits.map((value) => words(value, step(splits, value))) };
}
const logScale = { distr: 3, range: (u, low, high) => low > 0 ? [low / 1.04, high * 1.04] : [1, 10] };
function followTouch(chart) {
  const place = (event) => {
    const touch = event.touches[0], box = chart.over.getBoundingClientRect();
    chart.setCursor({ left: touch.clientX - box.left, top: touch.clientY - box.top });
  };
  chart.over.addEventListener("touchstart", place, { passive: true });
  chart.over.addEventListener("touchmove", place, { passive: true });
}
const widthOf = (holder) => printing() ? (holder.closest(".columns") ? PRINTED_WIDTH / 2 - 12 : PRINTED_WIDTH) : Math.max(holder.clientWidth, 240);
// Builds a chart in the place of the one before; gives it with the span that one showed.
function build(name, holder, options, data) {
  let range = null;
  if (charts[name]) {
    const x = charts[name].scales.x;
    range = { min: x.min, max: x.max };
    charts[name].destroy();
  }
  holder.replaceChildren();
  const chart = new uPlot({ width: widthOf(holder), tzDate: utc, legend: { show: false }, ...options }, data, holder);
  charts[name] = chart;
  followTouch(chart);
  return { chart, range };
}
function span(values, from, to) {
  let low = Infinity, high = -Infinity;
  for (let i = from; i < to; i++) { if (values[i] < low) low = values[i]; if (values[i] > high) high = values[i]; }
  return [low, high];
}
// First place whose value is at least `wanted`, in ascending values.
function lowerBound(values, wanted) {
  let low = 0, high = values.length;
  while (low < high) { const middle = (low + high) >> 1; if (values[middle] < wanted) low = middle + 1; else high = middle; }
  return low;
}

// --- the sheet and the window ---

// Printed pages are light; charts are drawn again for the sheet's width.
const setPrinting = (on) => { document.documentElement.classList.toggle("printing", on); redraw(); };
addEventListener("beforeprint", () => setPrinting(true));
addEventListener("afterprint", () => setPrinting(false));
let width = window.innerWidth, waiting = 0;
addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 120);
});
