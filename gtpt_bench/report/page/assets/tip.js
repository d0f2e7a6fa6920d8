// The small window beside the pointer: what a number is and where it comes from, as lines of text.

const tip = document.getElementById("tip");

// Lines are texts, or [class, text].
function showTip(lines, x, y) {
  tip.replaceChildren(
    ...lines.map((line) => (Array.isArray(line) ? el("div", { class: line[0] }, line[1]) : el("div", {}, line))),
  );
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(x + 12, window.innerWidth - width - 8));
  const top = y + 14 + height > window.innerHeight - 8 ? Math.max(8, y - height - 14) : y + 14;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function hideTip() {
  tip.hidden = true;
}

for (const moved of ["wheel", "touchmove"]) window.addEventListener(moved, hideTip, { passive: true });

function cellInLines(table, row, key) {
  const column = table.byKey.get(key);
  const value = table.value(row, key);
  const exact = value != null && String(value) !== column.text[row] ? `unrounded ${value}` : "";
  const place = table.place(row, key);
  return [
    ["name", table.names[row]],
    `${column.heading}: ${column.text[row] || "–"}`,
    ...[exact].filter(Boolean),
    ["from", table.origin(row, key)],
    ...(place == null ? [] : placeInLines(place).map((line) => ["from", line])),
  ];
}
