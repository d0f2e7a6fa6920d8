// A table that sorts and filters. Of many rows a part stands in the page at a time; sorting and filtering know all.

const ROWS_AT_ONCE = 200;
const WHOLE = 60; // rows up to which a table has no scroll bar of its own for them
const SHORT = 26; // letters, up to which a cell has one line
const LONG = 32; // letters, from which on a cell has several lines

class TableView {
  // onrows is told which rows are shown, in their order, whenever that changes.
  constructor(table, { caption, filters = true, onrows = () => {} }) {
    this.table = table;
    this.onrows = onrows;
    this.wanted = { search: "", conditions: {}, reported: true };
    this.sort = null;
    this.limit = ROWS_AT_ONCE;
    this.body = el("tbody");
    this.count = el("span", { class: "count", role: "status" });
    this.more = el("div", { class: "more" });
    this.headings = new Map();
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.body.addEventListener("mouseover", (event) => this.pointedAt(event));
    this.body.addEventListener("mouseleave", hideTip);
    const head = el(
      "thead",
      {},
      el(
        "tr",
        {},
        this.heading("", table.subject, filters),
        ...table.shown.map((c) => this.heading(c.key, c.heading, filters)),
      ),
    );
    this.frame = el(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": caption },
      el("table", {}, head, this.body),
    );
    this.beyond = beyondElement(this.frame);
    this.element = el("div", {}, filters ? this.tools() : "", this.beyond, this.frame, this.more);
    this.update();
  }

  tools() {
    const changed = soon(() => this.changed(), 120);
    const search = el("input", {
      type: "search",
      placeholder: "words in any column",
      oninput: () => ((this.wanted.search = search.value), changed()),
    });
    const reported = tick(true, (yes) => ((this.wanted.reported = yes), this.changed()));
    const clear = el("button", { type: "button", onclick: () => this.cleared(search, reported) }, "Clear");
    return el(
      "div",
      { class: "tools" },
      labelled("Search", search, "search"),
      this.table.reported.includes(true) ? labelled("reported rows", reported, "tick") : "",
      clear,
      this.count,
    );
  }

  heading(key, words, filters) {
    const button = el("button", { type: "button", onclick: () => this.sortBy(key) }, words);
    const isNumber = Boolean(this.table.byKey.get(key)?.value);
    const heading = el("th", { scope: "col", "data-key": key, class: isNumber ? null : "words" }, button);
    this.headings.set(key, heading);
    if (filters) {
      const changed = soon(() => this.changed(), 120);
      const input = el("input", {
        type: "search",
        "aria-label": `Filter ${words}: words, or a condition such as >50 or 10..20`,
        placeholder: isNumber ? "> <" : "words",
        oninput: () => ((this.wanted.conditions[key] = input.value), changed()),
      });
      heading.append(input);
    }
    return heading;
  }

  sortBy(key) {
    const same = this.sort && this.sort.key === key;
    if (!same) this.sort = { key, descending: false };
    else if (!this.sort.descending) this.sort.descending = true;
    else this.sort = null;
    this.update();
  }

  cleared(search, reported) {
    this.wanted = { search: "", conditions: {}, reported: true };
    search.value = "";
    reported.checked = true;
    for (const input of this.element.querySelectorAll("thead input")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    this.sort = null;
    this.changed();
  }

  changed() {
    this.limit = ROWS_AT_ONCE;
    this.update();
  }

  update() {
    const wanted = wantedRows(this.table, this.wanted);
    this.rows = this.sort ? sortedRows(this.table, wanted, this.sort.key, this.sort.descending) : wanted;
    for (const [key, heading] of this.headings) {
      const mine = this.sort && this.sort.key === key;
      heading.setAttribute("aria-sort", mine ? (this.sort.descending ? "descending" : "ascending") : "none");
    }
    const of = this.rows.length === this.table.length ? "" : ` of ${this.table.length.toLocaleString("en")}`;
    this.count.textContent = `${this.complaints()}${this.rows.length.toLocaleString("en")}${of} ${this.table.length === 1 ? "row" : "rows"}`;
    this.body.replaceChildren(...this.rows.slice(0, this.limit).map((row) => this.line(row)));
    this.frame.classList.toggle("whole", this.rows.length <= WHOLE);
    this.offerMore();
    this.onrows(this.rows);
  }

  // Of conditions that say no number; they stay without effect until they do.
  complaints() {
    const said = Object.entries(this.wanted.conditions).map(([key, written]) => {
      const column = this.table.byKey.get(key);
      const words = column?.value ? misread(written) : "";
      this.headings.get(key).querySelector("input")?.setAttribute("aria-invalid", Boolean(words));
      return words && `${column.heading}: ${words}. `;
    });
    return said.join("");
  }

  offerMore() {
    const rest = this.rows.length - this.limit;
    const show = (number) => () => {
      const before = this.limit;
      this.limit += number;
      this.body.append(...this.rows.slice(before, this.limit).map((row) => this.line(row)));
      this.offerMore();
    };
    const next = Math.min(ROWS_AT_ONCE, rest);
    this.more.replaceChildren(
      ...(rest > 0 ? [el("button", { type: "button", onclick: show(next) }, `Show ${next} more`)] : []),
      ...(rest > next
        ? [el("button", { type: "button", onclick: show(rest) }, `Show all ${this.rows.length.toLocaleString("en")}`)]
        : []),
    );
  }

  line(row) {
    const { table } = this;
    const tag = table.reported[row] ? el("span", { class: "tag" }, " reported") : "";
    const long = [...table.names[row]].length > LONG ? "long" : null;
    const name = el("th", { scope: "row", class: long }, el("button", { type: "button" }, table.names[row]), tag);
    const line = el("tr", { "data-row": row, class: table.reported[row] ? "reported" : null }, name);
    for (const column of table.shown) line.append(this.cell(row, column));
    return line;
  }

  cell(row, column) {
    const text = column.text[row];
    const origin = this.table.origin(row, column.key);
    const kinds = [
      column.value ? "" : "words",
      text.length <= SHORT ? "short" : "",
      text.length > LONG ? "long" : "",
      origin === "reported" ? "reported" : "",
      origin === "missing" ? "missing" : "",
      text.startsWith("failed") ? "state-failed" : "",
    ];
    const place = this.table.place(row, column.key);
    return el(
      "td",
      { class: kinds.filter(Boolean).join(" ") || null, "data-key": column.key, "data-place": place },
      text || "–",
    );
  }

  clicked(event) {
    const line = event.target.closest("tr");
    if (!line || String(window.getSelection())) return; // somebody copies a figure
    openDetails(this.table, Number(line.dataset.row), event.target.closest("td")?.dataset.key);
  }

  pointedAt(event) {
    const cell = event.target.closest("td[data-place]");
    if (!cell) return hideTip();
    const row = Number(cell.closest("tr").dataset.row);
    const box = cell.getBoundingClientRect();
    return showTip(cellInLines(this.table, row, cell.dataset.key), box.left + box.width / 2, box.bottom);
  }
}
