// Candles at the fineness that the zoom asks for, trades joined from entry to exit, indicators upon or below.
// The x axis counts bars, so that nights and weekends take no room; times are words on it.

const LEAST_CANDLE = 3.2, LEAST_BARS = 12, MOST_PANELS = 3, LEAST_ROOM = 2.2;
const INCREMENTS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, DAY, 2 * DAY, 7 * DAY];

async function candlesOf(price) {
  const bytes = await inflate(price.pack), places = price.columns, n = places.close.n;
  const gaps = differences(bytes, places.open), above = differences(bytes, places.above), below = differences(bytes, places.below);
  const moves = differences(bytes, places.close);
  for (const [steps, name] of [[gaps, "open"], [above, "above"], [below, "below"], [moves, "close"]]) if (n) steps[0] += places[name].first;
  const open = new Float64Array(n), high = new Float64Array(n), low = new Float64Array(n), close = new Float64Array(n);
  const scale = 10 ** price.decimals;
  let last = 0;
  for (let i = 0; i < n; i++) {
    const end = last + moves[i], begin = i ? last + gaps[i] : end;
    open[i] = begin / scale; close[i] = end / scale;
    high[i] = (Math.max(begin, end) + above[i]) / scale; low[i] = (Math.min(begin, end) - below[i]) / scale;
    last = end;
  }
  const levels = [{ each: price.barsEach, open, high, low, close }];
  while (levels[levels.length - 1].close.length > 400) levels.push(coarser(levels[levels.length - 1]));
  return { levels, times: column(bytes, places.times) };
}
function coarser({ each, open, high, low, close }) {
  const n = Math.ceil(close.length / 2), made = { each: each * 2, open: new Float64Array(n), high: new Float64Array(n), low: new Float64Array(n), close: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const a = 2 * i, b = Math.min(a + 1, close.length - 1);
    made.open[i] = open[a]; made.close[i] = close[b];
    made.high[i] = Math.max(high[a], high[b]); made.low[i] = Math.min(low[a], low[b]);
  }
  return made;
}
// Of an indicator, the lowest, highest and mean of every two points, of every four, …: bands that hide nothing.
function lineLevels(x, values) {
  const levels = [{ x, low: values, high: values, mean: values }];
  while (levels[levels.length - 1].x.length > 400) {
    const finer = levels[levels.length - 1], n = Math.ceil(finer.x.length / 2);
    const made = { x: new Float32Array(n), low: new Float32Array(n), high: new Float32Array(n), mean: new Float32Array(n) };
    for (let i = 0; i < n; i++) {
      const a = 2 * i, b = Math.min(a + 1, finer.x.length - 1);
      made.x[i] = (finer.x[a] + finer.x[b]) / 2; made.mean[i] = (finer.mean[a] + finer.mean[b]) / 2;
      made.low[i] = Math.min(finer.low[a], finer.low[b]); made.high[i] = Math.max(finer.high[a], finer.high[b]);
    }
    levels.push(made);
  }
  return levels;
}

class PriceChart {
  constructor() {
    this.choice = byId("price-symbol");
    this.holder = byId("price-chart");
    this.out = byId("price-readout");
    report.prices.forEach((price, place) => { const option = element("option", price.symbol); option.value = place; this.choice.append(option); });
    this.choice.hidden = report.prices.length < 2;
    this.choice.addEventListener("change", () => this.load(Number(this.choice.value)));
    const act = (id, change) => byId(id).addEventListener("click", change);
    act("price-back", () => this.pan(-0.5)); act("price-on", () => this.pan(0.5));
    act("price-closer", () => this.zoom(0.5)); act("price-wider", () => this.zoom(2)); act("price-all", () => this.view(0, this.bars));
    this.holder.addEventListener("keydown", (event) => this.key(event));
    this.hidden = new Set();
    this.selected = -1;
    this.drawWaiting = 0;
    rebuilds.push(() => { if (this.candles) this.draw(); });
  }
  async load(place, from, to) {
    this.choice.value = place;
    this.price = report.prices[place];
    this.place = place;
    const [candles, marks, lines] = await Promise.all([candlesOf(this.price), inflate(this.price.marksPack), inflate(this.price.linesPack)]);
    this.candles = candles;
    this.bars = this.price.bars;
    const gaps = [];
    for (let i = 1; i < candles.times.length; i += Math.ceil(candles.times.length / 500)) gaps.push((candles.times[i] - candles.times[i - 1]) / this.price.barsEach);
    this.spacing = gaps.sort((a, b) => a - b)[gaps.length >> 1] || 1;
    this.marks = Object.fromEntries(Object.entries(this.price.marks).map(([name, at]) => [name, at.at === undefined ? at : column(marks, at)]));
    this.lines = this.price.lines.map((line, index) => {
      const x = column(lines, line.x), values = column(lines, line.values);
      return { ...line, index, x, values, levels: line.upon ? lineLevels(x, values) : [] };
    });
    if (charts.price) { charts.price.destroy(); delete charts.price; }
    this.from = from ?? 0;
    this.to = to ?? this.bars;
    this.legend();
    this.draw();
  }
  timeOf(bar) {
    const { times } = this.candles;
    return times[Math.max(0, Math.min(times.length - 1, Math.floor(bar / this.price.barsEach)))];
  }
  barAt(seconds) { return lowerBound(this.candles.times, seconds) * this.price.barsEach; }
  format(value) { return fixed(value, this.price.decimals); }

