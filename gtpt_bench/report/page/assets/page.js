// Puts the page together: tables at once, charts as soon as their library is unpacked.

const costPlot = study.axes ? new CostPlot(tables.results, study.axes) : null;
const effectPlot = tables.effects ? new EffectPlot(tables.effects, study.effects) : null;
const curvePlot = study.curves ? new CurvePlot(study.curves) : null;

let drawn = false;
const redrawn = soon(() => [costPlot, effectPlot].forEach((plot) => plot?.chart.draw()), 60);

// Plots show the rows that the table shows.
const results = new TableView(tables.results, {
  caption: "Results",
  onrows: (rows) => {
    costPlot?.only(rows);
    effectPlot?.only(rows.map((row) => tables.results.names[row]));
    if (drawn) redrawn();
  },
});

const HOW_TO_READ =
  "Click a heading to sort, type below it to filter; a name opens all figures with the files they come from. " +
  "Italics in orange are reported by others, not measured here.";

const sections = [
  section(
    "results",
    "Results",
    el("p", { class: "hint" }, HOW_TO_READ),
    results.element,
    captionElement(study.caption),
  ),
  costPlot && section("plot", "Plot", costPlot.element),
  effectPlot && section("effects", "Effects", effectPlot.element),
  curvePlot && section("curves", "Training", curvePlot.element),
  study.tokens && section("tokens", "Kept tokens", galleryElement(study.tokens)),
  study.failures.length > 0 && section("failed", "Failed", ...study.failures.map(failureElement)),
  tables.runs &&
    section(
      "runs",
      "Runs",
      folded(numbered(tables.runs.length, "run"), () => new TableView(tables.runs, { caption: "Runs" }).element),
    ),
  tables.environment &&
    section(
      "environment",
      "Environment",
      new TableView(tables.environment, { caption: "Environment", filters: false }).element,
    ),
].filter(Boolean);

document.getElementById("header").replaceChildren(...headerElements());
document.getElementById("nav").replaceChildren(navElement(sections));
document.getElementById("main").replaceChildren(...sections);
document
  .getElementById("footer")
  .replaceChildren(
    el(
      "p",
      {},
      `Made by gtpt_bench from the records of study ${study.study} (${study.profile}); files are named relative to its folder of results. Charts: Plotly, MIT licence.`,
    ),
  );
for (const log of document.querySelectorAll("pre[data-end]")) log.scrollTop = log.scrollHeight;
performance.mark("table");
document.documentElement.dataset.ready = "table";

drawAll().then(
  () => {
    drawn = true;
    performance.mark("charts");
    document.documentElement.dataset.ready = "charts";
  },
  (error) => {
    for (const chart of charts)
      chart.waiting.textContent = `No charts: this browser cannot unpack them (${error.message}). The tables have all figures.`;
  },
);
