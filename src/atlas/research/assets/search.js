"use strict";
(function () {
  const data = JSON.parse(document.getElementById("search-data").textContent);
  const byId = (id) => document.getElementById(id);
  const state = { ...data.shown };
  const MOST_ROWS = 500;
  const figures = Object.fromEntries(data.figures.map((figure) => [figure.key, figure]));
  const count = data.errors.length;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function format(value, style) {
    if (value === null || value === undefined) return "—";
    const decimals = style === "count" ? 0 : style === "days" ? 1 : 2;
    const shown = style === "percent" ? value * 100 : value;
    const text = shown.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return text.replace("-", "−") + (style === "percent" ? "%" : "");
  }
  function combine(values) {
    if (!values.length) return null;
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    if (state.how === "mean") return values.reduce((sum, value) => sum + value, 0) / values.length;
    if (state.how === "median") return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return (state.how === "best") === data.highest ? sorted[sorted.length - 1] : sorted[0];
  }
  function cellsOf() {
    const cells = new Map();
    const x = data.places[state.x], y = state.y ? data.places[state.y] : null;
    for (let i = 0; i < count; i++) {
      if (Object.entries(data.fixed).some(([name, place]) => data.places[name][i] !== place)) continue;
      const key = (y ? y[i] : 0) + ":" + x[i];
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(i);
    }
    return cells;
  }
  function describe(points) {
    if (!points) return "Nothing was tried here.";
    const first = points[0];
    const parts = Object.keys(data.parameters).map((name) => name + "=" + data.parameters[name][data.places[name][first]]);
    const more = points.length > 1 ? " and " + (points.length - 1) + " more" : "";
    if (data.errors[first]) return parts.join(", ") + more + ": " + data.errors[first];
    const shown = data.figures.slice(0, 9).map((figure) => figure.label + " " + format(data.columns[figure.key][first], figure.style));
    return parts.join(", ") + more + " · " + shown.join(" · ");
  }
  function drawMap() {
    const figure = figures[state.figure], column = data.columns[state.figure];
    const cells = cellsOf(), values = new Map();
    for (const [key, points] of cells) {
      const value = combine(points.map((i) => column[i]).filter((value) => value !== null));
      if (value !== null) values.set(key, value);
    }
    const all = [...values.values()], low = Math.min(...all), high = Math.max(...all);
    const signed = low < 0 && high > 0, size = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const best = data.highest ? high : low;
    const table = element("table", undefined, "heat"), head = element("tr");
    head.append(element("th", state.y ? state.y + " \\ " + state.x : state.x));
    for (const label of data.parameters[state.x]) head.append(element("th", label));
    table.append(head);
    const rows = state.y ? data.parameters[state.y] : [""];
    rows.forEach((label, row) => {
      const line = element("tr");
      line.append(element("th", label));
      data.parameters[state.x].forEach((_, place) => {
        const key = row + ":" + place, value = values.has(key) ? values.get(key) : null;
        const cell = element("td", format(value, figure.style));
        if (value !== null) {
          const heat = signed ? Math.abs(value) / size : high > low ? (value - low) / (high - low) : 0.5;
          cell.className = (signed ? value >= 0 : high > 0) ? "up" : "down";
          cell.style.setProperty("--heat", (0.06 + 0.6 * (signed || high > 0 ? heat : 1 - heat)).toFixed(3));
          if (value === best) cell.classList.add("best");
        }
        const tell = () => { byId("readout").textContent = describe(cells.get(key)); };
        cell.tabIndex = 0;
        cell.addEventListener("mouseenter", tell);
        cell.addEventListener("focus", tell);
        line.append(cell);
      });
      table.append(line);
    });
    byId("map").replaceChildren(table);
    byId("map-title").textContent = figure.label;
  }
  function choice(label, key, options, names) {
    const box = element("label", label + " ", "choice"), select = element("select");
    for (const option of options) {
      const made = element("option", names ? names(option) : option);
      made.value = option;
      made.selected = option === state[key];
      select.append(made);
    }
    select.addEventListener("change", () => {
      const before = state[key];
      state[key] = select.value;
      if (state.x === state.y) state[key === "x" ? "y" : "x"] = before;
      draw();
    });
    box.append(select);
    return box;
  }
  function drawChoices() {
    const names = data.varied, made = [];
    if (names.length > 1) made.push(choice("across", "x", names), choice("down", "y", names));
    made.push(choice("figure", "figure", data.figures.map((figure) => figure.key), (key) => figures[key].label));
    if (names.length > 2) made.push(choice("of several, the", "how", data.ways));
    byId("choices").replaceChildren(...made);
  }
  function drawPoints() {
    const table = element("table"), head = element("tr"), body = element("tbody");
    const names = Object.keys(data.parameters);
    for (const name of names) head.append(element("th", name));
    for (const figure of data.figures) head.append(element("th", figure.label));
    const failed = data.errors.some((error) => error);
    if (failed) head.append(element("th", "Error", "text"));
    for (let i = 0; i < Math.min(count, MOST_ROWS); i++) {
      const line = element("tr");
      for (const name of names) line.append(element("td", data.parameters[name][data.places[name][i]]));
      for (const figure of data.figures) line.append(element("td", format(data.columns[figure.key][i], figure.style)));
      if (failed) line.append(element("td", data.errors[i], "text"));
      body.append(line);
    }
    table.append(head, body);
    byId("points").replaceChildren(table);
    const hidden = count + data.left_out - Math.min(count, MOST_ROWS);
    byId("points-note").textContent = hidden > 0 ? hidden.toLocaleString("en-US") + " further points are in the table of the result." : "";
  }
  function draw() { drawChoices(); drawMap(); }
  draw();
  drawPoints();
})();
