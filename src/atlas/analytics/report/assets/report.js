"use strict";
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const byId = (id) => document.getElementById(id);
  const charts = {};
  // Charts are drawn before the sheet is laid out: light, and as wide as fits on A4 and Letter.
  const PRINTED_WIDTH = 660;
  const printing = () => document.documentElement.classList.contains("printing");
  const rebuilds = [];

  function numbers(text) {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return new Float64Array(bytes.buffer);
  }
  const fixed = (value, decimals) => Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", "−") : "—";
  const percent = (value) => Number.isFinite(value) ? fixed(value * 100, 2) + "%" : "—";
  const money = (value) => fixed(value, 2);
  const quantity = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 8 });
  function time(seconds, daily) {
    if (!Number.isFinite(seconds)) return "—";
    const text = new Date(seconds * 1000).toISOString();
    return daily ? text.slice(0, 10) : text.slice(0, 10) + " " + text.slice(11, text.slice(17, 19) === "00" ? 16 : 19);
  }
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
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    return { ink: color("--ink"), muted: color("--muted"), grid: color("--grid"), line: color("--line"), faint: color("--faint"),
      accent: color("--accent"), soft: color("--accent-soft"), gain: color("--gain"), loss: color("--loss"),
      lossSoft: color("--loss-soft"), panel: color("--panel") };
  }
  const isPhone = () => window.innerWidth < 640;
  function axes(colors, format, size, hideTimes) {
    const common = { stroke: colors.muted, grid: { stroke: colors.grid, width: 1 }, ticks: { show: false },
      font: "12px system-ui, sans-serif" };
    const across = hideTimes ? { size: 8, values: (u, splits) => splits.map(() => "") } : { size: 36 };
    return [{ ...common, space: isPhone() ? 48 : 70, ...across },
      { ...common, size, space: 32, values: (u, splits, axis, space, step) => splits.map((value) => value === null ? "" : format(value, step)) }];
  }
  const stepDecimals = (step) => Math.max(0, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9) + (/^[1-9]0*$/.test(String(Math.round(step * 1e9))) ? 0 : 1)));
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
  function compact(value, step) {
    const size = Math.abs(value);
    const [divisor, unit] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
    return fixed(value / divisor, stepDecimals(step / divisor)) + unit;
  }
  function followTouch(chart) {
    const place = (event) => {
      const touch = event.touches[0];
      const box = chart.over.getBoundingClientRect();
      chart.setCursor({ left: touch.clientX - box.left, top: touch.clientY - box.top });
    };
    chart.over.addEventListener("touchstart", place, { passive: true });
    chart.over.addEventListener("touchmove", place, { passive: true });
  }
  function build(name, holder, options, series) {
    let range = null;
    if (charts[name]) {
      const x = charts[name].scales.x;
      range = { min: x.min, max: x.max };
      charts[name].destroy();
    }
    holder.replaceChildren();
    const chart = new uPlot({ width: printing() ? PRINTED_WIDTH : Math.max(holder.clientWidth, 240), tzDate: utc, legend: { show: false }, ...options }, series, holder);
    charts[name] = chart;
    followTouch(chart);
    return { chart, range };
  }

  // Equity and drawdown share their times, their cursor and their zoom.
  function equityCharts() {
    const times = numbers(data.equity.times), equity = numbers(data.equity.equity), drawdown = numbers(data.equity.drawdown);
    const out = byId("equity-readout"), first = byId("equity-chart"), second = byId("drawdown-chart");
    if (!times.length) { out.textContent = "No equity was recorded."; return; }
    const show = (index) => readout(out, [["", time(times[index], data.daily)], ["Equity", money(equity[index])],
      ["Return", percent(equity[index] / data.initialCash - 1), equity[index] < data.initialCash ? "loss" : "gain"],
      ["Drawdown", percent(drawdown[index])]]);
    const follow = (u) => show(u.cursor.idx === null || u.cursor.idx === undefined ? times.length - 1 : u.cursor.idx);
    let moving = false;
    const zoomed = (u, key) => {
      if (key !== "x" || moving || !charts.equity || !charts.drawdown) return;
      moving = true;
      const other = u === charts.equity ? charts.drawdown : charts.equity;
      other.setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
      moving = false;
    };
    function draw() {
      const colors = theme();
      const size = isPhone() ? 48 : 62;
      const cursor = { sync: { key: "equity", setSeries: false }, y: false, drag: { x: true, y: false }, points: { size: 7 } };
      const startLine = (u) => {
        const y = u.valToPos(data.initialCash, "y", true);
        if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
        u.ctx.save();
        u.ctx.strokeStyle = colors.faint;
        u.ctx.lineWidth = devicePixelRatio;
        u.ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
        u.ctx.beginPath(); u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke();
        u.ctx.restore();
      };
      const above = build("equity", first, { height: isPhone() ? 220 : 300, cursor, axes: axes(colors, compact, size, true),
        series: [{}, { stroke: colors.accent, width: 1.6, points: { show: false } }],
        hooks: { setCursor: [follow], setScale: [zoomed], drawAxes: [startLine] } }, [times, equity]);
      const below = build("drawdown", second, { height: isPhone() ? 130 : 160, cursor,
        axes: axes(colors, (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%", size),
        scales: { y: { range: (u, low) => [Math.min(low, -0.001) * 1.08, 0] } },
        series: [{}, { stroke: colors.loss, width: 1.2, fill: colors.lossSoft, fillTo: 0, points: { show: false } }],
        hooks: { setScale: [zoomed] } }, [times, drawdown]);
      for (const { chart, range } of [above, below]) if (range) chart.setScale("x", range);
      show(times.length - 1);
    }
    draw();
    rebuilds.push(draw);
    rangeButtons(times);
  }
  function rangeButtons(times) {
    const day = 86400, last = times[times.length - 1], span = last - times[0];
    const choices = [["All", 0], ["10 years", 3652.5 * day], ["5 years", 1826.25 * day], ["1 year", 365.25 * day], ["3 months", 91.3 * day],
      ["1 month", 30.4 * day], ["1 week", 7 * day], ["1 day", day]].filter(([, width]) => width === 0 || (width < span * 0.7 && width > span / 60));
    for (const [label, width] of choices.slice(0, 4)) {
      const button = element("button", label);
      button.setAttribute("aria-pressed", String(width === 0));
      button.addEventListener("click", () => {
        for (const other of byId("ranges").children) other.setAttribute("aria-pressed", String(other === button));
        for (const name of ["equity", "drawdown", "price"]) {
          if (!charts[name]) continue;
          const x = charts[name].data[0];
          charts[name].setScale("x", { min: width ? Math.max(last - width, x[0]) : x[0], max: width ? last : x[x.length - 1] });
        }
      });
      byId("ranges").append(button);
    }
  }

  // One price chart; the chosen symbol's series are decoded when it is shown.
  function priceChart() {
    const holder = byId("price-chart");
    if (!holder) return;
    const choice = byId("price-symbol"), out = byId("price-readout"), note = byId("price-note");
    data.prices.forEach((price, index) => { const option = element("option", price.symbol); option.value = index; choice.append(option); });
    choice.hidden = data.prices.length < 2;
    let shown = -1;
    function draw() {
      const index = Number(choice.value || 0), price = data.prices[index];
      if (shown !== index && charts.price) { charts.price.destroy(); delete charts.price; }
      shown = index;
      const colors = theme();
      const times = numbers(price.times), closes = numbers(price.prices);
      const fills = { times: numbers(price.fills.times), prices: numbers(price.fills.prices), quantities: numbers(price.fills.quantities) };
      const format = (value) => fixed(value, price.decimals);
      const show = (at, fill) => {
        const pairs = [["", time(times[at], data.daily)], ["Price", format(closes[at])]];
        if (fill >= 0) {
          const units = fills.quantities[fill];
          pairs.push([units > 0 ? "Bought" : "Sold", quantity(Math.abs(units)) + " at " + format(fills.prices[fill]) + ", " +
            time(fills.times[fill], data.daily) + (price.fills.rules[fill] ? ", " + data.rules[price.fills.rules[fill]] : ""), units > 0 ? "gain" : "loss"]);
        }
        readout(out, pairs);
      };
      const nearest = (u) => {
        let best = -1, distance = 14 * 14;
        for (let i = 0; i < fills.times.length; i++) {
          if (fills.times[i] < u.scales.x.min || fills.times[i] > u.scales.x.max) continue;
          const dx = u.valToPos(fills.times[i], "x") - u.cursor.left, dy = u.valToPos(fills.prices[i], "y") - u.cursor.top;
          if (dx * dx + dy * dy < distance) { distance = dx * dx + dy * dy; best = i; }
        }
        return best;
      };
      const follow = (u) => {
        const at = u.cursor.idx;
        if (at === null || at === undefined) show(times.length - 1, -1); else show(at, nearest(u));
      };
      const markers = (u) => drawMarkers(u, fills, colors);
      const bounds = (u, low, high) => {
        if (low === null) return [0, 1];
        const margin = (high - low || Math.abs(high) || 1) * 0.08;
        return [low - margin, high + margin];
      };
      const { chart, range } = build("price", holder, { height: isPhone() ? 260 : 340, cursor: { drag: { x: true, y: false }, points: { size: 7 } },
        axes: axes(colors, (value, step) => fixed(value, stepDecimals(step)), isPhone() ? 52 : 62), scales: { y: { range: bounds } },
        series: [{}, { stroke: colors.muted, width: 1.3, points: { show: false } }],
        hooks: { setCursor: [follow], draw: [markers] } }, [times, closes]);
      if (range) chart.setScale("x", range);
      note.textContent = price.note;
      show(times.length - 1, -1);
    }
    choice.addEventListener("change", draw);
    draw();
    rebuilds.push(draw);
  }
  function drawMarkers(u, fills, colors) {
    const ratio = devicePixelRatio, context = u.ctx, { min, max } = u.scales.x;
    let visible = 0;
    for (const at of fills.times) if (at >= min && at <= max) visible++;
    const crowd = visible / Math.max(u.bbox.width / ratio, 1);
    const size = (crowd > 0.4 ? 3 : crowd > 0.13 ? 4.2 : 5.5) * ratio;
    context.save();
    context.beginPath(); context.rect(u.bbox.left, u.bbox.top - size, u.bbox.width, u.bbox.height + 2 * size); context.clip();
    context.lineWidth = ratio; context.strokeStyle = colors.panel;
    for (let i = 0; i < fills.times.length; i++) {
      if (fills.times[i] < min || fills.times[i] > max) continue;
      const x = u.valToPos(fills.times[i], "x", true), y = u.valToPos(fills.prices[i], "y", true);
      const up = fills.quantities[i] > 0, base = up ? y + 2 * size : y - 2 * size;
      context.fillStyle = up ? colors.gain : colors.loss;
      context.beginPath(); context.moveTo(x, y + (up ? 1 : -1) * ratio); context.lineTo(x - size, base); context.lineTo(x + size, base); context.closePath();
      context.fill(); context.stroke();
    }
    context.restore();
  }

  // The table of trades: sorted and paged here, every cell set as text.
  function tradesTable() {
    const table = byId("trades-table");
    if (!table) return;
    const columns = data.trades.columns.map((column) => ({ ...column, values: column.style === "name" ? column.values : numbers(column.values) }));
    const count = data.trades.count, perPage = 25;
    let order = Array.from({ length: count }, (_, i) => i), page = 0, sorted = -1, descending = false;
    const format = { name: (value, column) => column.names[value], time: (value) => time(value, data.daily), money, percent, quantity,
      count: (value) => fixed(value, 0), price: (value, column, row) => fixed(value, data.trades.decimals[row]),
      duration: (value) => !Number.isFinite(value) ? "—" : value >= 86400 ? fixed(value / 86400, 1) + " d" : value >= 3600 ? fixed(value / 3600, 1) + " h" : fixed(value / 60, 1) + " min" };
    const head = element("tr");
    columns.forEach((column, index) => {
      const cell = element("th", column.label, "sortable" + (column.text ? " text" : ""));
      cell.tabIndex = 0;
      const sort = () => {
        descending = sorted === index ? !descending : !column.text;
        sorted = index;
        const values = column.values, key = (row) => column.style === "name" ? column.names[values[row]] : values[row];
        order.sort((a, b) => { const left = key(a), right = key(b); const way = left < right ? -1 : left > right ? 1 : a - b; return descending ? -way : way; });
        page = 0;
        for (const other of head.children) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
        fill();
      };
      cell.addEventListener("click", sort);
      cell.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } });
      head.append(cell);
    });
    const body = element("tbody"), top = element("thead");
    top.append(head);
    table.append(top, body);
    const back = element("button", "‹ Previous"), next = element("button", "Next ›"), where = element("span", "", "note");
    where.style.margin = "0";
    back.addEventListener("click", () => { page--; fill(); });
    next.addEventListener("click", () => { page++; fill(); });
    byId("trades-pages").append(where, back, next);
    let perSheet = perPage;
    function fill() {
      const pages = Math.max(Math.ceil(count / perSheet), 1);
      page = Math.min(Math.max(page, 0), pages - 1);
      const rows = order.slice(page * perSheet, (page + 1) * perSheet).map((row) => {
        const line = element("tr");
        for (const column of columns) {
          const value = column.values[row];
          const sign = column.signed && value ? (value > 0 ? "gain" : "loss") : "";
          line.append(element("td", format[column.style](value, column, row), (column.text ? "text " : "") + sign));
        }
        return line;
      });
      body.replaceChildren(...rows);
      where.textContent = count ? fixed(page * perSheet + 1, 0) + "–" + fixed(Math.min((page + 1) * perSheet, count), 0) + " of " + fixed(count, 0) : "";
      back.disabled = page === 0;
      next.disabled = page >= pages - 1;
      back.hidden = next.hidden = pages < 2;
    }
    fill();
    addEventListener("beforeprint", () => { perSheet = 200; page = 0; fill(); });
    addEventListener("afterprint", () => { perSheet = perPage; page = 0; fill(); });
  }

  equityCharts();
  priceChart();
  tradesTable();
  const redraw = () => rebuilds.forEach((draw) => draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
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
})();
