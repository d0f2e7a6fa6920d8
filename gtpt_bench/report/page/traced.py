"""Tables as JSON a column at a time, and where each cell comes from, every place named once.

The page shows nothing of a table but what stands here, so that each number on it leads to a record of the study's
folder or to a file of results/reference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from gtpt_bench.report.cells import NOTHING, Cell, Column, StudyTable
from gtpt_bench.report.page.headings import headings, in_order
from gtpt_bench.report.records import Found, VariantRecords

Json = dict[str, Any]

ORIGINS = {"measured": "m", "reported": "r", "configured": "c", "missing": "-"}
"""A sign a cell."""
NOWHERE = -1


class Places:
    """Files that numbers come from, with the code and machine that made them; equal ones have one number."""

    def __init__(self, records: Mapping[str, VariantRecords]) -> None:
        self.about = {found.file: found.record for found in all_found(records)}
        self.places: dict[tuple[tuple[str, ...], str, str], int] = {}
        self.files: dict[str, int] = {}
        self.folders: dict[str, int] = {}
        self.makers: dict[tuple[str, str], int] = {}

    def number(self, cell: Cell) -> int:
        """Of a cell's place; NOWHERE for cells without a file."""
        if not cell.files:
            return NOWHERE
        return self.places.setdefault((cell.files, cell.code, cell.machine), len(self.places))

    def add(self, found: Found) -> None:
        """A record that is none of the variants' own, such as that of a training."""
        self.about[found.file] = found.record

    def as_json(self) -> Json:
        """All places that were asked for; folders of files, and code with machine, are named once."""
        files = [[self.files.setdefault(file, len(self.files)) for file in files] for files, _, _ in self.places]
        made_by = [self.makers.setdefault((code, machine), len(self.makers)) for _, code, machine in self.places]
        paths = [PurePosixPath(file) for file in self.files]
        folders = [self.folders.setdefault(_folder(path), len(self.folders)) for path in paths]
        records = [self.about.get(file, {}) for file in self.files]
        return {
            "places": {"files": files, "made_by": made_by},
            "makers": [{"code": code, "machine": machine} for code, machine in self.makers],
            "folders": [*self.folders],
            "files": {
                "folder": folders,
                "name": [path.name for path in paths],
                "date": [str(record.get("started_at", ""))[:19] for record in records],
                "seed": [record.get("seed") for record in records],
            },
        }


def all_found(records: Mapping[str, VariantRecords]) -> Iterator[Found]:
    """Every record of a study's variants; those that several share come as often."""
    for own in records.values():
        single = (own.measured_cost, own.dense_cost, own.trained_cost, own.timing)
        yield from (found for found in single if found is not None)
        yield from own.counted_as.values()
        yield from (run.found for run in own.evaluations)
        yield from (run.found for run in own.joints)


def table_as_json(table: StudyTable, places: Places) -> Json:
    """Names of the rows, and the columns, each with what its cells say."""
    named = headings(table)
    return {
        "subject": table.subject,
        "names": [row.name for row in table.rows],
        "reported": [int(row.reported) for row in table.rows],
        "columns": [_column(column, named[column.key], table, places) for column in in_order(table.columns)],
    }


def _column(column: Column, heading: str, table: StudyTable, places: Places) -> Json:
    cells = [row.cells.get(column.key, NOTHING) for row in table.rows]
    values = [_finite(cell.value) for cell in cells]
    return {
        "key": column.key,
        "heading": heading,
        "hidden": column.for_programs,
        "text": ["" if cell == NOTHING else cell.text for cell in cells],
        "value": values if any(value is not None for value in values) else None,
        "origin": "".join(ORIGINS[cell.origin] for cell in cells),
        "place": [places.number(cell) for cell in cells],
    }


def _finite(value: float | None) -> float | None:
    """JSON has no NaN; the text says what there is instead."""
    return value if value is not None and math.isfinite(value) else None


def _folder(path: PurePosixPath) -> str:
    return "" if path.parent == PurePosixPath() else f"{path.parent}/"
