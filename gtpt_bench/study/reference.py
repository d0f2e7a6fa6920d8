"""Files of reported figures, read when a plan is made: CSV in results/reference/, a row a method, with its source.

An empty cell was not reported.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from gtpt_bench.errors import StudyError

REFERENCE = Path("results") / "reference"

TEXT_COLUMNS = ("method", "model", "input_size", "macs_convention", "counts", "note", "source")


def reference_rows(name: str, study_file: Path) -> tuple[Path, list[dict[str, str]]]:
    """The file of this name beside a study, and its rows.

    Raises:
        StudyError: no such file, or a row lacks its method or source.
    """
    path = _find(name, study_file)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, restval=""))
    lacking = [column for column in ("method", "source") if not all(line.get(column) for line in lines)]
    if lacking:
        raise StudyError(f"{path}: every row needs a {lacking[0]}")
    return path, lines


def numbers_of(line: Mapping[str, str], path: Path) -> dict[str, float]:
    """Figures of a row by column.

    Raises:
        StudyError: a cell is not a number.
    """
    try:
        return {column: float(text) for column, text in line.items() if text and column not in TEXT_COLUMNS}
    except ValueError as error:
        raise StudyError(f"{path}: method {line['method']!r}: {error}") from error


def _find(name: str, study_file: Path) -> Path:
    places = [study_file.resolve().parent.parent / REFERENCE / name, REFERENCE / name]
    for place in places:
        if place.is_file():
            return place
    raise StudyError(f"{study_file}: there is no file {name} in {places[0].parent}")
