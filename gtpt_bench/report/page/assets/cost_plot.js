// Any number of the table against any other: measured points are filled circles, reported ones hollow diamonds.

const KINDS = [
  { name: "measured", symbol: "circle", colour: "measured" },
  { name: "reported", symbol: "diamond-open", colour: "reported" },
  { name: "one measured, one reported", symbol: "square-open", colour: "reported" },
];

const CROWD = 400; // points, from which on they are small, without names, and without error bars unless asked for

// Rows as a paper calls them where exactly one row is published under that name.
function publishedNames(table) {
  const published = table.names.map((_, row) =>
    table.has("method") && table.origin(row, "method") === "reported" ? table.text(row, "method") : "",
  );
  return table.names.map((name, row) => {
    const own = published[row];
    return own && published.filter((other) => other === own).length === 1 ? own : name;
  });
}

class CostPlot {
  constructor(table, axes) {
    this.table = table;
    this.axes = new Map(axes.columns.map((column) => [column.key, column]));
    this.chosen = { x: axes.x, y: axes.y, bars: this.firstBars(), log: false, front: true, names: true };
    this.rows = [...table.names.keys()];
    this.names = publishedNames(table);
    this.chart = new Chart("Plot of two columns of the table", (width) => this.drawing(width));
    this.tools = el("div", { class: "tools" });
    this.element = el("div", {}, this.tools, this.chart.element);
    this.offer();
  }

  offer() {
    const options = [...this.axes.values()].map(({ key, label }) => [key, label]);
    const bars = this.axes.get(this.chosen.y).bars.map((bar, place) => [String(place), bar.label]);
    const set =
      (name, again = false) =>
      (value) => {
        this.chosen[name] = value;
        if (again) {
          this.chosen.bars = this.firstBars();
          this.offer();
        }
        this.chart.draw();
      };
    this.tools.replaceChildren(
      labelled("Across", choice(options, this.chosen.x, set("x"))),
      labelled("Up", choice(options, this.chosen.y, set("y", true))),
      labelled(
        "Error bars",
        choice([...bars, ["-1", "none"]], bars.length ? String(this.chosen.bars) : "-1", (value) =>
          set("bars")(Number(value)),
        ),
      ),
      labelled("logarithmic across", tick(this.chosen.log, set("log")), "tick"),
      labelled("Pareto front", tick(this.chosen.front, set("front")), "tick"),
      labelled("names", tick(this.chosen.names, set("names")), "tick"),
    );
  }

  firstBars() {
    return this.table.length > CROWD ? -1 : 0;
  }

  only(rows) {
    this.rows = rows;
  }

  drawing(width) {
    const { x, y } = this.chosen;
    const points = this.rows
      .map((row) => ({ row, x: this.table.value(row, x), y: this.table.value(row, y), name: this.names[row] }))
      .filter((point) => point.x != null && point.y != null && (!this.chosen.log || point.x > 0));
    if (!points.length) return null;
    for (const point of points) Object.assign(point, { kind: this.kindOf(point.row), bar: this.barOf(point.row) });
    const height = width < 600 ? 380 : 500;
    const ranges = [this.range(points, "x"), this.range(points, "y")];
    this.name(points, ranges, width - 88, height - 92);
    const traces = [...this.frontTraces(points), ...KINDS.map((kind, place) => this.trace(points, kind, place))];
    const layout = {
      height,
      xaxis: axis(this.axes.get(x).label, { type: this.chosen.log ? "log" : "linear", range: ranges[0] }),
      yaxis: axis(this.axes.get(y).label, { range: ranges[1] }),
    };
    const known = traces.flatMap((trace, number) =>
      (trace.customdata ?? []).map((place, index) => ({ trace: number, index, place })),
    );
    const places = known.sort((a, b) => a.place - b.place);
    return {
      traces,
      layout,
      points: points.map((point, place) => ({
        ...places[place],
        order: point.x,
        lines: () => this.lines(point),
        open: () => openDetails(this.table, point.row),
      })),
    };
  }

  kindOf(row) {
    const origins = [this.chosen.x, this.chosen.y].map((key) => this.table.origin(row, key));
    const reported = origins.filter((origin) => origin === "reported").length;
    if (reported === 0) return 0;
    return reported === 2 || origins.includes("configured") ? 1 : 2;
  }

  // Such as `across measured, up reported`, where that is so of all.
  mixedInWords(points) {
    const said = points.map(({ row }) => {
      const [across, up] = [this.chosen.x, this.chosen.y].map((key) => this.table.origin(row, key));
      return `across ${across}, up ${up}`;
    });
    return said.every((words) => words === said[0]) ? said[0] : KINDS[2].name;
  }

