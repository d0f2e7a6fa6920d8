"""Rows of papers that a study shows beside its own: looked up when the plan is made, kept with it.

Files are CSV in results/reference/, one row a method, each with its source. An empty cell was not reported.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
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


class Printed(Frozen):
    """What a paper says that a model costs, letter by letter: its digits tell how it was rounded."""

    model: str
    """Name in the catalogue."""
    method: str
    file: str
    source: str
    gflops: str = ""
    """Thousand million of what the paper counts; "" where it says nothing."""
    params_m: str = ""


def look_up(row: ReportedRow, study_file: Path) -> Reported:
    """The row of a reference file that a study names.

    Raises:
        StudyError: no such file or row, or a cell is not a number.
    """
    path = _find(row.file, study_file)
    rows = {line["method"]: line for line in _lines(path)}
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
        values=_numbers(cells, path),
        macs_convention=cells.get("macs_convention", ""),
    )


def printed_costs(files: Sequence[str], models: Sequence[str], study_file: Path) -> tuple[Printed, ...]:
    """Rows of reference files that say what models of the catalogue cost.

    Args:
        models: the catalogue; a row about another model is a mistake, a row about none is passed over.

    Raises:
        StudyError: no such file, an unknown model, or a cell is not a number.
    """
    found = []
    for name in files:
        path = _find(name, study_file)
        for line in _lines(path):
            model = line.get("model", "")
            if model and model not in models:
                raise StudyError(
                    f"{path}: method {line['method']!r}: unknown model {model!r}; known: {', '.join(models)}"
                )
            figures = {key: line.get(key, "") for key in ("gflops", "params_m")}
            if model and any(figures.values()):
                _numbers(line, path)
                found.append(Printed(model=model, method=line["method"], file=name, source=line["source"], **figures))
    return tuple(found)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    lacking = [column for column in ("method", "source") if not all(line.get(column) for line in lines)]
    if lacking:
        raise StudyError(f"{path}: every row needs a {lacking[0]}")
    return lines


def _numbers(line: Mapping[str, str], path: Path) -> dict[str, float]:
    try:
        return {column: float(text) for column, text in line.items() if text and column not in TEXT_COLUMNS}
    except ValueError as error:
        raise StudyError(f"{path}: method {line['method']!r}: {error}") from error


TEXT_COLUMNS = ("method", "model", "input_size", "macs_convention", "note", "source")


def _find(name: str, study_file: Path) -> Path:
    places = [study_file.resolve().parent.parent / REFERENCE / name, REFERENCE / name]
    for place in places:
        if place.is_file():
            return place
    raise StudyError(f"{study_file}: there is no file {name} in {places[0].parent}")
