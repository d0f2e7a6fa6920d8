"""A paper's table as LaTeX: a title as its caption, the notes below it, no wider than the text; and a document of all.

Needs booktabs and graphicx. Whatever stands in a cell is shown as text, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.formats import latex_tabular, latex_text

DOCUMENT_HEAD = r"""% the tables one after the other: pdflatex tables.tex
\documentclass{article}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[a4paper,landscape,margin=12mm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\begin{document}
"""


def paper_latex(table: StudyTable, title: str, notes: Sequence[str]) -> str:
    """A float that a paper can \\input."""
    lines = [
        r"% needs \usepackage{booktabs,graphicx}",
        r"\begin{table}",
        r"\centering",
        r"\caption{" + latex_text(title) + "}",
        r"\smallskip",
        r"\small",
        r"\sbox0{%",
        *latex_tabular(table),
        r"}%",
        r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi",
        r"\par\medskip",
        r"\begin{minipage}{\linewidth}\tiny\raggedright",
        *(latex_text(note) + r"\par" for note in notes),
        r"\end{minipage}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def document(names: Sequence[str]) -> str:
    """A document that compiles by itself, with the tables that lie beside it."""
    return DOCUMENT_HEAD + "".join(f"\\input{{{name}}}\n\\clearpage\n" for name in names) + "\\end{document}\n"
