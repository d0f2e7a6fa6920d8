// Plotly, which is unpacked when the tables are there.

const library = (async () => {
  await atRest();
  const script = el("script");
  script.textContent = await contentOf(document.getElementById("library"));
  document.head.append(script);
  return window.Plotly;
})();

// Plotly reads a little markup in its texts; this is how a name is shown as it is.
function asPlotlyText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
