"""Rows of papers that a study shows beside its own variants: looked up when the plan is made, kept with it."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.reference import numbers_of, reference_rows
from gtpt_bench.study.spec import ReportedRow


class Reported(Frozen):
    """One row of a paper."""

    variant: str
    method: str
    file: str
    source: str
    values: dict[str, float]
    """Figures by column, in the column's unit."""
    macs_convention: str = ""
    """How the paper counts MACs; "" where nobody knows."""


def look_up(row: ReportedRow, study_file: Path) -> Reported:
    """The row of a reference file that a study names.

    Raises:
        StudyError: no such file or row, or a cell is not a number.
    """
    path, lines = reference_rows(row.file, study_file)
    rows = {line["method"]: line for line in lines}
    if row.method not in rows:
        raise StudyError(
            f"{study_file}: report.reported: {path} has no method {row.method!r}; it has {', '.join(rows)}"
        )
    cells = rows[row.method]
    return Reported(
        variant=row.variant,
        method=row.method,
        file=row.file,
        source=cells["source"],
        values=numbers_of(cells, path),
        macs_convention=cells.get("macs_convention", ""),
    )
