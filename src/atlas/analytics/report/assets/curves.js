// Equity, drawdown, rolling Sharpe ratio and exposure share their times and their zoom.

const TIMED = ["equity", "drawdown", "rolling", "exposure"];

async function curveCharts() {
  const given = report.curves, bytes = await inflate(given.pack);
  const read = (name) => column(bytes, given[name]);
  const times = read("times"), equity = read("equity"), other = read("benchmark"), button = byId("log");
  if (!times.length) { byId("equity-readout").textContent = "No equity was recorded."; button.disabled = true; return; }
  const positive = equity.every((value) => value > 0) && other.every((value) => value > 0);
  // Growth by more than thirty times is a line along the axis otherwise.
  let moving = false, log = positive && span(equity, 0, equity.length)[1] > 30 * span(equity, 0, equity.length)[0];
  const zoomed = (u, key) => {
    if (key !== "x" || moving) return;
    moving = true;
    for (const name of TIMED) if (charts[name] && charts[name] !== u) charts[name].setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
    moving = false;
  };
  const cursor = { sync: { key: "time", setSeries: false }, y: false, drag: { x: true, y: false }, points: { size: 7 } };
  const at = (u, last) => u.cursor.idx === null || u.cursor.idx === undefined ? last : u.cursor.idx;
  const alone = times.length < 2;
  const line = (color, width, extra) => ({ stroke: color, width, points: { show: alone, size: 7, fill: color }, ...extra });
  // One point has no span of its own.
  const scale = alone ? { x: { range: () => [times[0] - DAY, times[0] + DAY] } } : {};
  const axisSize = () => isPhone() ? 48 : 62;

  function drawEquity(colors) {
    const out = byId("equity-readout"), initial = report.initialCash;
    const drawn = [times], series = [{}];
    // The run lies upon its benchmark.
    if (other.length) { drawn.push(withGaps(other)); series.push(line(colors.other, 1.2)); }
    drawn.push(equity); series.push(line(colors.accent, 1.7));
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
      scales: { ...scale, y: log ? logScale : {} }, axes: [x, log ? logAxis(y, compact) : y], series,
      hooks: { setCursor: [(u) => show(at(u, times.length - 1))], setScale: [zoomed], drawAxes: [start] } }, drawn);
    if (range) chart.setScale("x", range);
    show(times.length - 1);
  }
  function drawDrawdown(colors) {
    const drawn = [times], series = [{}], fallen = read("benchmarkDrawdown");
    if (fallen.length) { drawn.push(withGaps(fallen)); series.push(line(colors.other, 1, { alpha: 0.6 })); }
    drawn.push(read("drawdown")); series.push(line(colors.loss, 1.2, { fill: colors["loss-soft"], fillTo: 0 }));
    const { chart, range } = build("drawdown", byId("drawdown-chart"), { height: isPhone() ? 140 : 170, cursor,
      axes: axes(colors, (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%", axisSize()),
      scales: { ...scale, y: { range: (u, low) => [Math.min(low ?? 0, -0.001) * 1.08, 0] } }, series, hooks: { setScale: [zoomed] } }, drawn);
    if (range) chart.setScale("x", range);
  }
  function drawRolling(colors) {
    const holder = byId("rolling-chart"), out = byId("rolling-readout");
    if (!given.window) {
      const own = holder.parentElement;
      own.hidden = true;
      own.parentElement.classList.add("single");
      byId("rolling-missing").textContent = " The rolling Sharpe ratio needs 80 days.";
      return;
    }
    byId("rolling-name").textContent = "Rolling Sharpe ratio over " + given.window + " trading days";
    const days = read("rollingTimes"), own = read("rolling"), theirs = read("benchmarkRolling");
    const drawn = [days], series = [{}];
    if (theirs.length) { drawn.push(withGaps(theirs)); series.push(line(colors.other, 1)); }
    drawn.push(withGaps(own)); series.push(line(colors.accent, 1.4));
    const show = (i) => readout(out, [["", moment(days[i], true)], ["Sharpe", fixed(own[i], 2)], ...(theirs.length ? [["Benchmark", fixed(theirs[i], 2), "other"]] : [])]);
    const { chart, range } = build("rolling", holder, { height: 170, cursor, axes: axes(colors, (value, step) => fixed(value, stepDecimals(step)), 44), series,
      hooks: { setCursor: [(u) => show(at(u, days.length - 1))], setScale: [zoomed] } }, drawn);
    if (range) chart.setScale("x", range);
    show(days.length - 1);
  }
  function drawExposure(colors) {
    const gross = read("gross"), net = read("net"), out = byId("exposure-readout"), last = times.length - 1;
    const isLong = net.every((value, i) => !(Math.abs(value - gross[i]) > 1e-9)), stepped = uPlot.paths.stepped({ align: 1 });
    const show = (i) => readout(out, [["", moment(times[i], report.daily)], ["Gross", percent(gross[i])], ["Net", percent(net[i]), isLong ? "" : "other"]]);
    const isDense = (u) => (u.series[0].idxs[1] - u.series[0].idxs[0]) > 1.5 * u.bbox.width / devicePixelRatio;
    // Where points are many to a pixel a line would be a block of ink: the mean of each stretch instead.
    const mean = (u) => { if (isDense(u)) { paintMeans(u, times, gross, colors.accent, colors["accent-soft"]); if (!isLong) paintMeans(u, times, net, colors.other); } };
    const drawn = [times, withGaps(gross)], thin = (color) => (u) => isDense(u) ? "transparent" : color;
    const series = [{}, line(thin(colors.accent), 1, { fill: thin(colors["accent-soft"]), fillTo: 0, paths: stepped })];
    if (!isLong) { drawn.push(withGaps(net)); series.push(line(thin(colors.other), 1, { paths: stepped })); }
    const { chart, range } = build("exposure", byId("exposure-chart"), { height: 170, cursor,
      axes: axes(colors, (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%", 52),
      scales: { ...scale, y: { range: (u, low, high) => [Math.min(0, low ?? 0) * 1.08, Math.max(0.01, high ?? 0) * 1.08] } }, series,
      hooks: { setCursor: [(u) => show(at(u, last))], setScale: [zoomed], draw: [mean] } }, drawn);
    if (range) chart.setScale("x", range);
    show(last);
  }
  function draw() {
    const colors = theme();
    drawEquity(colors); drawDrawdown(colors); drawRolling(colors); drawExposure(colors);
  }
  button.disabled = !positive;
  button.setAttribute("aria-pressed", String(log));
  if (!positive) button.title = "Equity fell to zero or below: it has no logarithm.";
  button.addEventListener("click", () => { log = !log; button.setAttribute("aria-pressed", String(log)); drawEquity(theme()); });
  draw();
  rebuilds.push(draw);
  rangeButtons(times);
}

// The mean of every three pixels; each value holds until the next.
function paintMeans(u, times, values, color, fill) {
  const { ctx, bbox } = u, [from, to] = u.series[0].idxs, width = 3 * devicePixelRatio;
  ctx.save();
  ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
  ctx.strokeStyle = color; ctx.lineWidth = 1.2 * devicePixelRatio; ctx.lineJoin = "round";
  const points = [];
  for (let i = from; i < to;) {
    const x = u.valToPos(times[i], "x", true);
    let sum = 0, held = 0, end = i;
    while (end < to && u.valToPos(times[end], "x", true) < x + width) { const time = times[end + 1] - times[end]; if (Number.isFinite(values[end])) { sum += values[end] * time; held += time; } end++; }
    if (held > 0) points.push([x + width / 2, u.valToPos(sum / held, "y", true)]);
    i = Math.max(end, i + 1);
  }
  const zero = u.valToPos(0, "y", true), trace = () => { ctx.beginPath(); points.forEach(([x, y]) => ctx.lineTo(x, y)); };
  if (fill && points.length) { trace(); ctx.lineTo(points[points.length - 1][0], zero); ctx.lineTo(points[0][0], zero); ctx.fillStyle = fill; ctx.fill(); }
  trace();
  ctx.stroke();
  ctx.restore();
}

function rangeButtons(times) {
  const last = times[times.length - 1], first = times[0], whole = last - first;
  if (times.length < 2) return;
  const spans = [["All", 0], ["10 y", 3652.5 * DAY], ["5 y", 1826.25 * DAY], ["1 y", 365.25 * DAY], ["3 m", 91.3 * DAY],
    ["1 m", 30.4 * DAY], ["1 w", 7 * DAY], ["1 d", DAY]].filter(([, width]) => width === 0 || (width < whole * 0.7 && width > whole / 60)).slice(0, 5);
  choices(byId("ranges"), spans.map(([name]) => name), 0, (place) => {
    const width = spans[place][1];
    charts.equity.setScale("x", { min: width ? Math.max(last - width, first) : first, max: last });
  });
}
