"""Tables of errors: for people by the question asked, for programs all in one, a row a variant."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gtpt_bench.evaluation.analysis.errors import OUTCOMES, ClassErrors
from gtpt_bench.evaluation.analysis.fixed import EVERYTHING
from gtpt_bench.evaluation.analysis.kinds import KINDS
from gtpt_bench.evaluation.differences import Difference
from gtpt_bench.report.cells import NOTHING, Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.errors import PERCENT, StudyErrors, VariantErrors

FIXABLE = (*KINDS[1:], EVERYTHING)


class ErrorTables:
    """The tables of a study's errors; each variant's cells are made once for all of them."""

    def __init__(self, errors: StudyErrors) -> None:
        self.errors = errors
        self.kind_cells = {name: _kind_cells(found) for name, found in errors.variants.items()}
        self.class_cells = {name: _class_cells(found) for name, found in errors.variants.items()}
        self.unit_cells = {name: dict(_unit_cells(found)) for name, found in errors.variants.items()}

    def everything(self) -> StudyTable:
        """A row a variant."""
        columns = (*_kind_columns(), *_class_columns(self.errors), *_unit_columns(self.errors))
        rows = tuple(
            Row(name, {**self.kind_cells[name], **self.class_cells[name], **self.unit_cells[name]})
            for name in self.errors.variants
        )
        return StudyTable(filled(columns, rows), rows)

    def kinds(self) -> StudyTable:
        """What becomes of labelled keypoints, and AP without each kind of error."""
        return StudyTable(_kind_columns(), tuple(Row(name, cells) for name, cells in self.kind_cells.items()))

    def classes(self) -> StudyTable:
        """AP by visibility, size, crowding and truncation; a row a class, a column a variant."""
        first = self._first.classes()
        columns = (Column("num", "how many"), *(Column(name, f"AP of {name}") for name in self.class_cells))
        rows = tuple(
            Row(
                f"{kind}: {label}",
                {
                    "num": measured_cell(
                        one.num, f"{one.num:,} {'keypoints' if kind == 'visibility' else 'persons'}", *self._first.found
                    ),
                    **{n: cells.get(_class_key(kind, label), NOTHING) for n, cells in self.class_cells.items()},
                },
            )
            for (kind, label), one in first.items()
        )
        return StudyTable(columns, rows, subject="class")

    def units(self) -> StudyTable:
        """AP of each keypoint alone, a column a variant."""
        return self._by_unit("ap", "AP of ")

    def losses(self) -> StudyTable:
        """What is lost of each keypoint, with the difference to the variant compared with; a column a variant."""
        return self._by_unit("lost", "lost by ")

    @property
    def _first(self) -> VariantErrors:
        """That numbers of labels are read from; they are the same for all."""
        return next(iter(self.errors.variants.values()))

    def _by_unit(self, quantity: str, heading: str) -> StudyTable:
        columns = (Column("num", "labels"), *(Column(name, f"{heading}{name}") for name in self.unit_cells))
        rows = tuple(
            Row(
                unit,
                {
                    "num": measured_cell(num, f"{num:,}", *self._first.found),
                    **{name: cells.get(f"{quantity}_{unit}", NOTHING) for name, cells in self.unit_cells.items()},
                },
            )
            for unit, num in self.errors.units.items()
        )
        return StudyTable(columns, rows, subject="keypoint")


def _kind_columns() -> tuple[Column, ...]:
    shares = [Column(f"share_{outcome}".replace(" ", "_"), f"{outcome} (%)") for outcome in OUTCOMES]
    fixed = [
        Column(f"ap_without_{kind}", "AP without any of these" if kind == EVERYTHING else f"AP without {kind}")
        for kind in FIXABLE
    ]
    return (Column("ap", "AP"), *shares, *fixed)


def _kind_cells(found: VariantErrors) -> dict[str, Cell]:
    cells = {"ap": _points(found, found.ap)}
    for outcome, share in found.outcome_shares.items():
        cells[f"share_{outcome}".replace(" ", "_")] = _points(found, share)
    for kind, ap in found.ap_if_fixed.items():
        cells[f"ap_without_{kind}"] = _points(found, ap, f"{ap:.1f} ({ap - found.ap:+.1f})")
    return cells


def _class_key(kind: str, label: str) -> str:
    return f"ap_{kind}_{label}".replace(" ", "_").replace("–", "-")  # a key that one can type


def _class_columns(errors: StudyErrors) -> Iterator[Column]:
    for kind, label in next(iter(errors.variants.values())).classes():
        key = _class_key(kind, label)
        yield Column(key, f"{kind}: {label}")
        yield Column(f"num{key.removeprefix('ap')}", "", for_programs=True)
        yield Column(f"found{key.removeprefix('ap')}", "", for_programs=True)


def _class_cells(found: VariantErrors) -> dict[str, Cell]:
    cells = {}
    for (kind, label), one in found.classes().items():
        key = _class_key(kind, label)
        cells[key] = _class_ap(found, one)
        cells[f"num{key.removeprefix('ap')}"] = measured_cell(one.num, f"{one.num:,}", *found.found)
        cells[f"found{key.removeprefix('ap')}"] = _points(found, PERCENT * one.found)
    return cells


def _class_ap(found: VariantErrors, one: ClassErrors) -> Cell:
    return NOTHING if one.ap < 0 else _points(found, PERCENT * one.ap)


def _unit_columns(errors: StudyErrors) -> Iterator[Column]:
    for unit in errors.units:
        yield Column(f"ap_{unit}", unit)
        for quantity in ("labels", "found", "median_distance", "lost", "lost_difference", "lost_half_width"):
            yield Column(f"{quantity}_{unit}", "", for_programs=True)


def _unit_cells(found: VariantErrors) -> Iterator[tuple[str, Cell]]:
    for place, unit in enumerate(found.seeds[0].units):
        ap, lost = found.unit_ap(place), found.lost[unit.name]
        yield f"labels_{unit.name}", measured_cell(unit.num_labelled, f"{unit.num_labelled:,}", *found.found)
        if ap is None or lost is None:
            continue
        yield f"ap_{unit.name}", _points(found, ap)
        units = [errors.units[place] for errors in found.seeds]
        yield f"found_{unit.name}", _points(found, PERCENT * sum(one.found for one in units) / len(units))
        distances = [one.median_distance for one in units if one.median_distance is not None]
        if distances:
            yield f"median_distance_{unit.name}", _points(found, PERCENT * sum(distances) / len(distances))
        difference = found.differences.get(unit.name)
        yield f"lost_{unit.name}", _points(found, lost, f"{lost:.1f}{_against(difference)}")
        if difference is not None:
            yield f"lost_difference_{unit.name}", _of_both(found, difference.value)
            if math.isfinite(difference.half_width):
                yield f"lost_half_width_{unit.name}", _of_both(found, difference.half_width)


def _against(difference: Difference | None) -> str:
    """A difference beside its figure, in words short enough for a cell."""
    if difference is None:
        return ""
    if not math.isfinite(difference.half_width):
        return f" ({difference.value:+.1f})"
    mark = "" if abs(difference.value) > difference.half_width else " n.d."
    return f" ({round(difference.value, 1) + 0.0:+.1f} ± {difference.half_width:.1f}{mark})"


def _points(found: VariantErrors, value: float, text: str = "") -> Cell:
    return measured_cell(value, text or f"{value:.1f}", *found.found)


def _of_both(found: VariantErrors, value: float) -> Cell:
    """What follows from the records of two variants."""
    return measured_cell(value, f"{value:.1f}", *found.found, *found.reference)
