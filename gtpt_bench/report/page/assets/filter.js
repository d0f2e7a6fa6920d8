// Which rows of a table are wanted: words that stand somewhere in a row, and a condition for each column.

const COMPARISON = /^\s*(<=|>=|<|>|=|≤|≥)\s*([-+−]?[\d.]+(?:e[-+]?\d+)?)\s*$/i;
const SPAN = /^\s*([-+−]?[\d.]+)\s*\.\.\s*([-+−]?[\d.]+)\s*$/;

const COMPARED = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  "≤": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "≥": (a, b) => a >= b,
  "=": (a, b) => a === b,
};

function numberFrom(text) {
  return Number(text.replace("−", "-"));
}

// The number as people see it: `>38` does not find a 38.04 that is shown as 38.0. Where the text has other numbers too,
// the one that the value rounds to.
function shownNumber(text, value) {
  for (const [found, fraction = ""] of text.replaceAll(",", "").matchAll(/[-+−]?\d+(\.\d+)?/g)) {
    const half = 0.5 * 10 ** -Math.max(0, fraction.length - 1);
    if (Math.abs(numberFrom(found) - value) <= 1.000001 * half) return numberFrom(found);
  }
  return value;
}

// Begins as a comparison and is none: what is said of it, or nothing.
function misread(written) {
  const sign = /^\s*(<=|>=|<|>|=|≤|≥)\s*(.*)$/.exec(written);
  if (!sign || COMPARISON.test(written)) return "";
  return sign[2] ? `“${sign[2].trim()}” is not a number` : "a number is missing";
}

// A test of one cell's text and value: `>50`, `10..20`, or words.
function conditionFrom(written) {
  const comparison = COMPARISON.exec(written);
  if (comparison) {
    const limit = numberFrom(comparison[2]);
    return (text, value) => value != null && COMPARED[comparison[1]](shownNumber(text, value), limit);
  }
  const span = SPAN.exec(written);
  if (span) {
    const [low, high] = [numberFrom(span[1]), numberFrom(span[2])];
    const within = (number) => low <= number && number <= high;
    return (text, value) => value != null && within(shownNumber(text, value));
  }
  const words = written.trim().toLowerCase();
  return (text) => text.toLowerCase().includes(words);
}

// Rows that pass everything; a search looks in the name and in all cells that people see.
function wantedRows(table, { search = "", conditions = {}, reported = true }) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = Object.entries(conditions)
    .filter(([key, written]) => written.trim() && !(table.byKey.get(key)?.value && misread(written)))
    .map(([key, written]) => [key, conditionFrom(written)]);
  const rows = [];
  for (let row = 0; row < table.length; row += 1) {
    if (!reported && table.reported[row]) continue;
    if (
      !tests.every(([key, test]) => test(key ? table.text(row, key) : table.names[row], key && table.value(row, key)))
    )
      continue;
    if (words.length && !holdsAll(table, row, words)) continue;
    rows.push(row);
  }
  return rows;
}

function holdsAll(table, row, words) {
  const all = [table.names[row], ...table.shown.map((column) => column.text[row])].join("\n").toLowerCase();
  return words.every((word) => all.includes(word));
}

// In the order of a column: numbers by value, words by letters, empty cells always last.
function sortedRows(table, rows, key, descending) {
  const column = table.byKey.get(key);
  const sign = descending ? -1 : 1;
  const words = column ? column.text : table.names;
  if (column && column.value) {
    const values = column.value;
    return [...rows].sort((a, b) => {
      if (values[a] == null || values[b] == null) return (values[a] == null) - (values[b] == null) || a - b;
      return sign * (values[a] - values[b]) || a - b;
    });
  }
  const order = new Intl.Collator("en", { numeric: true }).compare;
  return [...rows].sort((a, b) => {
    if (!words[a] || !words[b]) return !words[a] - !words[b] || a - b;
    return sign * order(words[a], words[b]) || a - b;
  });
}
