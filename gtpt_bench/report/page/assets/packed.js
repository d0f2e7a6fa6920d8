// What the page carries in script elements that are no scripts: as it is, or packed with gzip where it is large.

async function contentOf(element) {
  if (element.type !== "application/gzip") return element.textContent;
  const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