  // Lengths below and above a point, or null.
  barOf(row) {
    const bar = this.axes.get(this.chosen.y).bars[this.chosen.bars];
    if (!bar) return null;
    const value = this.table.value(row, this.chosen.y);
    const around = bar.around && this.table.value(row, bar.around);
    if (bar.around) return around == null ? null : [around, around];
    const [low, high] = [this.table.value(row, bar.low), this.table.value(row, bar.high)];
    return low == null || high == null ? null : [value - low, high - value];
  }

  range(points, side) {
    const log = side === "x" && this.chosen.log;
    const scale = log ? Math.log10 : (value) => value;
    const ends = points
      .flatMap((p) => (side === "y" && p.bar ? [p.y - p.bar[0], p.y + p.bar[1]] : [p[side]]))
      .map(scale);
    const low = ends.reduce((a, b) => Math.min(a, b));
    const high = ends.reduce((a, b) => Math.max(a, b));
    const room = (high - low || Math.abs(high) || 1) * 0.09;
    return [low - room, high + room];
  }

  name(points, [across, up], width, height) {
    const scale = this.chosen.log ? Math.log10 : (value) => value;
    const pixels = points.map((p) => ({
      x: ((scale(p.x) - across[0]) / (across[1] - across[0])) * width,
      y: (1 - (p.y - up[0]) / (up[1] - up[0])) * height,
      bar: p.bar ? (Math.max(...p.bar) / (up[1] - up[0])) * height : 0,
      name: p.name,
    }));
    const placed = this.chosen.names && points.length <= CROWD ? placedNames(pixels, width, height) : [];
    points.forEach((point, place) =>
      Object.assign(point, { label: placed[place] ?? { text: "", side: "top center" } }),
    );
  }

  trace(points, kind, number) {
    const own = points.flatMap((point, place) => (point.kind === number ? [{ ...point, place }] : []));
    const ink = colour(kind.colour);
    return {
      type: "scatter",
      mode: "markers+text",
      name: number === 2 && own.length ? this.mixedInWords(own) : kind.name,
      visible: own.length > 0,
      x: own.map((p) => p.x),
      y: own.map((p) => p.y),
      customdata: own.map((p) => p.place),
      text: own.map((p) => asPlotlyText(p.label.text)),
      textposition: own.map((p) => p.label.side),
      textfont: { size: 12, color: colour("ink") },
      hoverinfo: "none",
      cliponaxis: false,
      marker: {
        symbol: kind.symbol,
        color: ink,
        size: points.length > CROWD ? 5 : 9,
        line: { width: number ? 2 : 1, color: number ? ink : colour("paper") },
      },
      error_y: {
        type: "data",
        symmetric: false,
        array: own.map((p) => p.bar?.[1] ?? 0),
        arrayminus: own.map((p) => p.bar?.[0] ?? 0),
        color: faint("ink", 0.45),
        thickness: 1,
        width: 3,
        visible: own.some((p) => p.bar),
      },
    };
  }

  // A line through points of the study's own that no other one beats in both, where the better end of both is known.
  frontTraces(points) {
    const [x, y] = [this.axes.get(this.chosen.x), this.axes.get(this.chosen.y)];
    const own = points.filter((point) => point.kind !== 1);
    if (!this.chosen.front || !x.better || !y.better || x === y || own.length < 3) return [];
    const [cost, gain] = [x.better === "less" ? 1 : -1, y.better === "more" ? 1 : -1];
    const front = [];
    for (const point of [...own].sort((a, b) => cost * (a.x - b.x) || gain * (b.y - a.y))) {
      if (!front.length || gain * (point.y - front.at(-1).y) > 0) front.push(point);
    }
    return [
      {
        type: "scatter",
        mode: "lines",
        name: "Pareto front",
        x: front.map((p) => p.x),
        y: front.map((p) => p.y),
        hoverinfo: "skip",
        line: { color: faint("measured", 0.55), width: 1.5, dash: "dot", shape: cost > 0 ? "hv" : "vh" },
      },
    ];
  }

  lines(point) {
    const { x, y } = this.chosen;
    const cell = (key) => `${this.table.byKey.get(key).heading}: ${this.table.text(point.row, key)}`;
    const bar =
      point.bar &&
      `${this.axes.get(y).bars[this.chosen.bars].label}: ${(point.y - point.bar[0]).toPrecision(4)} to ${(point.y + point.bar[1]).toPrecision(4)}`;
    const places = [...new Set([x, y].map((key) => this.table.place(point.row, key)).filter((place) => place != null))];
    return [
      ["name", point.name],
      cell(x),
      cell(y),
      ...(bar ? [bar] : []),
      ["from", KINDS[point.kind].name],
      ...places.flatMap((place) => placeInLines(place, 3).map((line) => ["from", line])),
    ];
  }
}
