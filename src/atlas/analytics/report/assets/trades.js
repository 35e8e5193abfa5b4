// The list of trades: only the rows in sight exist, so ten thousand scroll as ten do. Every cell is set as text.

const ROW = 30, PRINTED_ROWS = 60;

class TradeList {
  constructor(bytes) {
    const given = report.trades;
    this.given = given;
    this.bytes = bytes;
    this.count = given.count;
    this.data = Object.fromEntries(Object.entries(given.columns).map(([name, place]) => [name, column(bytes, place)]));
    this.legs = Object.fromEntries(Object.entries(given.legs).map(([leg, places]) => [leg, Object.fromEntries(Object.entries(places).map(([name, place]) => [name, column(bytes, place)]))]));
    const several = (name) => { const values = this.data[name]; return values.some((value) => value !== values[0]); };
    const price = (name) => (row) => fixed(this.data[name][row], given.decimals[this.data.symbol[row]]);
    const of = (name, words) => (row) => words(this.data[name][row]);
    this.columns = [
      { label: "#", key: (row) => row, text: (row) => fixed(row + 1, 0) },
      { label: "Symbol", left: true, key: (row) => given.symbols[this.data.symbol[row]], text: (row) => given.symbols[this.data.symbol[row]] },
      { label: "Side", left: true, key: (row) => -this.data.direction[row], text: (row) => this.data.direction[row] > 0 ? "Long" : "Short" },
      { label: "Entry", left: true, key: (row) => this.data.entry[row], text: of("entry", (value) => moment(value, report.daily)) },
      { label: "Exit", left: true, key: (row) => this.data.exit[row], text: of("exit", (value) => moment(value, report.daily)) },
      { label: "Quantity", key: (row) => this.data.quantity[row], text: of("quantity", quantity) },
      { label: "Entry price", key: (row) => this.data.entryPrice[row], text: price("entryPrice") },
      { label: "Exit price", key: (row) => this.data.exitPrice[row], text: price("exitPrice") },
      { label: "Profit", signed: true, key: (row) => this.data.profit[row], text: of("profit", money) },
      { label: "Return", signed: true, key: (row) => this.data.return[row], text: of("return", percent) },
      { label: "Held", key: (row) => this.data.held[row], text: of("held", duration) },
      { label: "Exit by", left: true, key: (row) => this.reason("exit", row), text: (row) => this.reason("exit", row) },
      { label: "MAE", key: (row) => this.data.mae[row], text: of("mae", money), title: "Maximum adverse excursion: the lowest result on the way" },
      { label: "MFE", key: (row) => this.data.mfe[row], text: of("mfe", money), title: "Maximum favourable excursion: the highest result on the way" },
      { label: "Fees", key: (row) => this.data.fees[row], text: of("fees", money) },
      { label: "Shortfall", key: (row) => this.data.slippage[row], text: of("slippage", money), title: "Implementation shortfall: what its fills cost against the prices when they were asked for; inside the profit" },
      { label: "Bars", key: (row) => this.data.bars[row], text: of("bars", (value) => fixed(value, 0)) },
    ];
    const strategy = of("strategy", (number) => given.strategies[number] ?? String(number));
    if (several("strategy")) this.columns.splice(2, 0, { label: "Strategy", left: true, key: strategy, text: strategy });
    if (several("account")) this.columns.splice(1, 0, { label: "Account", key: (row) => this.data.account[row], text: of("account", String) });
    this.rows = Array.from({ length: this.count }, (_, row) => row);
    this.sorted = 0; this.descending = false; this.selected = -1; this.from = -1;
    this.frame();
    this.apply();
  }
  reason(leg, row) {
    const legs = this.legs[leg];
    if (!legs || !legs.rule) return "";
    return [this.given.orders[legs.order[row]], this.given.rules[legs.rule[row]]].filter(Boolean).join(" ");
  }
  frame() {
    this.holder = byId("trades-list");
    const table = byId("trades-table"), head = element("thead"), line = element("tr");
    this.head = line;
    this.columns.forEach((column, place) => {
      const cell = element("th", undefined, column.left ? "text" : ""), button = element("button", column.label, "sort");
      cell.scope = "col";
      if (column.title) button.title = column.title;
      button.addEventListener("click", () => { this.descending = this.sorted === place ? !this.descending : !column.left && place > 0; this.sorted = place; this.apply(); });
      cell.append(button);
      line.append(cell);
    });
    head.append(line);
    this.body = element("tbody");
    table.append(head, this.body);
    this.holder.addEventListener("scroll", () => this.fill());
    this.holder.addEventListener("keydown", (event) => this.key(event));
    byId("trades-filter").addEventListener("input", () => this.apply());
    byId("trades-kind").addEventListener("change", () => this.apply());
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => { this.from = -1; this.fill(); });
  }
  words(row) {
    this.searched ??= new Array(this.count);
    return this.searched[row] ??= [this.given.symbols[this.data.symbol[row]], this.data.direction[row] > 0 ? "long" : "short", this.given.strategies[this.data.strategy[row]] ?? "", moment(this.data.entry[row], report.daily), moment(this.data.exit[row], report.daily), this.reason("entry", row), this.reason("exit", row), "#" + (row + 1)].join(" ").toLowerCase();
  }
  apply() {
    const wanted = byId("trades-filter").value.toLowerCase().split(/\s+/).filter(Boolean), kind = byId("trades-kind").value;
    const kinds = { won: (row) => this.data.profit[row] > 0, lost: (row) => this.data.profit[row] < 0, long: (row) => this.data.direction[row] > 0, short: (row) => this.data.direction[row] < 0 };
    const passes = (row) => (!kind || kinds[kind](row)) && wanted.every((word) => this.words(row).includes(word));
    this.rows = [];
    for (let row = 0; row < this.count; row++) if (passes(row)) this.rows.push(row);
    const column = this.columns[this.sorted], keys = new Map(this.rows.map((row) => [row, column.key(row)])), way = this.descending ? -1 : 1;
    // What is unknown stands last, whichever way.
    const last = (value) => typeof value === "number" && Number.isNaN(value);
    this.rows.sort((a, b) => { const left = keys.get(a), right = keys.get(b); return last(left) || last(right) ? last(left) - last(right) : left < right ? -way : left > right ? way : a - b; });
    [...this.head.children].forEach((cell, place) => { if (place === this.sorted) cell.setAttribute("aria-sort", this.descending ? "descending" : "ascending"); else cell.removeAttribute("aria-sort"); });
    const sum = this.rows.reduce((total, row) => total + this.data.profit[row], 0);
    byId("trades-count").textContent = `${fixed(this.rows.length, 0)} of ${fixed(this.count, 0)} · profit ${money(sum)}`;
    this.holder.scrollTop = 0;
    this.from = -1;
    this.fill();
  }
  fill() {
    const sight = Math.ceil((this.holder.clientHeight || 400) / ROW), first = Math.max(0, Math.floor(this.holder.scrollTop / ROW) - 8), from = first - first % 4;
    if (from === this.from) return;
    this.from = from;
    const to = Math.min(from + sight + 24, this.rows.length);
    this.body.replaceChildren(this.space(from), ...this.rows.slice(from, to).map((row, place) => this.line(row, from + place)), this.space(this.rows.length - to));
  }
  space(rows) { const line = element("tr", undefined, "space"); line.style.height = rows * ROW + "px"; line.setAttribute("aria-hidden", "true"); return line; }
  line(row, place) {
    const line = element("tr");
    line.setAttribute("aria-rowindex", place + 2);
    if (row === this.selected) line.setAttribute("aria-selected", "true");
    for (const column of this.columns) {
      const value = column.key(row), kind = column.signed && value ? (value > 0 ? "gain" : "loss") : "";
      line.append(element("td", column.text(row), [column.left ? "text" : "", kind].join(" ").trim()));
    }
    line.addEventListener("click", () => this.select(row));
    return line;
  }
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.target !== this.holder) return;
    if (event.key === "Enter" && this.selected >= 0) { this.select(this.selected); return; }
    if (!step || !this.rows.length) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(this.rows.length - 1, this.rows.indexOf(this.selected) + step));
    this.select(this.rows[place]);
    const top = place * ROW, sight = this.holder.clientHeight - 2 * ROW;
    if (top < this.holder.scrollTop) this.holder.scrollTop = top; else if (top > this.holder.scrollTop + sight) this.holder.scrollTop = top - sight;
  }
  select(row) {
    this.selected = row;
    this.from = -1;
    this.fill();
    this.details(row);
    this.chosen?.(row);
  }
  details(row) {
    const holder = byId("trade-details"), data = this.data, symbol = this.given.symbols[data.symbol[row]], decimals = this.given.decimals[data.symbol[row]];
    const won = data.profit[row] > 0, notional = data.quantity[row] * data.entryPrice[row];
    const title = element("h3", `Trade ${fixed(row + 1, 0)}: ${data.direction[row] > 0 ? "long" : "short"} ${quantity(data.quantity[row])} ${symbol}, ${money(data.profit[row])}`, won ? "gain" : "loss");
    const facts = element("p", `Held ${duration(data.held[row])}${Number.isFinite(data.bars[row]) ? ` (${counted(data.bars[row], "bar")})` : ""}, ${counted(data.fills[row], "fill")}. ` +
      `Gross ${money(data.gross[row])}${data.income[row] ? `, dividends ${money(data.income[row])}` : ""}, fees ${money(data.fees[row])}; a shortfall of ${money(data.slippage[row])} against the prices when asked is in the gross. ` +
      `At worst ${money(data.mae[row])} (${percent(data.mae[row] / notional)}), at best ${money(data.mfe[row])} (${percent(data.mfe[row] / notional)}).`);
    const legs = element("div", undefined, "legs");
    for (const [leg, words] of [["entry", "First entry"], ["exit", "Last exit"]]) legs.append(this.leg(leg, words, row, decimals));
    holder.replaceChildren(title, facts, legs);
  }
  leg(leg, words, row, decimals) {
    const legs = this.legs[leg], box = element("dl");
    if (!legs || !legs.rule || !Number.isFinite(legs.price[row])) { box.append(element("dt", words), element("dd", "no fill")); return box; }
    const say = (label, value) => { if (value) box.append(element("dt", label), element("dd", value)); };
    say(words, `${this.reason(leg, row)}, order ${fixed(legs.id[row], 0)}`);
    say("Time", moment(this.data[leg][row], report.daily));
    say("Price", `${fixed(legs.price[row], decimals)} for ${quantity(legs.quantity[row])}${legs.liquidity[row] ? `, as ${this.given.liquidity[legs.liquidity[row]]}` : ""}`);
    if (Number.isFinite(legs.reference[row])) say("Mark when asked", `${fixed(legs.reference[row], decimals)}, a cost of ${money(legs.slippage[row])} against it`);
    say("Fee", money(legs.fee[row]));
    if (Number.isFinite(legs.available[row])) say("Volume left", `${quantity(legs.available[row])} within the cap`);
    if (Number.isFinite(legs.submitted[row])) say("Asked at", `${moment(legs.submitted[row], false)}${legs.arrived[row] > legs.submitted[row] ? `, at the venue ${moment(legs.arrived[row], false)}` : ""}`);
    return box;
  }
  print() { this.body.replaceChildren(...this.rows.slice(0, PRINTED_ROWS).map((row, place) => this.line(row, place))); this.from = -1; }
}

