// What each variant changes against the one it is compared with, with its interval; hollow where it may be chance.

const MOST_EFFECTS = 60;

class EffectPlot {
  constructor(table, quantities) {
    this.table = table;
    this.headings = Object.fromEntries(Object.entries(quantities).filter(([key]) => table.has(key)));
    this.key = Object.keys(this.headings)[0];
    this.rows = [...table.names.keys()];
    this.chart = new Chart("Effects of the variants", (width) => this.drawing(width));
    this.note = el("p", { class: "hint" });
    const tools = el(
      "div",
      { class: "tools" },
      labelled(
        "Change of",
        choice(Object.entries(this.headings), this.key, (key) => ((this.key = key), this.chart.draw())),
      ),
    );
    this.element = el("div", {}, tools, this.chart.element, this.note);
  }

  // Only variants of these names, as far as they are compared with another.
  only(names) {
    const wanted = new Set(names);
    this.rows = [...this.table.names.keys()].filter((row) => wanted.has(this.table.names[row]));
  }

  drawing(width) {
    const { key, table } = this;
    const known = this.rows.filter((row) => table.value(row, key) != null);
    if (!known.length) return null;
    const rows = known.slice(0, MOST_EFFECTS);
    const left = known.length - rows.length;
    this.note.textContent = `Points to the right are higher than what they are compared with.${left ? ` The first ${rows.length} of ${known.length}; filter the table to see others.` : ""}`;
    const points = rows.map((row, place) => ({ row, y: rows.length - place, ...this.ends(row) }));
    const most = width < 600 ? 16 : 34;
    const kinds = [
      {
        name: "distinguishable or exact",
        symbol: "circle",
        ink: "measured",
        is: (p) => !table.reported[p.row] && !p.unsure,
      },
      {
        name: "not distinguishable",
        symbol: "circle-open",
        ink: "measured",
        is: (p) => !table.reported[p.row] && p.unsure,
      },
      { name: "reported", symbol: "diamond-open", ink: "reported", is: (p) => table.reported[p.row] },
    ];
    const traces = kinds.map((kind) => this.trace(points, kind));
    return {
      traces,
      layout: {
        height: 110 + 28 * rows.length,
        margin: { l: 8, r: 24, t: 36, b: 56 },
        xaxis: axis(`change of ${this.headings[key]}`, {
          zeroline: true,
          zerolinecolor: colour("quiet"),
          zerolinewidth: 1.5,
        }),
        yaxis: axis("", {
          tickvals: points.map((p) => p.y),
          ticktext: points.map((p) => asPlotlyText(shortened(table.names[p.row], most))),
          range: [0.4, rows.length + 0.6],
          automargin: true,
          ticks: "",
          fixedrange: true,
        }),
      },
      points: points.map((point, place) => {
        const trace = kinds.findIndex((kind) => kind.is(point));
        return {
          trace,
          index: traces[trace].customdata.indexOf(place),
          order: place,
          lines: () => this.lines(point),
          open: () => openDetails(table, point.row, key),
        };
      }),
    };
  }

  ends(row) {
    const value = this.table.value(row, this.key);
    const [low, high] = [this.table.value(row, `${this.key}_low`), this.table.value(row, `${this.key}_high`)];
    return { value, low, high, unsure: this.table.text(row, `${this.key}_told`) === "not distinguishable" };
  }

  trace(points, kind) {
    const own = points.flatMap((point, place) => (kind.is(point) ? [{ ...point, place }] : []));
    const ink = colour(kind.ink);
    return {
      type: "scatter",
      mode: "markers",
      name: kind.name,
      visible: own.length > 0,
      x: own.map((p) => p.value),
      y: own.map((p) => p.y),
      customdata: own.map((p) => p.place),
      hoverinfo: "none",
      marker: { symbol: kind.symbol, size: 10, color: ink, line: { width: 2, color: ink } },
      error_x: {
        type: "data",
        symmetric: false,
        array: own.map((p) => (p.high == null ? 0 : p.high - p.value)),
        arrayminus: own.map((p) => (p.low == null ? 0 : p.value - p.low)),
        color: ink,
        thickness: 1.5,
        width: 4,
        visible: own.some((p) => p.high != null),
      },
    };
  }

  lines(point) {
    const { table, key } = this;
    const interval = point.low == null ? [] : [`95 % interval: ${point.low.toFixed(2)} to ${point.high.toFixed(2)}`];
    const place = table.place(point.row, key);
    return [
      ["name", table.names[point.row]],
      `change of ${this.headings[key]}: ${table.text(point.row, key)}`,
      `compared with ${table.text(point.row, "compared_with") || "–"}`,
      ...interval,
      ...[table.text(point.row, `${key}_told`)].filter(Boolean),
      ["from", table.reported[point.row] ? "reported" : "measured"],
      ...(place == null ? [] : placeInLines(place).map((line) => ["from", line])),
    ];
  }
}
