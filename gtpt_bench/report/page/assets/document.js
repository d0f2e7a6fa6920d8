// The study as the page carries it: tables a column at a time, and the places that numbers come from.

const study = JSON.parse(await contentOf(document.getElementById("document")));

const ORIGINS = { m: "measured", r: "reported", c: "configured", "-": "missing" };

class StudyTable {
  constructor(json) {
    this.subject = json.subject;
    this.names = json.names;
    this.reported = json.reported.map(Boolean);
    this.columns = json.columns;
    this.byKey = new Map(json.columns.map((column) => [column.key, column]));
  }

  get length() {
    return this.names.length;
  }

  get shown() {
    return this.columns.filter((column) => !column.hidden);
  }

  has(key) {
    return this.byKey.has(key);
  }

  text(row, key) {
    const column = this.byKey.get(key);
    return column ? column.text[row] : "";
  }

  value(row, key) {
    const column = this.byKey.get(key);
    return column && column.value ? column.value[row] : null;
  }

  origin(row, key) {
    return ORIGINS[this.byKey.get(key).origin[row]];
  }

  place(row, key) {
    const number = this.byKey.get(key).place[row];
    return number < 0 ? null : number;
  }
}

const tables = Object.fromEntries(Object.entries(study.tables).map(([name, json]) => [name, new StudyTable(json)]));

// A place in words: files with seed and date, code and machine; of reported numbers the reference file and the source.
function placeOf(number) {
  const { files, made_by: madeBy } = study.places;
  return { ...study.makers[madeBy[number]], files: files[number].map(fileOf) };
}

function fileOf(number) {
  const { folder, name, date, seed } = study.files;
  return { run: study.folders[folder[number]], name: name[number], date: date[number], seed: seed[number] };
}

function pathOf(file) {
  return `${file.run}${file.name}`;
}

function placeInLines(number, most = 4) {
  const { files, code, machine } = placeOf(number);
  const lines = files.slice(0, most).map((file) => `${pathOf(file)}${fileInWords(file)}`);
  if (files.length > most) lines.push(`and ${numbered(files.length - most, "file")} more`);
  if (code) lines.push(`code ${code}`);
  if (machine) lines.push(code ? `on ${machine}` : machine);
  return lines;
}

function fileInWords(file) {
  const words = [];
  if (file.seed != null) words.push(`seed ${file.seed}`);
  if (file.date) words.push(file.date.replace("T", " ").slice(0, 16));
  return words.length ? ` (${words.join(", ")})` : "";
}
