"""What each variant changes against the one it is compared with: AP in points, cost and time in per cent.

AP has the interval and the verdict of the study's table. Time has those of a bootstrap over paired rounds
(efficiency/timing/comparison.py). Counts of MACs and parameters are exact and have no interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from gtpt_bench.efficiency.timing.comparison import compared
from gtpt_bench.evaluation.differences import LEVEL
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.study.plan import Plan

QUANTITIES = {
    "ap": "AP (points)",
    "macs_full": "MACs full (%)",
    "params": "params (%)",
    "latency": "latency (%)",
    "throughput": "images/s (%)",
}
TOLD, NOT_TOLD = "distinguishable", "not distinguishable"
SEED = 0
"""Of the bootstrap."""

Cells = Iterator[tuple[str, Cell]]
Sample = Callable[[Mapping[str, list[float]]], list[float]]


def effects(plan: Plan, table: StudyTable, records: Mapping[str, VariantRecords]) -> StudyTable | None:
    """A row a variant that is compared with another, and each reported difference; None where nothing is compared."""
    if plan.audit is not None or (plan.timing is not None and plan.timing.grid is not None):
        return None
    rows = [Row(row.name, dict(_reported(row)), reported=True) for row in table.rows if row.reported]
    rows = [*_measured(plan, table, records), *(row for row in rows if row.cells)]
    columns = filled(tuple(_columns()), tuple(rows))
    return StudyTable(columns, tuple(rows)) if len(columns) > 1 else None


def _columns() -> Iterator[Column]:
    yield Column("compared_with", "compared with")
    for key, heading in QUANTITIES.items():
        yield Column(key, f"change of {heading}")
        yield Column(f"{key}_low", f"{heading}: from", for_programs=True)
        yield Column(f"{key}_high", f"{heading}: to", for_programs=True)
        yield Column(f"{key}_told", f"{heading}: verdict", for_programs=True)


def _measured(plan: Plan, table: StudyTable, records: Mapping[str, VariantRecords]) -> Iterator[Row]:
    for row in table.rows:
        if row.reported or row.name not in records:
            continue
        other = plan.reference(row.name)
        if other != row.name and other in records:
            cells = {**dict(_ap(row)), **dict(_cost(records[row.name], records[other]))}
            cells |= dict(_times(row.name, other, records[row.name].timing))
            if cells:
                yield Row(row.name, {"compared_with": Cell(other, origin="configured"), **cells})


def _ap(row: Row) -> Cells:
    """As the table has it, with the ends of its interval."""
    difference, width = row.cells.get("ap_difference"), row.cells.get("ap_difference_half_width")
    corrected = row.cells.get("ap_difference_p_holm")
    if difference is None or difference.value is None:
        return
    same = partial(Cell, origin="measured", files=difference.files, code=difference.code, machine=difference.machine)
    yield "ap", difference
    if width is not None and width.value is not None:
        for end, value in (("low", difference.value - width.value), ("high", difference.value + width.value)):
            yield f"ap_{end}", same(f"{value:+.1f}", value)
    if corrected is not None and corrected.value is not None:
        yield "ap_told", same(TOLD if corrected.value < LEVEL else NOT_TOLD)


def _cost(own: VariantRecords, other: VariantRecords) -> Cells:
    if own.measured_cost is None or other.measured_cost is None:
        return
    metrics, base = own.measured_cost.record["metrics"], other.measured_cost.record["metrics"]
    for key, value, before in (
        ("macs_full", metrics["macs"]["full"], base["macs"]["full"]),
        ("params", metrics["params"], base["params"]),
    ):
        change = 100 * (value / before - 1)
        yield key, measured_cell(change, f"{change:+.1f}", own.measured_cost, other.measured_cost)


def _times(name: str, other: str, timing: Found | None) -> Cells:
    samples = timing.record.get("samples", {}) if timing else {}
    if timing is None or name not in samples or other not in samples:
        return
    for key, rounds in (("latency", _latency), ("throughput", _images_per_s)):
        found = compared(rounds(samples[other]), rounds(samples[name]), rng=np.random.default_rng(SEED))
        change, low, high = (100 * (ratio - 1) for ratio in (found.ratio, found.low, found.high))
        yield key, measured_cell(change, f"{change:+.1f}", timing)
        if found.num_rounds > 1:
            yield f"{key}_low", measured_cell(low, f"{low:+.1f}", timing)
            yield f"{key}_high", measured_cell(high, f"{high:+.1f}", timing)
            told = found.verdict in ("faster", "slower")
            yield f"{key}_told", measured_cell(None, TOLD if told else NOT_TOLD, timing)


def _latency(samples: Mapping[str, list[list[float]]]) -> list[float]:
    return [float(np.median(calls)) for calls in samples["latency_ns"]]


def _images_per_s(samples: Mapping[str, list[float]]) -> list[float]:
    return [float(value) for value in samples["throughput_images_per_s"]]


def _reported(row: Row) -> Cells:
    for key, column in (("ap", "ap_difference"), ("macs_full", "macs_full_change_percent")):
        cell = row.cells.get(column)
        if cell is not None and cell.value is not None:
            yield key, cell
    if "compared_with" in row.cells and "ap_difference" in row.cells:
        yield "compared_with", row.cells["compared_with"]
