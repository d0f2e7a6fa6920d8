// Training epoch by epoch: the mean over seeds of each variant chosen, and a band from the lowest seed to the highest.

const FIRST_CURVES = 6;
const MOST_CHOICES = 80;

class CurvePlot {
  constructor(curves) {
    this.curves = curves;
    this.key = Object.keys(curves.quantities).find((key) => this.has(key));
    this.log = false;
    this.chosen = new Set(curves.variants.slice(0, FIRST_CURVES).map((variant) => variant.name));
    this.chart = new Chart("Training curves", (width) => this.drawing(width));
    const quantities = Object.entries(curves.quantities).filter(([key]) => this.has(key));
    const tools = el(
      "div",
      { class: "tools" },
      labelled(
        "Of each epoch",
        choice(quantities, this.key, (key) => ((this.key = key), this.chart.draw())),
      ),
      labelled(
        "logarithmic up",
        tick(this.log, (yes) => ((this.log = yes), this.chart.draw())),
        "tick",
      ),
    );
    this.element = el("div", {}, tools, this.choices(), this.chart.element, el("p", { class: "hint" }, this.hint()));
  }

  has(key) {
    return this.curves.variants.some((variant) => variant.seeds.some((seed) => key in seed.figures));
  }

  hint() {
    const left = this.curves.left_out + Math.max(0, this.curves.variants.length - MOST_CHOICES);
    const band = "Lines: mean over seeds; bands: from the lowest seed to the highest.";
    return left
      ? `${band} ${numbered(left, "further variant")} not offered here; history.jsonl of each run has its curve.`
      : band;
  }

  choices() {
    const boxes = this.curves.variants.slice(0, MOST_CHOICES).map(({ name }) =>
      labelled(
        name,
        tick(this.chosen.has(name), (yes) => {
          if (yes) this.chosen.add(name);
          else this.chosen.delete(name);
          this.chart.draw();
        }),
        "tick",
      ),
    );
    return el("fieldset", { class: "choices" }, el("legend", {}, "Variants"), ...boxes);
  }

  drawing(width) {
    const shown = this.curves.variants
      .filter(({ name }) => this.chosen.has(name))
      .map((variant, place) => ({ variant, place, ...this.overSeeds(variant) }))
      .filter(({ epochs }) => epochs.length);
    if (!shown.length) return null;
    const traces = [];
    const points = [];
    const last = Math.max(...shown.map(({ epochs }) => epochs.at(-1)));
    for (const curve of shown) {
      if (curve.variant.seeds.length > 1) traces.push(this.band(curve));
      traces.push(this.line(curve, points, traces.length));
    }
    return {
      traces,
      points,
      layout: {
        height: width < 600 ? 360 : width === PRINTED_PX ? 320 : 420,
        xaxis: axis("epoch", { tick0: 0, dtick: evenStep(last) }),
        yaxis: axis(this.curves.quantities[this.key], { type: this.log ? "log" : "linear" }),
      },
    };
  }

  overSeeds(variant) {
    const byEpoch = new Map();
    for (const { epochs, figures } of variant.seeds) {
      (figures[this.key] ?? []).forEach((value, place) => {
        if (value != null) byEpoch.set(epochs[place], [...(byEpoch.get(epochs[place]) ?? []), value]);
      });
    }
    const epochs = [...byEpoch.keys()].sort((a, b) => a - b);
    const values = epochs.map((epoch) => byEpoch.get(epoch));
    return { epochs, values, mean: values.map((own) => own.reduce((a, b) => a + b) / own.length) };
  }

  band({ epochs, values, place }) {
    const low = values.map((own) => Math.min(...own));
    const high = values.map((own) => Math.max(...own));
    return {
      type: "scatter",
      mode: "lines",
      x: [...epochs, ...[...epochs].reverse()],
      y: [...high, ...low.reverse()],
      fill: "toself",
      fillcolor: `${PALETTE[place % PALETTE.length]}2e`,
      line: { width: 0 },
      hoverinfo: "skip",
      showlegend: false,
    };
  }

  line({ variant, place, epochs, mean, values }, points, trace) {
    const first = points.length;
    epochs.forEach((epoch, index) =>
      points.push({
        trace,
        index,
        order: first + index,
        lines: () => this.lines(variant, epoch, mean[index], values[index]),
        open: () => {},
      }),
    );
    return {
      type: "scatter",
      mode: epochs.length > 60 ? "lines" : "lines+markers",
      name: asPlotlyText(shortened(variant.name, 28)),
      x: epochs,
      y: mean,
      customdata: epochs.map((_, index) => first + index),
      hoverinfo: "none",
      marker: { size: 5 },
      line: { color: PALETTE[place % PALETTE.length], dash: DASHES[place % DASHES.length], width: 2 },
    };
  }

  lines(variant, epoch, mean, values) {
    const seeds = variant.seeds.map(({ seed }) => seed).join(", ");
    const range =
      values.length > 1
        ? [`lowest ${Math.min(...values).toPrecision(4)}, highest ${Math.max(...values).toPrecision(4)}`]
        : [];
    return [
      ["name", variant.name],
      `epoch ${epoch}`,
      `${this.curves.quantities[this.key]}: ${mean.toPrecision(4)}`,
      ...range,
      ["from", `seeds ${seeds}`],
      ...variant.seeds.slice(0, 4).map(({ file }) => ["from", file]),
    ];
  }
}

// Between marks of an axis of whole numbers, so that there are a dozen at most.
function evenStep(last) {
  return [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((step) => last / step <= 12) ?? 1000;
}
