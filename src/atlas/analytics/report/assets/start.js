// Starts the page: what is in sight first.

async function start() {
  themeButton();
  if (typeof DecompressionStream === "undefined") {
    const told = element("p", "Charts and the list of trades need a browser of 2023 or later. Every figure stands below.", "banner");
    document.querySelector("main").prepend(told);
    return;
  }
  document.querySelectorAll("nav a").forEach((link) => { if (!byId(link.getAttribute("href").slice(1))) link.hidden = true; });
  document.querySelectorAll("table.breakdown").forEach((table) => new SortedTable(table));
  logFilter();
  await curveCharts();
  const prices = report.prices.length ? new PriceChart() : null;
  if (prices) await prices.load(0);
  if (report.trades.count) {
    const list = new TradeList(await inflate(report.trades.pack)), first = report.trades.first;
    list.chosen = (row) => prices?.reveal(row + first, report.trades.symbols[list.data.symbol[row]]);
    if (prices) prices.chosen = (trade) => { if (trade >= first) { list.select(trade - first); byId("trade-details").scrollIntoView({ block: "nearest" }); } };
    new Scatter(list);
  }
  byId("symbols")?.addEventListener("click", (event) => {
    const number = event.target.closest("th button.link")?.closest("tr").dataset.number;
    const place = report.prices.findIndex((price) => String(price.number) === number);
    if (place >= 0) { prices.load(place); byId("prices").scrollIntoView(); }
  });
}
start().then(() => document.documentElement.classList.add("ready"));
