"""A study's table as a terminal shows it: no markup, but a star on each side of what is in italics in the files."""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.report.cells import NOTHING, StudyTable
from gtpt_bench.report.formats import Shown, shown_texts
from gtpt_bench.shown import Section


def in_terminal(table: StudyTable, caption: Sequence[str]) -> Section:
    """The same words as in the files."""
    headings = [table.subject, *(column.full_heading for column in table.shown)]
    cells = [list(shown_texts(table, row)) for row in table.rows]
    legend = ["*Between stars*: in italics."] if any(cell.italic for row in cells for cell in row) else []
    rows = tuple(tuple(map(_starred, row)) for row in cells)
    return Section("", tuple(map(_plain, headings)), rows, ("", *map(_plain, caption), *legend))


def _starred(cell: Shown) -> str:
    stars = cell.stars if cell.text != NOTHING.text else ""
    return f"{stars}{_plain(cell.text)}{stars}"


def _plain(text: str) -> str:
    """Text on one line; what would steer a terminal is shown by its code."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in " ".join(text.split()))