// Profit against holding time, or against how far a trade went; a click shows the trade.
class Scatter {
  constructor(list) {
    const data = list.data;
    this.list = list;
    this.kinds = [
      { name: "Holding time", values: data.held.map((value) => Math.max(value, 1)), words: (value) => duration(value), log: true },
      { name: "Adverse excursion", values: data.mae, words: compact },
      { name: "Favourable excursion", values: data.mfe, words: compact },
    ];
    this.kind = this.kinds[0];
    choices(byId("scatter-choice"), this.kinds.map((kind) => kind.name), 0, (place) => { this.kind = this.kinds[place]; delete charts.scatter; byId("scatter-chart").replaceChildren(); this.draw(); });
    rebuilds.push(() => this.draw());
    this.draw();
  }
  draw() {
    const colors = theme(), { values, words, log } = this.kind, profit = this.list.data.profit, out = byId("scatter-readout");
    const rows = this.list.rows.length === this.list.count ? [...this.list.rows].sort((a, b) => values[a] - values[b]) : Array.from({ length: this.list.count }, (_, row) => row).sort((a, b) => values[a] - values[b]);
    const x = rows.map((row) => values[row]), y = rows.map((row) => profit[row]);
    const crowd = rows.length > 3000 ? 2.6 : rows.length > 500 ? 3.6 : 5.5, [low, high] = [x[0], x[x.length - 1]];
    const paint = (u) => {
      const { ctx } = u, ratio = devicePixelRatio, size = crowd * ratio;
      ctx.save();
      ctx.beginPath(); ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); ctx.clip();
      const zero = u.valToPos(0, "y", true);
      ctx.strokeStyle = colors.faint; ctx.lineWidth = ratio;
      ctx.beginPath(); ctx.moveTo(u.bbox.left, zero); ctx.lineTo(u.bbox.left + u.bbox.width, zero); ctx.stroke();
      ctx.globalAlpha = rows.length > 3000 ? 0.45 : 0.75;
      for (let i = 0; i < rows.length; i++) {
        const cx = u.valToPos(x[i], "x", true), cy = u.valToPos(y[i], "y", true);
        ctx.beginPath(); ctx.arc(cx, cy, size / 2, 0, 2 * Math.PI);
        if (y[i] > 0) { ctx.fillStyle = colors.gain; ctx.fill(); } else { ctx.strokeStyle = colors.loss; ctx.lineWidth = 1.2 * ratio; ctx.stroke(); }
      }
      ctx.restore();
    };
    let near = -1;
    const follow = (u) => {
      near = -1;
      let least = 200;
      if (u.cursor.left >= 0) for (let i = 0; i < rows.length; i++) { const dx = u.valToPos(x[i], "x") - u.cursor.left, dy = u.valToPos(y[i], "y") - u.cursor.top, away = dx * dx + dy * dy; if (away < least) { least = away; near = i; } }
      if (near < 0) { readout(out, [["Trades", fixed(rows.length, 0)], ["Filled", "won"], ["Hollow", "lost"], ["Across", this.kind.name.toLowerCase()], ["Up", "profit"]]); return; }
      const row = rows[near];
      readout(out, [["Trade", fixed(row + 1, 0)], ["", moment(this.list.data.entry[row], report.daily)], ["Held", duration(this.list.data.held[row])], ["Profit", money(y[near]), y[near] > 0 ? "gain" : "loss"], ["MAE", money(this.list.data.mae[row])], ["MFE", money(this.list.data.mfe[row])]]);
    };
    const ends = log ? [low / 1.3, Math.max(high, low * 2) * 1.3] : [low - (high - low || 1) * 0.03, high + (high - low || 1) * 0.03];
    const ladder = [1, 10, 60, 600, 3600, 6 * 3600, DAY, 7 * DAY, 30.4375 * DAY, 365.25 * DAY, 3652.5 * DAY];
    const { chart } = build("scatter", byId("scatter-chart"), { height: isPhone() ? 240 : 300, cursor: { drag: { x: false, y: false }, points: { show: false } },
      axes: axes(colors, compact, isPhone() ? 52 : 66, { filter: (u, splits) => splits, splits: log ? () => ladder.filter((value) => value >= ends[0] && value <= ends[1]) : undefined, values: (u, splits) => splits.map((value) => value === null ? "" : words(value, splits.length > 1 ? splits[1] - splits[0] : 0)) }),
      scales: { x: { time: false, distr: log ? 3 : 1, range: () => ends } }, series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [paint], setCursor: [follow] } }, [x, y]);
    chart.over.addEventListener("click", () => { if (near >= 0) this.list.select(rows[near]); });
    follow(chart);
  }
}