  // --- the span that is shown ---

  view(from, to) {
    const least = Math.min(LEAST_BARS * this.price.barsEach, this.bars), width = Math.min(Math.max(to - from, least), this.bars);
    const middle = (from + to) / 2;
    this.from = Math.max(0, Math.min(middle - width / 2, this.bars - width));
    this.to = this.from + width;
    if (!this.drawWaiting) this.drawWaiting = requestAnimationFrame(() => { this.drawWaiting = 0; this.show(); });
  }
  pan(part) { const width = (this.to - this.from) * part; this.view(this.from + width, this.to + width); }
  zoom(factor, around = (this.from + this.to) / 2) { this.view(around - (around - this.from) * factor, around + (this.to - around) * factor); }
  key(event) {
    const acts = { ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), "+": () => this.zoom(0.6), "=": () => this.zoom(0.6),
      "-": () => this.zoom(1.6), Home: () => this.view(0, this.bars), End: () => this.view(this.bars - (this.to - this.from), this.bars) };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  }
  level() {
    const wide = (charts.price ? charts.price.bbox.width / devicePixelRatio : 600), most = Math.max(wide / LEAST_CANDLE, 20);
    return this.candles.levels.find((level) => (this.to - this.from) / level.each <= most) || this.candles.levels[this.candles.levels.length - 1];
  }
  show() {
    const chart = charts.price, level = this.level(), each = level.each;
    const first = Math.max(0, Math.floor(this.from / each) - 1), last = Math.min(level.close.length, Math.ceil(this.to / each) + 1);
    const [low] = span(level.low, first, last), high = span(level.high, first, last)[1];
    this.shown = { level, first, last, low, high };
    this.stretch();
    const x = new Float64Array(Math.max(last - first, 0));
    for (let i = first; i < last; i++) x[i - first] = (i + 0.5) * each;
    chart.batch(() => {
      chart.setData([x, level.close.subarray(first, last)], false);
      chart.setScale("x", { min: this.from, max: this.to });
      chart.setScale("y", { min: this.shown.low, max: this.shown.high });
    });
    for (const panel of this.panels) panel.setScale("x", { min: this.from, max: this.to });
    this.tell();
  }
  // Takes lines upon the prices and a margin into the height.
  stretch() {
    for (const line of this.lines) {
      if (!line.upon || this.hidden.has(line.index)) continue;
      const level = this.lineLevel(line), from = lowerBound(level.x, this.from), to = lowerBound(level.x, this.to);
      const low = span(level.low, from, to)[0], high = span(level.high, from, to)[1];
      // A line far away would flatten the prices.
      const room = this.shown.high - this.shown.low;
      if (low < high) { this.shown.low = Math.max(Math.min(this.shown.low, low), this.shown.low - room); this.shown.high = Math.min(Math.max(this.shown.high, high), this.shown.high + room); }
    }
    const margin = (this.shown.high - this.shown.low || Math.abs(this.shown.high) || 1) * 0.07;
    this.shown.low -= margin; this.shown.high += margin;
    if (this.room(charts.price, this.visible()) < LEAST_ROOM) this.shown.low -= (this.shown.high - this.shown.low) * 0.2;
  }
  tell() {
    const each = this.shown.level.each, parts = [];
    const count = fixed(this.bars, 0);
    parts.push(each === 1 ? `One candle is one bar, of ${count} in all.` : `One candle joins ${fixed(each, 0)} bars of ${count}; zoom in for finer ones.`);
    if (this.price.barsEach > 1) parts.push(`The file holds candles of ${this.price.barsEach} bars at the finest, to stay small.`);
    const sparse = this.lines.find((line) => line.barsEach > 1), thinned = this.lines.find((line) => line.width > 1);
    if (sparse) parts.push(`Indicators are read every ${fixed(sparse.barsEach, 0)} bars.`);
    if (thinned) parts.push(`Of every ${fixed(thinned.width, 0)} values of an indicator the file holds the lowest and the highest.`);
    if (this.lines.some((line) => line.upon && !this.hidden.has(line.index) && this.lineLevel(line) !== line.levels[0])) parts.push("An indicator's band reaches from its lowest to its highest value there, the line in it is the mean.");
    const found = this.visible();
    if (this.room(charts.price, found) < LEAST_ROOM) parts.push(`Of ${fixed(found.length, 0)} trades in sight the bars below show the profit; zoom in to see each.`);
    byId("price-note").textContent = parts.join(" ");
  }

  // --- drawing ---

  legend() {
    const holder = byId("price-legend"), keys = [["▲", "long entry", "entry"], ["▼", "short entry", "entry"], ["●", "exit, won", "gain"], ["○", "exit, lost", "loss"]];
    holder.replaceChildren(...(this.marks.entryBar.length ? keys : []).map(([sign, text, kind]) => { const key = element("span", "", "key"); key.append(element("i", sign, kind), " " + text); return key; }));
    this.lines.forEach((line) => {
      const button = element("button", line.label, "swatch");
      button.style.setProperty("--swatch", `var(--line-${line.index % 6 + 1})`);
      button.setAttribute("aria-pressed", String(!this.hidden.has(line.index)));
      button.addEventListener("click", () => {
        if (this.hidden.has(line.index)) this.hidden.delete(line.index); else this.hidden.add(line.index);
        this.legend(); this.draw();
      });
      holder.append(button);
    });
  }
  draw() {
    const colors = this.colors = theme();
    const size = isPhone() ? 52 : 66;
    build("price", this.holder, { height: printing() ? 300 : isPhone() ? 280 : 400,
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, bind: { dblclick: () => () => { this.view(0, this.bars); return null; } } },
      axes: axes(colors, (value, step) => fixed(value, stepDecimals(step)), size, { splits: (u) => this.ticks(u), values: (u, splits) => this.tickWords(splits) }),
      scales: { x: { time: false, auto: false }, y: { auto: false } }, series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [(u) => this.paint(u)], setCursor: [(u) => this.follow(u)], setSelect: [(u) => this.selectSpan(u)] } }, [[0, 1], [0, 1]]);
    this.listen(charts.price.over);
    this.drawPanels(colors, size);
    this.show();
    this.follow(charts.price);
  }
  selectSpan(u) {
    if (u.select.width > 4) this.view(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }
  listen(over) {
    const touches = new Map();
    let start = null;
    over.style.touchAction = "pan-y";
    over.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = over.getBoundingClientRect(), around = this.from + (event.clientX - box.left) / box.width * (this.to - this.from);
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / box.width); else this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), around);
    }, { passive: false });
    over.addEventListener("mousedown", (event) => {
      if (!event.shiftKey) return;
      event.stopImmediatePropagation();
      const from = this.from, to = this.to, x = event.clientX, width = over.clientWidth;
      const move = (next) => { const by = (x - next.clientX) / width * (to - from); this.view(from + by, to + by); };
      addEventListener("mousemove", move);
      addEventListener("mouseup", () => removeEventListener("mousemove", move), { once: true });
    }, true);
    over.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      touches.set(event.pointerId, event.clientX);
      start = { from: this.from, to: this.to, xs: [...touches.values()] };
    });
    over.addEventListener("pointermove", (event) => {
      if (!touches.has(event.pointerId) || !start) return;
      touches.set(event.pointerId, event.clientX);
      const xs = [...touches.values()], width = over.clientWidth, left = over.getBoundingClientRect().left;
      if (xs.length === 1) { const by = (start.xs[0] - xs[0]) / width * (start.to - start.from); this.view(start.from + by, start.to + by); return; }
      const factor = Math.max(Math.abs(start.xs[0] - start.xs[1]), 10) / Math.max(Math.abs(xs[0] - xs[1]), 10);
      const around = start.from + ((start.xs[0] + start.xs[1]) / 2 - left) / width * (start.to - start.from);
      this.view(around - (around - start.from) * factor, around + (start.to - around) * factor);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) over.addEventListener(name, (event) => { touches.delete(event.pointerId); start = touches.size ? { from: this.from, to: this.to, xs: [...touches.values()] } : null; });
    over.addEventListener("click", () => { const mark = this.nearest(charts.price); if (mark >= 0 && this.marks.trade[mark] >= 0) this.chosen?.(this.marks.trade[mark]); });
  }
  drawPanels(colors, size) {
    const holder = byId("price-panels");
    (this.panels || []).forEach((panel) => panel.destroy());
    holder.replaceChildren();
    const fields = [...new Set(this.lines.filter((line) => !line.upon && !this.hidden.has(line.index)).map((line) => line.field))].slice(0, MOST_PANELS);
    this.panels = fields.map((field) => {
      const lines = this.lines.filter((line) => line.field === field && !line.upon && !this.hidden.has(line.index)), box = element("div");
      holder.append(element("p", lines.map((line) => line.label).join(", "), "chart-name"), box);
      return new uPlot({ width: widthOf(this.holder), height: 96, legend: { show: false }, cursor: { drag: { x: false, y: false }, y: false },
        axes: axes(colors, (value, step) => compact(value, step), size, { values: (u, splits) => splits.map(() => ""), size: 6, splits: (u) => this.ticks(u) }), scales: { x: { time: false, auto: false } },
        series: [{}, ...lines.map((line) => ({ stroke: colors.lines[line.index % 6], width: 1.2, points: { show: false } }))] },
        uPlot.join(lines.map((line) => [line.x, line.values])), box);
    });
  }
  ticks(u) {
    if (!this.candles || !this.candles.times.length) return [];
    const { times } = this.candles, each = this.price.barsEach, most = Math.max(2, u.bbox.width / devicePixelRatio / (isPhone() ? 76 : 96));
    const first = this.timeOf(this.from), last = this.timeOf(this.to - 1e-9), found = [];
    const add = (seconds) => { const place = lowerBound(times, seconds); if (place < times.length && place * each >= this.from && place * each <= this.to && found[found.length - 1] !== place * each) found.push(place * each); };
    // Nights and weekends hold no bars: of the moments in a span only this share can be on the axis.
    const share = Math.min(1, (this.to - this.from) * this.spacing / Math.max(last - first, this.spacing));
    const step = INCREMENTS.find((size) => size >= this.spacing && (last - first) / size * share <= most);
    if (step) { for (let at = Math.ceil(first / step) * step; at <= last; at += step) add(at); return this.spaced(found, most); }
    const months = Math.max(1, (last - first) / 2629800 / most), size = [1, 2, 3, 6, 12, 24, 60, 120].find((count) => count >= months) || 240;
    const begin = new Date(first * 1000);
    for (let month = Math.floor((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / size) * size; ; month += size) {
      const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
      if (at > last) break;
      if (at >= first) add(at);
    }
    return this.spaced(found, most);
  }
  spaced(found, most) { const least = (this.to - this.from) / most * 0.7, end = this.to - least * 0.45; let last = -Infinity; return found.filter((place) => { if (place > end && found.length > 2) return false; if (place - last < least) return false; last = place; return true; }); }
  tickWords(splits) {
    let before = "";
    const whole = this.timeOf(this.to) - this.timeOf(this.from);
    return splits.map((bar) => {
      const text = moment(this.timeOf(bar), false), day = text.slice(0, 10), hour = text.slice(11, 16);
      const shown = whole > 3 * 365 * DAY ? day.slice(0, 7) : report.daily || whole > 20 * DAY || hour === "00:00" ? day : day === before ? hour : day.slice(5) + " " + hour;
      before = day;
      return shown;
    });
  }
  paint(u) {
    if (!this.shown) return;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    this.paintCandles(u, ctx);
    this.paintLines(u, ctx);
    this.paintMarks(u, ctx);
    ctx.restore();
  }
  paintCandles(u, ctx) {
    const { level, first, last } = this.shown, ratio = devicePixelRatio;
    const step = u.bbox.width / (this.to - this.from) * level.each, body = Math.max(Math.min(step * 0.72, 14 * ratio), ratio);
    const y = (value) => u.valToPos(value, "y", true);
    for (const rising of [true, false]) {
      ctx.fillStyle = ctx.strokeStyle = rising ? this.colors.rise : this.colors.fall;
      ctx.lineWidth = Math.max(1, Math.min(ratio, step / 3));
      ctx.beginPath();
      const boxes = [];
      for (let i = first; i < last; i++) {
        if ((level.close[i] >= level.open[i]) !== rising) continue;
        const x = u.valToPos((i + 0.5) * level.each, "x", true), top = y(Math.max(level.open[i], level.close[i])), bottom = y(Math.min(level.open[i], level.close[i]));
        ctx.moveTo(x, y(level.high[i])); ctx.lineTo(x, y(level.low[i]));
        boxes.push(x - body / 2, top, Math.max(bottom - top, ratio));
      }
      ctx.stroke();
      for (let i = 0; i < boxes.length; i += 3) ctx.fillRect(boxes[i], boxes[i + 1], body, boxes[i + 2]);
    }
  }
  // The finest level with no more than a point for each pixel and a half.
  lineLevel(line) {
    const wide = charts.price ? charts.price.bbox.width / devicePixelRatio : 600;
    const count = lowerBound(line.x, this.to) - lowerBound(line.x, this.from);
    return line.levels[Math.min(line.levels.length - 1, Math.max(0, Math.ceil(Math.log2(count * 1.5 / wide))))];
  }
  paintLines(u, ctx) {
    for (const line of this.lines) {
      if (!line.upon || this.hidden.has(line.index)) continue;
      const level = this.lineLevel(line), from = Math.max(lowerBound(level.x, this.from) - 1, 0), to = Math.min(lowerBound(level.x, this.to) + 1, level.x.length);
      const x = (i) => u.valToPos(level.x[i] + 0.5, "x", true), y = (value) => u.valToPos(value, "y", true);
      ctx.strokeStyle = ctx.fillStyle = this.colors.lines[line.index % 6]; ctx.lineWidth = 1.4 * devicePixelRatio; ctx.lineJoin = "round";
      if (level.low !== level.high) {
        ctx.globalAlpha = 0.25;
        ctx.beginPath();
        for (let i = from; i < to; i++) ctx.lineTo(x(i), y(level.high[i]));
        for (let i = to - 1; i >= from; i--) ctx.lineTo(x(i), y(level.low[i]));
        ctx.fill();
        ctx.globalAlpha = 1;
        ctx.lineWidth = devicePixelRatio;
      }
      ctx.beginPath();
      for (let i = from; i < to; i++) ctx.lineTo(x(i), y(level.mean[i]));
      ctx.stroke();
    }
  }
  visible() {
    const { entryBar, exitBar } = this.marks, found = [];
    for (let i = 0; i < entryBar.length; i++) if (entryBar[i] <= this.to && (Number.isNaN(exitBar[i]) || exitBar[i] >= this.from)) found.push(i);
    return found;
  }
  paintMarks(u, ctx) {
    const { entryBar, entryPrice, exitBar, exitPrice, profit, direction, trade } = this.marks, ratio = devicePixelRatio, found = this.visible();
    const x = (bar) => u.valToPos(bar + 0.5, "x", true), y = (value) => u.valToPos(value, "y", true);
    const room = this.room(u, found), size = (room > 12 ? 6 : room > 5 ? 4.5 : 3) * ratio;
    if (room < LEAST_ROOM) { this.paintProfits(u, ctx, found); return; }
    for (const i of found) {
      const won = profit[i] > 0, open = Number.isNaN(exitBar[i]), color = open ? this.colors.muted : won ? this.colors.gain : this.colors.loss;
      const left = x(entryBar[i]), top = y(entryPrice[i]), right = open ? left : x(exitBar[i]), end = open ? top : y(exitPrice[i]);
      const marked = trade[i] === this.selected && this.selected >= 0;
      ctx.strokeStyle = ctx.fillStyle = color;
      ctx.lineWidth = (marked ? 3 : 1.6) * ratio;
      if (!open) { ctx.setLineDash(won ? [] : [4 * ratio, 3 * ratio]); ctx.beginPath(); ctx.moveTo(left, top); ctx.lineTo(right, end); ctx.stroke(); ctx.setLineDash([]); }
      this.arrow(ctx, left, top, direction[i], size, ratio);
      if (!open) this.exit(ctx, right, end, won, size * 0.62, color, ratio);
    }
  }
  room(u, found) { return u.bbox.width / devicePixelRatio / Math.max(found.length, 1); }
  // Where trades are too many to be told apart: what those that ended in each stretch came to, along the bottom.
  paintProfits(u, ctx, found) {
    const ratio = devicePixelRatio, step = 4 * ratio, sums = new Float64Array(Math.ceil(u.bbox.width / step) + 1);
    for (const i of found) {
      const x = u.valToPos(this.marks.exitBar[i] + 0.5, "x", true) - u.bbox.left;
      if (x >= 0 && x < u.bbox.width) sums[Math.floor(x / step)] += this.marks.profit[i];
    }
    const most = sums.reduce((size, sum) => Math.max(size, Math.abs(sum)), 0) || 1, height = Math.min(u.bbox.height * 0.12, 34 * ratio), zero = u.bbox.top + u.bbox.height - height;
    ctx.fillStyle = this.colors.panel; ctx.globalAlpha = 0.85;
    ctx.fillRect(u.bbox.left, zero - height, u.bbox.width, 2 * height);
    ctx.globalAlpha = 1;
    sums.forEach((sum, place) => {
      const size = Math.abs(sum) / most * height;
      ctx.fillStyle = sum > 0 ? this.colors.gain : this.colors.loss;
      ctx.fillRect(u.bbox.left + place * step, sum > 0 ? zero - size : zero, step - ratio, size);
    });
  }
  arrow(ctx, x, y, direction, size, ratio) {
    const base = y + direction * 2 * size;
    ctx.fillStyle = this.colors.accent; ctx.strokeStyle = this.colors.panel; ctx.lineWidth = ratio;
    ctx.beginPath(); ctx.moveTo(x, y + direction * ratio); ctx.lineTo(x - size, base); ctx.lineTo(x + size, base); ctx.closePath(); ctx.fill(); ctx.stroke();
  }
  exit(ctx, x, y, won, radius, color, ratio) {
    ctx.beginPath(); ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fillStyle = won ? color : this.colors.panel; ctx.fill();
    ctx.strokeStyle = color; ctx.lineWidth = 1.8 * ratio; ctx.stroke();
  }

  // --- under the cursor ---

  nearest(u) {
    if (u.cursor.left < 0) return -1;
    let best = -1, least = 14 * 14;
    const { entryBar, entryPrice, exitBar, exitPrice } = this.marks;
    for (const i of this.visible()) for (const [bar, price] of [[entryBar[i], entryPrice[i]], [exitBar[i], exitPrice[i]]]) {
      const dx = u.valToPos(bar + 0.5, "x") - u.cursor.left, dy = u.valToPos(price, "y") - u.cursor.top, away = dx * dx + dy * dy;
      if (away < least) { least = away; best = i; }
    }
    return best;
  }
  follow(u) {
    if (!this.shown) return;
    const { level } = this.shown, inside = u.cursor.left >= 0;
    const i = Math.max(0, Math.min(level.close.length - 1, Math.floor((inside ? u.posToVal(u.cursor.left, "x") : this.to - 1e-9) / level.each)));
    if (!level.close.length) { this.out.textContent = "No bar has a price."; return; }
    const pairs = [["", moment(this.timeOf(i * level.each), report.daily)], ["O", this.format(level.open[i])], ["H", this.format(level.high[i])], ["L", this.format(level.low[i])], ["C", this.format(level.close[i])]];
    for (const line of this.lines) {
      if (this.hidden.has(line.index)) continue;
      const at = Math.max(0, Math.min(line.x.length, lowerBound(line.x, (i + 1) * level.each)) - 1);
      if (line.x.length && line.x[at] <= (i + 1) * level.each) pairs.push([line.label, fixed(line.values[at], Math.min(line.decimals, 6))]);
    }
    const mark = inside ? this.nearest(u) : -1;
    if (mark >= 0) {
      const { direction, entryPrice, exitPrice, exitBar, profit } = this.marks, open = Number.isNaN(exitBar[mark]);
      pairs.push([direction[mark] > 0 ? "Long" : "Short", this.format(entryPrice[mark]) + (open ? ", still open" : " → " + this.format(exitPrice[mark]) + ", " + money(profit[mark])), open ? "" : profit[mark] > 0 ? "gain" : "loss"]);
    }
    readout(this.out, pairs);
    u.over.style.cursor = mark >= 0 ? "pointer" : "crosshair";
  }
  // Shows a trade with some of what was before and after it.
  async reveal(trade, symbol) {
    const place = report.prices.findIndex((price) => price.symbol === symbol);
    if (place < 0) return;
    this.selected = trade;
    if (place !== this.place) await this.load(place);
    const mark = this.marks.trade.indexOf(trade);
    if (mark < 0) return;
    const from = this.marks.entryBar[mark], to = this.marks.exitBar[mark], margin = Math.max((to - from) * 0.6, 20 * this.price.barsEach);
    this.view(from - margin, to + margin);
  }
}
