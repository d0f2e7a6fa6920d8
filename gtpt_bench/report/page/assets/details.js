// All that is known of one row, hidden columns included, and every file that its numbers come from.

const dialog = document.getElementById("details");

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // outside of what it holds
});

function openDetails(table, row, key = null) {
  hideTip();
  const places = [];
  const lines = table.columns
    .filter((column) => column.text[row] || column.value?.[row] != null)
    .map((column) => detailLine(table, row, column, places, key));
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const head = ["", "shown", "unrounded", "", "from"].map((words) => el("th", { scope: "col" }, words));
  dialog.replaceChildren(
    el("div", { class: "head" }, el("h2", { id: "details-title" }, table.names[row]), close),
    table.reported[row] ? el("p", { class: "hint" }, "Reported, not measured here.") : "",
    el("div", { class: "table" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines))),
    ...places.map((place, number) => placeElement(place, number + 1)),
  );
  dialog.showModal();
  dialog.scrollTop = 0;
}

function detailLine(table, row, column, places, key) {
  const place = table.place(row, column.key);
  if (place != null && !places.includes(place)) places.push(place);
  const value = table.value(row, column.key);
  return el(
    "tr",
    { class: column.key === key ? "chosen" : null },
    el("th", { scope: "row" }, column.heading),
    el("td", {}, column.text[row] || "–"),
    el("td", {}, value == null ? "" : String(value)),
    el("td", {}, table.origin(row, column.key)),
    el("td", {}, place == null ? "" : `[${places.indexOf(place) + 1}]`),
  );
}

function placeElement(number, shown) {
  const { files, code, machine } = placeOf(number);
  return el(
    "div",
    { class: "place" },
    el("strong", {}, `[${shown}] `),
    [code && `code ${code}`, machine].filter(Boolean).join(", "),
    el("ul", {}, ...files.map((file) => el("li", {}, el("span", { class: "file" }, pathOf(file)), fileInWords(file)))),
  );
}
