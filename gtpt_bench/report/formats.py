"""A study's table as Markdown, CSV and LaTeX, and the provenance of every cell as CSV.

Whatever stands in a cell is shown as text in each format. Reported rows are set in italics and say so, and so are
reported cells of measured rows, whose headings say it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from gtpt_bench.report.cells import NOTHING, Row, StudyTable

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        "±": r"$\pm$",
        "−": r"$-$",
        "–": r"\textendash{}",
        "×": r"$\times$",
    }
)


def as_markdown(table: StudyTable, caption: Sequence[str]) -> str:
    """A Markdown table with its caption below."""
    headings = [table.subject, *(column.heading for column in table.shown)]
    lines = ["| " + " | ".join(map(_markdown, headings)) + " |"]
    lines.append("|" + " --- |" + " ---: |" * len(table.shown))
    for row in table.rows:
        cells = [f"*{_markdown(text)}*" if italic else _markdown(text) for text, italic in _texts(table, row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{markdown_line(line)}  " for line in caption), ""])


def as_csv(table: StudyTable) -> str:
    """Unrounded numbers, a row a variant; `origin` says whether the row was measured or reported."""
    rows = [[table.subject, "origin", *(column.key for column in table.columns)]]
    for row in table.rows:
        cells = [row.cells.get(column.key, NOTHING) for column in table.columns]
        values = [cell.text if cell.value is None else repr(cell.value) for cell in cells]
        rows.append([_csv(row.name), "reported" if row.reported else "measured", *map(_csv, values)])
    return _written(rows)


def as_latex(table: StudyTable, caption: Sequence[str]) -> str:
    """A booktabs table that a paper can \\input."""
    headings = [table.subject, *(column.heading for column in table.shown)]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        r"\footnotesize",
        r"\caption{" + " ".join(map(_latex, caption)) + "}",
        r"\begin{tabular}{l" + "r" * len(table.shown) + "}",
        r"\toprule",
        " & ".join(map(_latex, headings)) + r" \\",
        r"\midrule",
    ]
    for row in table.rows:
        cells = [rf"\textit{{{_latex(text)}}}" if italic else _latex(text) for text, italic in _texts(table, row)]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    return "\n".join(lines)


def provenance_csv(table: StudyTable) -> str:
    """One line a cell: where its number comes from."""
    rows = [[table.subject, "column", "value", "origin", "files", "code", "machine_or_source"]]
    for row in table.rows:
        for column in table.columns:
            cell = row.cells.get(column.key, NOTHING)
            value = cell.text if cell.value is None else repr(cell.value)
            files = "; ".join(cell.files)
            line = [row.name, column.key, value, cell.origin, files, cell.code, cell.machine]
            rows.append(list(map(_csv, line)))
    return _written(rows)


def _texts(table: StudyTable, row: Row) -> Iterator[tuple[str, bool]]:
    """Of each cell for people, the row's name first, what it shows and whether that is in italics."""
    yield (f"{row.name} (reported)", True) if row.reported else (row.name, False)
    for column in table.shown:
        cell = row.cells.get(column.key, NOTHING)
        yield cell.text, row.reported or cell.origin == "reported"


_MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {sign: f"\\{sign}" for sign in "\\|*_`[]~$#"})


def markdown_line(text: str) -> str:
    """A line of its own, which Markdown takes neither for an item of a list nor for an underline."""
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", _markdown(text))


def _markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return " ".join(text.split()).translate(_MARKDOWN)


def _latex(text: str) -> str:
    """Text on one line that LaTeX shows as it is; brackets and stars would be arguments of the \\\\ before them."""
    return _LIGATURE.sub(r"\g<0>{}", " ".join(text.split()).translate(_LATEX))


_LIGATURE = re.compile(r"([-'`])(?=\1)|[?!](?=`)")
"""First of two signs that LaTeX would print as one, as it makes a dash of two hyphens."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)


@lru_cache(maxsize=4096)
def _csv(text: str) -> str:
    """Text on one line that a spreadsheet does not take for a formula; negative numbers stay numbers."""
    text = " ".join(text.split())
    risky = text[:1] in ("=", "@") or (text[:1] in "+-" and not _NUMBER.fullmatch(text))
    return "'" + text if risky and text else text


def _written(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
