"""What every table is made of: cells, each with its number, its origin and the file it can be traced to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from gtpt_bench.report.records import Found

Origin = Literal["measured", "reported", "configured", "missing"]


@dataclass(frozen=True)
class Cell:
    """One number of a table.

    Attributes:
        text: as shown, digits following the uncertainty.
        value: unrounded, in the column's unit; None where there is no number.
        files: records it comes from, relative to the study's folder, or the reference file.
        code: commits or versions of the code that measured it.
        machine: device and host it was measured on; for reported cells the source.
        best: of its column, which is set in bold.
    """

    text: str
    value: float | None = None
    origin: Origin = "missing"
    files: tuple[str, ...] = ()
    code: str = ""
    machine: str = ""
    best: bool = False


@dataclass(frozen=True)
class Column:
    """A column's key in files and its heading for people, unit included.

    Attributes:
        for_programs: it stands in the CSV files alone; people find it in another cell's text.
        group: a heading over it and its neighbours of the same group.
    """

    key: str
    heading: str
    for_programs: bool = False
    group: str = ""

    @property
    def full_heading(self) -> str:
        """Where headings have one line: `params (M): reported`."""
        return f"{self.group}: {self.heading}" if self.group else self.heading


@dataclass(frozen=True)
class Row:
    """One variant, or one reported method."""

    name: str
    cells: Mapping[str, Cell]
    reported: bool = False


@dataclass(frozen=True)
class StudyTable:
    """Attributes:
    columns: in their order.
    rows: a variant each, then the reported ones.
    subject: what a row is about, the heading of their names.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    subject: str = "variant"

    @property
    def shown(self) -> tuple[Column, ...]:
        """Columns for people."""
        return tuple(column for column in self.columns if not column.for_programs)


NOTHING = Cell("–")


def measured_cell(value: float | None, text: str, *found: Found) -> Cell:
    """A cell that follows from these records."""
    files, code, machine = _sources(found)
    return Cell(text, value, "measured", files, code, machine)


@lru_cache(maxsize=64)
def _sources(found: tuple[Found, ...]) -> tuple[tuple[str, ...], str, str]:
    """Files, code and machine: the same for all the cells of a row that come from the same records."""
    provenances = [f.record["provenance"] for f in found]
    return (
        tuple(dict.fromkeys(f.file for f in found)),
        "; ".join(dict.fromkeys(code_words(p["code"]) for p in provenances)),
        "; ".join(dict.fromkeys(f"{p['device']} on {p['host']}" for p in provenances)),
    )


def reported_cell(value: float | None, text: str, file: str, source: str) -> Cell:
    """A cell from a file of results/reference/."""
    return Cell(text, value, "reported", (reference_file(file),), machine=source)


def reference_file(name: str) -> str:
    """Where a file of reported figures lies."""
    return f"results/reference/{name}"


def filled(columns: tuple[Column, ...], rows: tuple[Row, ...]) -> tuple[Column, ...]:
    """Columns that some row fills; those of failed measurements are filled too, with words."""
    keys = {key for row in rows for key, cell in row.cells.items() if cell != NOTHING}
    return tuple(column for column in columns if column.key in keys)


def code_words(code: Mapping[str, object]) -> str:
    """The commit in ten digits, or the version where there is none; says if files had changed."""
    commit = str(code["commit"])[:10] if code["commit"] else f"version {code['version']}"
    return f"{commit}{' with changes' if code['dirty'] else ''}"
