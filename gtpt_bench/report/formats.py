"""A study's table as Markdown, CSV and LaTeX, and the provenance of every cell as CSV.

Whatever stands in a cell is shown as text in each format. Reported rows are set in italics and say so, and so are
reported cells of measured rows, whose headings say it. The best cells of a column are bold.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from gtpt_bench.report.cells import NOTHING, Cell, Column, Row, StudyTable
from gtpt_bench.report.latex_text import latex_text


def as_markdown(table: StudyTable, caption: Sequence[str]) -> str:
    """A Markdown table with its caption below."""
    headings = [table.subject, *(column.full_heading for column in table.shown)]
    lines = ["| " + " | ".join(map(_markdown, headings)) + " |"]
    lines.append("| --- |" + "".join(" ---: |" if _has_numbers(table, column) else " --- |" for column in table.shown))
    for row in table.rows:
        cells = [f"{shown.stars}{_markdown(shown.text)}{shown.stars}" for shown in shown_texts(table, row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{markdown_line(line)}  " for line in caption), ""])


def _has_numbers(table: StudyTable, column: Column) -> bool:
    """Such columns are set to the right, those of words alone to the left."""
    cells = (row.cells.get(column.key, NOTHING) for row in table.rows)
    return any(cell.value is not None or _NUMBER.fullmatch(cell.text) for cell in cells)


def as_csv(table: StudyTable) -> str:
    """Unrounded numbers, a row a variant; `origin` says whether the row was measured or reported."""
    rows = [[table.subject, "origin", *(column.key for column in table.columns)]]
    for row in table.rows:
        values = [_value(row.cells.get(column.key, NOTHING)) for column in table.columns]
        rows.append([_csv(row.name), "reported" if row.reported else "measured", *values])
    return _written(rows)


def as_latex(table: StudyTable, caption: Sequence[str]) -> str:
    """A booktabs table that a paper can \\input."""
    lines = [
        r"% needs \usepackage{booktabs,graphicx} and \usepackage[T1]{fontenc}",
        r"\begin{table}",
        r"\centering",
        r"\footnotesize",
        r"\caption{" + " ".join(map(latex_text, caption)) + "}",
        *latex_tabular(table),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def latex_tabular(table: StudyTable) -> list[str]:
    """The rows, no wider than the text."""
    return [
        r"\sbox0{%",
        *_latex_rows(table),
        r"}%",
        r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi",
    ]


def _latex_rows(table: StudyTable) -> list[str]:
    """The rows between booktabs' rules, with the headings of groups over those of their columns, line by line."""
    headings = [table.subject, *(column.heading for column in table.shown)]
    lines = [
        r"\begin{tabular}{l" + "r" * len(table.shown) + "}",
        r"\toprule",
        *_latex_groups(table),
        " & ".join(map(latex_text, headings)) + r" \\",
        r"\midrule",
    ]
    for row in table.rows:
        cells = [shown.latex for shown in shown_texts(table, row)]
        lines.append(" & ".join(cells) + r" \\")
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _latex_groups(table: StudyTable) -> Iterator[str]:
    """A line of headings over several columns and one of their rules; nothing where no column has a group."""
    if not any(column.group for column in table.shown):
        return
    cells, rules, first = [""], [], 2
    for name, columns in groupby(table.shown, key=lambda column: column.group):
        number = len(list(columns))
        cells.append(rf"\multicolumn{{{number}}}{{c}}{{{latex_text(name)}}}" if name else " & " * (number - 1))
        if name:
            rules.append(rf"\cmidrule(lr){{{first}-{first + number - 1}}}")
        first += number
    yield " & ".join(cells) + r" \\"
    yield "".join(rules)


def provenance_csv(table: StudyTable) -> str:
    """One line a cell: where its number comes from."""
    rows = [[table.subject, "column", "value", "origin", "files", "code", "machine_or_source"]]
    for row in table.rows:
        for column in table.columns:
            cell = row.cells.get(column.key, NOTHING)
            name, key, files = _csv(row.name), _csv(column.key), _csv("; ".join(cell.files))
            rows.append([name, key, _value(cell), cell.origin, files, _csv(cell.code), _csv(cell.machine)])
    return _written(rows)


class Shown(NamedTuple):
    """What people see of a cell."""

    text: str
    italic: bool
    bold: bool = False

    @property
    def stars(self) -> str:
        """On each side of it where italic and bold cannot be set, as in Markdown."""
        return "*" * (self.italic + 2 * self.bold)

    @property
    def latex(self) -> str:
        written = latex_text(self.text)
        written = rf"\textit{{{written}}}" if self.italic else written
        return rf"\textbf{{{written}}}" if self.bold else written


def shown_texts(table: StudyTable, row: Row) -> Iterator[Shown]:
    """Each cell for people, the row's name first."""
    yield Shown(f"{row.name} (reported)", italic=True) if row.reported else Shown(row.name, italic=False)
    for column in table.shown:
        cell = row.cells.get(column.key, NOTHING)
        yield Shown(cell.text, row.reported or cell.origin == "reported", cell.best)


_MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {sign: f"\\{sign}" for sign in "\\|*_`[]~$#"})


def markdown_line(text: str) -> str:
    """A line of its own, which Markdown takes neither for an item of a list nor for an underline."""
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", _markdown(text))


def _markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return " ".join(text.split()).translate(_MARKDOWN)


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)


def _value(cell: Cell) -> str:
    """The number to its last digit, or the words in place of one."""
    if cell.value is None:
        return _csv(cell.text)
    return repr(cell.value) if math.isfinite(cell.value) else _csv(repr(cell.value))


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
