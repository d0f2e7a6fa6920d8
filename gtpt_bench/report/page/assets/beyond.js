// What of a wide table is out of sight: said above it, with a button that goes there, and a shadow at its edge.

function beyondElement(frame) {
  const go = (side) => () => frame.scrollBy({ left: side * frame.clientWidth * 0.7 });
  const left = el("button", { type: "button", onclick: go(-1) }, "← Columns to the left");
  const right = el("button", { type: "button", onclick: go(1) });
  const element = el("div", { class: "beyond", hidden: true }, left, right);
  const look = () => {
    const rest = frame.scrollWidth - frame.clientWidth;
    const edge = frame.getBoundingClientRect().right;
    const hidden = [...frame.querySelectorAll("thead th")].filter((th) => th.getBoundingClientRect().right > edge + 4);
    element.hidden = rest < 4;
    left.disabled = frame.scrollLeft < 4;
    right.disabled = !hidden.length;
    right.textContent = hidden.length ? `${numbered(hidden.length, "more column")} to the right →` : "All columns seen";
    frame.classList.toggle("goes-on", hidden.length > 0 && rest >= 4);
  };
  frame.addEventListener("scroll", soon(look, 60), { passive: true });
  new ResizeObserver(look).observe(frame);
  new ResizeObserver(look).observe(frame.firstElementChild);
  return element;
}
