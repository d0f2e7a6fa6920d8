// One Plotly chart with what all charts here share: theme, pointer, keyboard, paper.

const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5fb5", "#8a8a8a"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"];
const PRINTED_PX = 960;
// Buttons are named, so that none of Plotly's that would send data to a server is among them.
const CONFIG = {
  displaylogo: false,
  responsive: true,
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  plotlyServerURL: "",
};

const charts = [];

class Chart {
  // `drawing(width)` gives { traces, layout, points }; a point is { trace, index, lines(), open(), order }, and the
  // traces name it in customdata by its place among the points. null where there is nothing to draw.
  constructor(label, drawing) {
    this.drawing = drawing;
    this.points = [];
    this.current = -1;
    this.area = el("div", { class: "drawing" });
    this.ring = el("div", { class: "ring", hidden: true });
    this.waiting = el("div", { class: "waiting" }, "Charts are being unpacked …");
    this.element = el(
      "div",
      {
        class: "chart",
        tabindex: "0",
        role: "group",
        "aria-label": `${label}. Arrow keys go from point to point, Enter opens one.`,
      },
      this.waiting,
      this.area,
      this.ring,
    );
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("blur", () => this.left());
    this.element.addEventListener("mouseleave", hideTip);
    charts.push(this);
  }

  async draw(width = null) {
    const plotly = await library;
    const drawn = this.drawing(width ?? this.element.clientWidth);
    this.waiting.hidden = drawn != null;
    this.area.hidden = drawn == null;
    if (drawn == null) {
      this.waiting.textContent = "Nothing to draw: no row that is shown has both numbers.";
      return;
    }
    this.points = drawn.points;
    this.ring.hidden = true;
    this.current = -1;
    this.ordered = [...drawn.points.keys()].sort((a, b) => drawn.points[a].order - drawn.points[b].order);
    const layout = { ...frame(), ...drawn.layout, ...(width ? { width, autosize: false } : { autosize: true }) };
    await plotly.react(this.area, drawn.traces, layout, CONFIG);
    if (!this.listens) this.listen();
  }

  listen() {
    this.listens = true;
    this.area.on("plotly_hover", (event) => {
      const point = this.points[event.points[0].customdata];
      const box = event.points[0].bbox;
      const own = this.area.getBoundingClientRect();
      if (point && box) showTip(point.lines(), own.left + box.x1, own.top + box.y1);
    });
    this.area.on("plotly_unhover", hideTip);
    this.area.on("plotly_click", (event) => this.points[event.points[0].customdata]?.open());
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && this.current >= 0) this.points[this.ordered[this.current]]?.open();
    if (event.key === "Escape") this.left();
    if (!step || !this.points.length || !window.Plotly) return;
    event.preventDefault();
    this.current = (this.current + step + this.ordered.length) % this.ordered.length;
    this.goTo(this.points[this.ordered[this.current]]);
  }

  // A ring around a point, and its tip: Plotly's own way of pointing at one tells nobody that it did.
  goTo(point) {
    const { xaxis, yaxis } = this.area._fullLayout;
    const trace = this.area.data[point.trace];
    const x = xaxis._offset + xaxis.d2p(trace.x[point.index]);
    const y = yaxis._offset + yaxis.d2p(trace.y[point.index]);
    const own = this.area.getBoundingClientRect();
    this.ring.hidden = false;
    this.ring.style.left = `${own.left - this.element.getBoundingClientRect().left + x}px`;
    this.ring.style.top = `${own.top - this.element.getBoundingClientRect().top + y}px`;
    showTip(point.lines(), own.left + x, own.top + y);
  }

  left() {
    this.ring.hidden = true;
    hideTip();
  }
}

function frame() {
  const ink = colour("ink");
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
    margin: { l: 64, r: 24, t: 36, b: 56 },
    hovermode: "closest",
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 13 } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("quiet"), activecolor: colour("measured") },
    showlegend: true,
    dragmode: "zoom",
  };
}

function axis(title, more = {}) {
  return {
    title: { text: asPlotlyText(title), standoff: 10 },
    gridcolor: colour("grid"),
    linecolor: colour("line"),
    zeroline: false,
    exponentformat: "none",
    separatethousands: true,
    showline: true,
    ticks: "outside",
    automargin: true,
    tickcolor: colour("line"),
    ...more,
  };
}

async function drawAll(width = null) {
  for (const chart of charts) {
    await chart.draw(width);
    await atRest(); // clicks and keys come in between
  }
}

themeListeners.push(() => drawAll());
window.addEventListener("beforeprint", () => {
  document.documentElement.style.colorScheme = "light";
  for (const chart of charts) chart.draw(PRINTED_PX);
});
window.addEventListener("afterprint", () => {
  document.documentElement.style.colorScheme = "";
  drawAll();
});
