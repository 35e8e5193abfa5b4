// Equity, drawdown, rolling Sharpe ratio and exposure share their times and their zoom.

const TIMED = ["equity", "drawdown", "rolling", "exposure"];

async function curveCharts() {
  const given = report.curves, bytes = await inflate(given.pack);
  const read = (name) => column(bytes, given[name]);
  const times = read("times"), equity = read("equity"), other = read("benchmark");
  if (!times.length) { byId("equity-readout").textContent = "No equity was recorded."; return; }
  let moving = false, log = false;
  const zoomed = (u, key) => {
    if (key !== "x" || moving) return;
    moving = true;
    for (const name of TIMED) if (charts[name] && charts[name] !== u) charts[name].setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
    moving = false;
  };
  const cursor = { sync: { key: "time", setSeries: false }, y: false, drag: { x: true, y: false }, points: { size: 7 } };
  const at = (u, last) => u.cursor.idx === null || u.cursor.idx === undefined ? last : u.cursor.idx;
  const line = (color, width, extra) => ({ stroke: color, width, points: { show: false }, ...extra });
  const axisSize = () => isPhone() ? 48 : 62;

  function drawEquity(colors) {
    const out = byId("equity-readout"), initial = report.initialCash;
    const drawn = [times, equity], series = [{}, line(colors.accent, 1.7)];
    if (other.length) { drawn.push(other); series.push(line(colors.other, 1.2)); }
    const fallen = read("drawdown");
    const show = (i) => readout(out, [["", moment(times[i], report.daily)], ["Equity", money(equity[i])],
      ["Return", percent(equity[i] / initial - 1), equity[i] < initial ? "loss" : equity[i] > initial ? "gain" : ""], ["Drawdown", percent(fallen[i])],
      ...(other.length ? [[given.benchmarkName, money(other[i]) + " (" + percent(other[i] / initial - 1) + ")", "other"]] : [])]);
    const start = (u) => {
      const y = u.valToPos(initial, "y", true);
      if (!(y >= u.bbox.top && y <= u.bbox.top + u.bbox.height)) return;
      u.ctx.save();
      u.ctx.strokeStyle = colors.faint; u.ctx.lineWidth = devicePixelRatio; u.ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
      u.ctx.beginPath(); u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke();
      u.ctx.restore();
    };
    const [x, y] = axes(colors, compact, axisSize(), { values: (u, splits) => splits.map(() => ""), size: 6 });
    const { chart, range } = build("equity", byId("equity-chart"), { height: isPhone() ? 220 : 300, cursor,
      scales: { y: log ? logScale : {} }, axes: [x, log ? logAxis(y, compact) : y], series,
      hooks: { setCursor: [(u) => show(at(u, times.length - 1))], setScale: [zoomed], drawAxes: [start] } }, drawn);
    if (range) chart.setScale("x", range);
    show(times.length - 1);
  }
  function drawDrawdown(colors) {
    const drawn = [times, read("drawdown")], series = [{}, line(colors.loss, 1.2, { fill: colors["loss-soft"], fillTo: 0 })];
    const fallen = read("benchmarkDrawdown");
    if (fallen.length) { drawn.push(fallen); series.push(line(colors.other, 1)); }
    const { chart, range } = build("drawdown", byId("drawdown-chart"), { height: isPhone() ? 140 : 170, cursor,
      axes: axes(colors, (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%", axisSize()),
      scales: { y: { range: (u, low) => [Math.min(low, -0.001) * 1.08, 0] } }, series, hooks: { setScale: [zoomed] } }, drawn);
    if (range) chart.setScale("x", range);
  }
  function drawRolling(colors) {
    const holder = byId("rolling-chart"), out = byId("rolling-readout");
    if (!given.window) { out.textContent = "Too few days: it needs 80."; return; }
    byId("rolling-name").textContent = "Rolling Sharpe ratio over " + given.window + " trading days";
    const days = read("rollingTimes"), own = read("rolling"), theirs = read("benchmarkRolling");
    const drawn = [days, own], series = [{}, line(colors.accent, 1.4)];
    if (theirs.length) { drawn.push(theirs); series.push(line(colors.other, 1)); }
    const show = (i) => readout(out, [["", moment(days[i], true)], ["Sharpe", fixed(own[i], 2)], ...(theirs.length ? [["Benchmark", fixed(theirs[i], 2), "other"]] : [])]);
    const { chart, range } = build("rolling", holder, { height: 170, cursor, axes: axes(colors, (value, step) => fixed(value, stepDecimals(step)), 44), series,
      hooks: { setCursor: [(u) => show(at(u, days.length - 1))], setScale: [zoomed] } }, drawn);
    if (range) chart.setScale("x", range);
    show(days.length - 1);
  }
  function drawExposure(colors) {
    const gross = read("gross"), net = read("net"), out = byId("exposure-readout");
    const show = (i) => readout(out, [["", moment(times[i], report.daily)], ["Gross", percent(gross[i])], ["Net", percent(net[i])]]);
    const { chart, range } = build("exposure", byId("exposure-chart"), { height: 170, cursor,
      axes: axes(colors, (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%", 52),
      scales: { y: { range: (u, low, high) => [Math.min(0, low ?? 0) * 1.08, Math.max(0.01, high ?? 0) * 1.08] } },
      series: [{}, line(colors.accent, 1, { fill: colors["accent-soft"], fillTo: 0 }), line(colors.muted, 1)],
      hooks: { setCursor: [(u) => show(at(u, times.length - 1))], setScale: [zoomed] } }, [times, gross, net]);
    if (range) chart.setScale("x", range);
    show(times.length - 1);
  }
  function draw() {
    const colors = theme();
    drawEquity(colors); drawDrawdown(colors); drawRolling(colors); drawExposure(colors);
  }
  const button = byId("log");
  const positive = equity.every((value) => value > 0) && other.every((value) => value > 0);
  button.disabled = !positive;
  if (!positive) button.title = "Equity fell to zero or below: it has no logarithm.";
  button.addEventListener("click", () => { log = !log; button.setAttribute("aria-pressed", String(log)); drawEquity(theme()); });
  draw();
  rebuilds.push(draw);
  rangeButtons(times);
}

function rangeButtons(times) {
  const last = times[times.length - 1], first = times[0], whole = last - first;
  const spans = [["All", 0], ["10 y", 3652.5 * DAY], ["5 y", 1826.25 * DAY], ["1 y", 365.25 * DAY], ["3 m", 91.3 * DAY],
    ["1 m", 30.4 * DAY], ["1 w", 7 * DAY], ["1 d", DAY]].filter(([, width]) => width === 0 || (width < whole * 0.7 && width > whole / 60)).slice(0, 5);
  choices(byId("ranges"), spans.map(([name]) => name), 0, (place) => {
    const width = spans[place][1];
    charts.equity.setScale("x", { min: width ? Math.max(last - width, first) : first, max: last });
  });
}
