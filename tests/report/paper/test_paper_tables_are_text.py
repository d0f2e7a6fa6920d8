"""Names from reference files are text in the papers' tables too: no markup, no formula, no command."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest

from tests.report.paper.made_paper import measured_models
from tests.report.readers import inline_text, markdown_cells, markdown_tokens, tex_cells

T = "gtpt_t_coco"
EVIL = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x","y")',
    "@SUM(A1)",
    r"\input{/etc/passwd} $\frac$ % # & _ ~ ^ { }",
    "-2+3+cmd|' /C calc'!A0",
    "[x] * `code` **bold** a--b",
    "≥ 中文 🙂 α → x\u030c",
]


def files(tmp_path: Path, name: str) -> dict[str, str]:
    paper = [{"method": name, "model": T, "gflops": "0.7", "params_m": "2.4", "AP": "71.1", "note": name}]
    return measured_models(tmp_path, [row | {"source": name} for row in paper], {T: [10.0] * 8}).files["models"]


@pytest.mark.parametrize("name", EVIL)
def test_hostile_names_are_shown_as_they_are(tmp_path: Path, name: str) -> None:
    written = files(tmp_path, name)
    shown = " ".join(name.split())
    assert [row[0] for row in markdown_cells(written["models.md"])] == ["method", shown]
    assert not [token for token in markdown_tokens(written["models.md"]) if token.type.startswith("html")]
    assert all(inline_text(t) is not None for t in markdown_tokens(written["models.md"]) if t.type == "inline")
    assert [row[0] for row in tex_cells(written["models.tex"])] == ["method", shown]
    for file in ("models.csv", "models.provenance.csv"):
        for row in csv.reader(io.StringIO(written[file], newline="")):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@")) or math.isfinite(float(cell))
