"""One HTML file from a document: markup, style, scripts and the chart library, all inside.

Charts are Plotly's (MIT). It comes in a wheel, so that nothing is vendored, with one small dependency; its documented
JavaScript interface draws in SVG, which prints sharply. Bokeh's script is a third of the size but draws on a canvas and
brings a server along. Of Plotly's 4.8 MB, packed with gzip and unpacked by the browser, 2.0 MB are left in the page,
and the table stands before they are unpacked.

Nothing from a study becomes markup or code: its JSON holds no `<`, scripts make text nodes alone, and the page's own
policy lets no script run but these (by their hashes) and no request leave.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template
from typing import Any

STYLES = ("look.css", "tables.css", "parts.css", "print.css")
SCRIPTS = (
    "elements.js",
    "packed.js",
    "document.js",
    "filter.js",
    "beyond.js",
    "table.js",
    "tip.js",
    "details.js",
    "colours.js",
    "library.js",
    "chart.js",
    "labels.js",
    "cost_plot.js",
    "effect_plot.js",
    "curve_plot.js",
    "gallery.js",
    "sections.js",
    "page.js",
)
"""In this order; they share one scope, as if they were one file."""
PACKED = "application/gzip"
LARGE = 1_000_000
"""Characters of a document from which on it is packed; shorter ones can be read in the file."""


def page_html(document: Mapping[str, Any]) -> str:
    """The whole file."""
    script, data = _script(), as_script_data(document)
    is_large = len(data) > LARGE
    return Template(_asset("page.html")).substitute(
        policy=html.escape(_policy(script, _library()), quote=True),
        title=html.escape(f"{document['title']} · gtpt_bench"),
        style="".join(map(_asset, STYLES)),
        document_type=PACKED if is_large else "application/json",
        document=_packed(data) if is_large else data,
        library=_packed_library(),
        script=script,
    )


def as_script_data(content: Any) -> str:
    """JSON that can stand in a script element: no sign in it begins or ends an element or a comment.

    Raises:
        ValueError: the content holds a NaN or infinity, which JSON does not have.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates are no text


def _script() -> str:
    parts = "\n".join(map(_asset, SCRIPTS))
    return f'"use strict";\n(async () => {{\n{parts}\n}})();\n'


def _policy(*scripts: str) -> str:
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "form-action 'none'; base-uri 'none'"
    )


@cache
def _library() -> str:
    from plotly.offline import get_plotlyjs

    library: str = get_plotlyjs()
    return library


@cache
def _packed_library() -> str:
    return _packed(_library())


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


def _asset(name: str) -> str:
    return (resources.files("gtpt_bench.report.page") / "assets" / name).read_text(encoding="utf-8")
