"""Every LaTeX table goes through a real pdflatex with booktabs, graphicx and T1, and fits the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from gtpt_bench.report.cells import Cell, Column, Row, StudyTable
from gtpt_bench.report.formats import as_latex
from gtpt_bench.report.latex_text import LETTERS, commands
from gtpt_bench.report.write import write_report
from tests.report import made_audit
from tests.report.made import found, make_study
from tests.report.made_audit import write_times
from tests.report.made_speed import RawCell, make_speed
from tests.report.test_audit_of_published_figures import counted, planned

pytestmark = pytest.mark.real_parts

DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{booktabs,graphicx}
\begin{document}
\input{table}
\end{document}
"""

HOSTILE = "<b> =1+1 | \\input{x} $\\frac$ % # & _ ~ ^ { -- [x] * ` '' \" ≥ α → 中文 🙂 x\u030c \u200b ½ ²"


@pytest.fixture
def pdflatex() -> str:
    """The program; in CI its absence is a failure, elsewhere a reason to skip."""
    found_at = shutil.which("pdflatex")
    if found_at is None:
        reason = "pdflatex is not installed (Debian: texlive-latex-base texlive-latex-recommended)"
        if os.environ.get("GTPT_BENCH_REAL_PARTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return found_at


def compiled(pdflatex: str, table: Path, folder: Path) -> bytes:
    """The PDF of a document that holds the table."""
    shutil.copy(table, folder / "table.tex")
    (folder / "document.tex").write_text(DOCUMENT, encoding="utf-8")
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)
    assert answer.returncode == 0, answer.stdout[-2000:]
    assert "Overfull \\hbox" not in answer.stdout, answer.stdout[-2000:]
    return (folder / "document.pdf").read_bytes()


def test_a_whole_study_compiles(pdflatex: str, tmp_path: Path) -> None:
    paper = {"method": "Their net", "gflops": 1.0, "params_m": 1.0, "AP": 70.1, "AR": 75.0, "source": "their page"}
    made = make_study(tmp_path, {"dense": [found(range(60))], "pruned": [found(range(50))]}, reported=[paper])
    write_report(made.plan, made.folder)
    (tmp_path / "tex").mkdir()
    assert compiled(pdflatex, made.report("table.tex"), tmp_path / "tex").startswith(b"%PDF")


def test_hostile_words_compile_as_text(pdflatex: str, tmp_path: Path) -> None:
    paper = {"method": HOSTILE, "gflops": 1.0, "params_m": 1.0, "AP": 1.0, "AR": 1.0, "source": HOSTILE}
    made = make_study(
        tmp_path,
        {"-rf _x_": [found(range(60))], "+1": [found(range(50))]},
        host=HOSTILE,
        reported=[paper],
        title=HOSTILE,
        question=HOSTILE,
    )
    write_report(made.plan, made.folder)
    (tmp_path / "tex").mkdir()
    assert compiled(pdflatex, made.report("table.tex"), tmp_path / "tex").startswith(b"%PDF")


def test_every_sign_and_kind_of_character_compiles(pdflatex: str, tmp_path: Path) -> None:
    kinds = {unicodedata.category(chr(code)): chr(code) for code in range(0x2FFFF)}
    signs = [sign for sign, _ in commands()]
    columns = (Column("key", " ".join(LETTERS)),)
    rows = tuple(Row(sign, {"key": Cell(sign)}) for sign in [*signs, *kinds.values()])
    (tmp_path / "all.tex").write_text(as_latex(StudyTable(columns, rows), [*kinds.values(), *signs]), encoding="utf-8")
    assert compiled(pdflatex, tmp_path / "all.tex", tmp_path).startswith(b"%PDF")


def test_an_audit_compiles(pdflatex: str, tmp_path: Path) -> None:
    made = counted(planned(tmp_path))
    write_report(made.plan, made.folder)
    (tmp_path / "tex").mkdir()
    assert compiled(pdflatex, made.folder.report("quick") / "table.tex", tmp_path / "tex").startswith(b"%PDF")


def test_models_side_by_side_compile(pdflatex: str, tmp_path: Path) -> None:
    audit = {"models": ["gtpt_t_coco"], "claims": ["hevitpose_abstract.csv"]}
    made = made_audit.planned(tmp_path, ["gtpt_readme_wholebody.csv"], timing={}, **audit)
    write_times(counted(made), {"gtpt_t_coco": 30.0})
    write_report(made.plan, made.folder)
    (tmp_path / "tex").mkdir()
    assert compiled(pdflatex, made.folder.report("quick") / "table.tex", tmp_path / "tex").startswith(b"%PDF")


def test_a_study_of_speed_compiles(pdflatex: str, tmp_path: Path) -> None:
    made = make_speed(tmp_path, lambda variant, way, batch: RawCell([10.0] * 6))
    write_report(made.plan, made.folder)
    (tmp_path / "tex").mkdir()
    assert compiled(pdflatex, made.report("table.tex"), tmp_path / "tex").startswith(b"%PDF")
