"""A paper's table as LaTeX: a title as its caption, the notes listed below it in columns, no wider than the text;
and a document of all.

Needs booktabs, graphicx and multicol. Whatever stands in a cell is shown as text, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.formats import latex_tabular
from gtpt_bench.report.latex_text import latex_text

DOCUMENT_HEAD = r"""% the tables one after the other: pdflatex tables.tex
\documentclass{article}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[a4paper,landscape,margin=12mm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{multicol}
\begin{document}
"""


def paper_latex(table: StudyTable, title: str, notes: Sequence[str]) -> str:
    """A float that a paper can \\input."""
    lines = [
        r"% needs \usepackage{booktabs,graphicx,multicol} and \usepackage[T1]{fontenc}",
        r"\begin{table}",
        r"\centering",
        r"\caption{" + latex_text(title) + "}",
        r"\smallskip",
        r"\small",
        *latex_tabular(table),
        *_notes(notes),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _notes(notes: Sequence[str]) -> list[str]:
    """A list that takes little room; a list without items would be an error."""
    if not notes:
        return []
    return [
        r"\par\medskip",
        r"\begin{minipage}{\linewidth}\fontsize{6}{7.2}\selectfont\raggedright",
        r"\setlength{\multicolsep}{0pt}",
        r"\begin{multicols}{3}",
        r"\begin{list}{\textbullet}{\leftmargin=1em\labelsep=0.4em\topsep=0pt\partopsep=0pt\parsep=0pt\itemsep=1pt}",
        *(rf"\item {latex_text(note)}" for note in notes),
        r"\end{list}",
        r"\end{multicols}",
        r"\end{minipage}",
    ]


def document(names: Sequence[str]) -> str:
    """A document that compiles by itself, with the tables that lie beside it."""
    return DOCUMENT_HEAD + "".join(f"\\input{{{name}}}\n\\clearpage\n" for name in names) + "\\end{document}\n"
