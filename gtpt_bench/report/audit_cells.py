"""Cells of both tables of an audit: what was printed of a model, what it costs, and which count gives the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gtpt_bench.report.audited import Audited, in_words
from gtpt_bench.report.cells import NOTHING, Cell, measured_cell, reference_file, reported_cell
from gtpt_bench.report.records import Found
from gtpt_bench.study.printed import Printed

Cells = Iterator[tuple[str, Cell]]
"""By the keys of their columns."""


def printed_cost_cells(printed: Printed) -> Cells:
    for key, figure in (("params_reported_m", printed.params_m), ("gflops_reported", printed.gflops)):
        yield key, as_printed(printed, figure)


def as_printed(printed: Printed, figure: str) -> Cell:
    """A figure letter by letter."""
    return reported_cell(float(figure), figure, printed.file, printed.source) if figure else NOTHING


def cost_cells(row: Audited) -> Cells:
    """Of the model itself; the state of what was planned where there is no cost yet."""
    cost = row.records.measured_cost
    if cost is None:
        yield from ((key, Cell(str(row.records.cost_state))) for key in ("params_m", "macs_full_g"))
        return
    metrics = cost.record["metrics"]
    full, attention = metrics["macs"]["full"], metrics["macs"]["attention"]
    yield "params_m", number_cell(metrics["params"] / 1e6, 3, cost)
    yield "macs_full_g", number_cell(full / 1e9, 3, cost)
    yield "attention_percent", number_cell(100 * attention / full, 1, cost)


def explained_cells(row: Audited) -> Cells:
    """Of which parameters a paper speaks, and the convention that gives its GFLOPs, with the unrounded count."""
    if row.printed is None or row.counted is None:
        return
    if row.params:
        yield "params_counted", from_both(measured_cell(None, in_words(row.params), row.counted), row.printed)
    if row.macs:
        words = in_words(row.macs, row.printed.counts)
        yield "convention", from_both(measured_cell(None, words, row.counted), row.printed)
        yield "in_convention_g", number_cell(row.macs.value, 3, row.counted)


def from_both(cell: Cell, printed: Printed) -> Cell:
    """A measured cell that a published figure went into."""
    return replace(cell, files=(*cell.files, reference_file(printed.file)))


def number_cell(value: float, digits: int, *found: Found) -> Cell:
    return measured_cell(value, f"{value:.{digits}f}", *found)
