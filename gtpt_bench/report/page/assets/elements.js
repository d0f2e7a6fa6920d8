// Elements with text in them. Whatever comes from a study becomes a text node here and nothing else, so that no name,
// log line or caption can ever be markup.

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

function labelled(words, control, kind = "") {
  control.setAttribute("aria-label", words); // a select in a label would lend it the words of all its options
  return kind === "tick"
    ? el("label", { class: "tick" }, control, words)
    : el("label", { class: kind }, words, control);
}

function choice(options, chosen, onchange) {
  const select = el("select", { onchange: () => onchange(select.value) });
  for (const [value, words] of options) select.append(new Option(words, value, false, value === chosen));
  return select;
}

function tick(checked, onchange) {
  const box = el("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return box;
}

function numbered(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function shortened(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

function soon(action, wait_ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, wait_ms);
  };
}

function atRest() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
