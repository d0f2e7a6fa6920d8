"""The papers' tables go through a real pdflatex: the committed ones as a document, and hostile ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gtpt_bench.report.paper.files import write_files
from tests.report.paper.made_paper import measured_models
from tests.report.paper.test_paper_tables_are_text import EVIL, T
from tests.report.test_latex_compiles import pdflatex  # noqa: F401

pytestmark = pytest.mark.real_parts

ROOT = Path(__file__).resolve().parents[3]


def compiled(program: str, folder: Path) -> str:
    """The log; the document is there afterwards."""
    command = [program, "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)
    assert answer.returncode == 0, answer.stdout[-2000:]
    assert (folder / "tables.pdf").read_bytes().startswith(b"%PDF")
    return answer.stdout


def test_the_committed_tables_compile_and_are_no_wider_than_the_page(pdflatex: str, tmp_path: Path) -> None:  # noqa: F811
    shutil.copytree(ROOT / "results" / "paper", tmp_path / "paper")
    log = compiled(pdflatex, tmp_path / "paper")
    assert "Overfull" not in log
    assert "Float too large" not in log


@pytest.mark.parametrize("name", EVIL)
def test_hostile_names_compile(pdflatex: str, tmp_path: Path, name: str) -> None:  # noqa: F811
    paper = [{"method": name, "model": T, "gflops": "0.7", "params_m": "2.4", "AP": "71.1", "note": name}]
    made = measured_models(tmp_path, paper, {T: [10.0] * 8})
    write_files(made.files, made.folders.tables)
    compiled(pdflatex, made.folders.tables)
