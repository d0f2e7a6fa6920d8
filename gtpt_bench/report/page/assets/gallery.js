// Pictures of kept tokens: plots across the page, people beside one another, each as large as the screen on demand.

const enlarged = document.getElementById("picture");

enlarged.addEventListener("click", (event) => {
  if (event.target === enlarged) enlarged.close(); // outside of what it holds
});

function galleryElement({ pictures, common, left_out: left }) {
  const plots = pictures.filter((picture) => picture.plot).map(pictureElement);
  const people = pictures.filter((picture) => !picture.plot).map(pictureElement);
  const away = left.length
    ? `No room on this page for ${left.join(", ")}: ${left.length === 1 ? "it is" : "they are"} in the report's folder.`
    : "";
  return el(
    "div",
    {},
    ...plots,
    common ? el("p", { class: "hint" }, common) : "",
    el("div", { class: "gallery" }, ...people),
    away ? el("p", { class: "hint" }, away) : "",
  );
}

function pictureElement({ name, caption, png, plot }) {
  const words = caption || name;
  const source = `data:image/png;base64,${png}`;
  return el(
    "figure",
    { class: plot ? "plot" : null },
    el(
      "button",
      { type: "button", class: "picture", "aria-label": `Enlarge: ${words}`, onclick: () => enlarge(source, words) },
      el("img", { src: source, alt: "" }),
    ),
    el("figcaption", {}, words),
  );
}

function enlarge(source, words) {
  hideTip();
  const close = el("button", { type: "button", onclick: () => enlarged.close() }, "Close");
  enlarged.replaceChildren(
    el("div", { class: "head" }, el("p", { id: "picture-title" }, words), close),
    el("img", { src: source, alt: words }),
  );
  enlarged.showModal();
  enlarged.scrollTop = 0;
}
