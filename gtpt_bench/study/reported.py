"""Rows of papers that a study shows beside its own: looked up when the plan is made, kept with it.

Files are CSV in results/reference/, one row a method, each with its source. An empty cell was not reported.
"""

from __future__ import annotations

import csv
from pathlib import Path

from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.spec import ReportedRow

REFERENCE = Path("results") / "reference"


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
    path = _find(row.file, study_file)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    lacking = [column for column in ("method", "source") if not all(line.get(column) for line in lines)]
    if lacking:
        raise StudyError(f"{path}: every row needs a {lacking[0]}")
    rows = {line["method"]: line for line in lines}
    if row.method not in rows:
        raise StudyError(
            f"{study_file}: report.reported: {path} has no method {row.method!r}; it has {', '.join(rows)}"
        )
    cells = rows[row.method]
    source = cells.pop("source")
    try:
        values = {column: float(text) for column, text in cells.items() if text and column not in TEXT_COLUMNS}
    except ValueError as error:
        raise StudyError(f"{path}: method {row.method!r}: {error}") from error
    convention = cells.get("macs_convention", "")
    return Reported(
        variant=row.variant,
        method=row.method,
        file=row.file,
        source=source,
        values=values,
        macs_convention=convention,
    )


TEXT_COLUMNS = ("method", "input_size", "macs_convention", "note")


def _find(name: str, study_file: Path) -> Path:
    places = [study_file.resolve().parent.parent / REFERENCE / name, REFERENCE / name]
    for place in places:
        if place.is_file():
            return place
    raise StudyError(f"{study_file}: report.reported: no file {name} in {places[0].parent}")
