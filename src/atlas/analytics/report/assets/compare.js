// Curves of several runs upon each other.

const HEIGHTS = { growth: 340, drawdown: 190 };

async function compare() {
  themeButton();
  const bytes = await inflate(report.pack), times = column(bytes, report.times), out = byId("growth-readout");
  const growth = report.growth.map((place) => column(bytes, place)), fallen = report.drawdown.map((place) => column(bytes, place));
  const hidden = new Set();
  let log = false, moving = false;
  if (!times.length) { out.textContent = "No equity was recorded."; return; }
  const color = (colors, place) => place ? colors.lines[place % 6] : colors.accent;
  const show = (i) => readout(out, [["", moment(times[i], report.daily)], ...report.labels.map((label, place) => [label, percent(growth[place][i] - 1), growth[place][i] < 1 ? "loss" : "gain"])]);
  const zoomed = (u, key) => {
    if (key !== "x" || moving) return;
    moving = true;
    for (const name of ["growth", "drawdown"]) if (charts[name] && charts[name] !== u) charts[name].setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
    moving = false;
  };
  const cursor = { sync: { key: "time", setSeries: false }, y: false, drag: { x: true, y: false }, points: { size: 7 } };
  const known = (values) => Array.from(values, (value) => Number.isFinite(value) ? value : null);
  const last = growth.reduce((most, values) => { for (let i = values.length - 1; i > most; i--) if (Number.isFinite(values[i])) return i; return most; }, 0);
  function draw() {
    const colors = theme(), size = isPhone() ? 54 : 66;
    const lines = report.labels.map((label, place) => ({ label, show: !hidden.has(place), stroke: color(colors, place), width: 1.6, points: { show: false } }));
    const words = (value, step) => fixed(value * 100, stepDecimals(step * 100)) + "%";
    const growing = (value, step) => words(value - 1, step);
    const [x, y] = axes(colors, growing, size, { values: (u, splits) => splits.map(() => ""), size: 6 });
    const made = [build("growth", byId("growth-chart"), { height: isPhone() ? 240 : HEIGHTS.growth, cursor, scales: { y: log ? logScale : {} },
      axes: [x, log ? logAxis(y, growing) : y], series: [{}, ...lines],
      hooks: { setCursor: [(u) => show(u.cursor.idx ?? last)], setScale: [zoomed] } }, [times, ...growth.map(known)]),
    build("drawdown", byId("drawdown-chart"), { height: isPhone() ? 150 : HEIGHTS.drawdown, cursor, axes: axes(colors, words, size),
      scales: { y: { range: (u, low) => [Math.min(low ?? 0, -0.001) * 1.08, 0] } }, series: [{}, ...lines.map((line) => ({ ...line, width: 1.1 }))],
      hooks: { setScale: [zoomed] } }, [times, ...fallen.map(known)])];
    for (const { chart, range } of made) if (range) chart.setScale("x", range);
    show(last);
  }
  function legend() {
    byId("legend").replaceChildren(...report.labels.map((label, place) => {
      const button = element("button", label, "swatch");
      button.style.setProperty("--swatch", place ? `var(--line-${place % 6 + 1})` : "var(--accent)");
      button.setAttribute("aria-pressed", String(!hidden.has(place)));
      button.addEventListener("click", () => { if (hidden.has(place)) hidden.delete(place); else hidden.add(place); legend(); draw(); });
      return button;
    }));
  }
  const button = byId("log");
  button.disabled = !growth.every((values) => values.every((value) => !(value <= 0)));
  button.addEventListener("click", () => { log = !log; button.setAttribute("aria-pressed", String(log)); delete charts.growth; byId("growth-chart").replaceChildren(); draw(); });
  legend();
  draw();
  rebuilds.push(draw);
}
compare().then(() => document.documentElement.classList.add("ready"));
