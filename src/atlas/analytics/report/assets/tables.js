// Tables that sort by a click on a head and fold their middle: the best and the worst stay in sight.

const FOLD_ENDS = 10, FOLD_LEAST = 26;

function sortKey(cell) {
  const text = cell.textContent.trim(), number = Number(text.replace(/[,%]/g, "").replace("−", "-"));
  return text === "" || text === "—" ? NaN : Number.isNaN(number) ? text.toLowerCase() : number;
}

class SortedTable {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.rows = [...this.body.rows];
    this.unfolded = this.rows.length < FOLD_LEAST;
    this.heads = [...table.tHead.rows[0].cells];
    this.heads.forEach((head, place) => {
      if (!head.textContent) return;
      const button = element("button", head.textContent, "sort");
      if (head.title) button.title = head.title;
      button.addEventListener("click", () => this.sort(place));
      head.replaceChildren(button);
    });
    // As it came: by profit, the largest first.
    this.sorted = 1; this.descending = true;
    this.heads[1].setAttribute("aria-sort", "descending");
    if (!this.unfolded) {
      this.button = element("button");
      this.button.addEventListener("click", () => { this.unfolded = !this.unfolded; this.show(); });
      table.closest("section").querySelector(".tools").append(this.button);
    }
    this.show();
  }
  sort(place) {
    this.descending = this.sorted === place ? !this.descending : place > 0;
    this.sorted = place;
    const keys = new Map(this.rows.map((row) => [row, sortKey(row.cells[place])])), way = this.descending ? -1 : 1;
    const last = (value) => typeof value === "number" && Number.isNaN(value);
    this.rows.sort((a, b) => { const left = keys.get(a), right = keys.get(b); return last(left) || last(right) ? last(left) - last(right) : left < right ? -way : left > right ? way : 0; });
    this.heads.forEach((head, at) => { if (at === place) head.setAttribute("aria-sort", this.descending ? "descending" : "ascending"); else head.removeAttribute("aria-sort"); });
    this.show();
  }
  show() {
    if (this.unfolded) this.body.replaceChildren(...this.rows);
    else this.body.replaceChildren(...this.rows.slice(0, FOLD_ENDS), this.gap(), ...this.rows.slice(-FOLD_ENDS));
    this.table.parentElement.classList.toggle("tall", this.unfolded && this.rows.length >= FOLD_LEAST);
    if (this.button) { this.button.textContent = this.unfolded ? "Show the first and the last" : `Show all ${fixed(this.rows.length, 0)}`; this.button.setAttribute("aria-pressed", String(this.unfolded)); }
  }
  gap() {
    const hidden = this.rows.slice(FOLD_ENDS, -FOLD_ENDS), line = element("tr", undefined, "gap"), cell = element("td");
    const sum = hidden.reduce((total, row) => total + (sortKey(row.cells[1]) || 0), 0);
    cell.colSpan = this.heads.length;
    const button = element("button", `${fixed(hidden.length, 0)} more between them, ${money(sum)} together`, "link");
    button.addEventListener("click", () => { this.unfolded = true; this.show(); });
    cell.append(button);
    line.append(cell);
    return line;
  }
}

function logFilter() {
  const input = byId("log-filter");
  if (!input) return;
  const holder = byId("log-lines"), told = byId("log-count"), whole = told.textContent, lines = holder.textContent.split("\n");
  holder.scrollTop = holder.scrollHeight;
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = wanted.length ? lines.filter((line) => { const text = line.toLowerCase(); return wanted.every((word) => text.includes(word)); }) : lines;
    holder.textContent = found.join("\n");
    told.textContent = wanted.length ? `${fixed(found.length, 0)} of ${fixed(lines.length, 0)} shown` : whole;
  });
}
