// Parts of the page that are neither tables nor charts.

function section(id, title, ...content) {
  return el(
    "section",
    { id, "aria-labelledby": `${id}-title`, "data-title": title },
    el("h2", { id: `${id}-title` }, title),
    ...content,
  );
}

function headerElements() {
  const states = Object.entries(study.states).map(([state, number]) =>
    el("li", { class: `state ${state}` }, el("b", {}, number.toLocaleString("en")), ` ${number === 1 ? "part" : "parts"} ${state}`),
  );
  return [
    el("p", { class: "where" }, `gtpt_bench · study ${study.study} · ${study.profile}`),
    el("h1", {}, study.title),
    study.question ? el("p", { class: "question" }, study.question) : "",
    el("ul", { class: "states", "aria-label": "Parts of the study by state" }, ...states),
  ].filter(Boolean);
}

function captionElement(lines) {
  return el("div", { class: "caption" }, ...lines.map((line) => el("p", {}, line)));
}

function failureElement({ parts, kind, reason, advice, file, log }) {
  const named = parts.slice(0, 6).join("; ") + (parts.length > 6 ? `; and ${parts.length - 6} more` : "");
  return el(
    "article",
    { class: "failure" },
    el("h3", {}, named),
    el("p", {}, el("span", { class: "kind" }, kind), advice ? ` – ${advice}` : ""),
    el("p", { class: "reason" }, reason),
    log
      ? el(
          "details",
          { open: true },
          el("summary", {}, "End of its log, ", el("span", { class: "file" }, file)),
          el("pre", { tabindex: "0", "data-end": true }, log),
        )
      : el("p", { class: "hint" }, "Log: ", el("span", { class: "file" }, file)),
  );
}

// A part that is made when it is opened: thousands of runs need not wait for each visit.
function folded(summary, make) {
  const details = el("details", {}, el("summary", {}, summary));
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(make()), {
    once: false,
  });
  return details;
}

function navElement(sections) {
  const links = sections.map((part) => el("li", {}, el("a", { href: `#${part.id}` }, part.dataset.title)));
  return el("div", { class: "links" }, el("ul", {}, ...links), themeButton());
}
