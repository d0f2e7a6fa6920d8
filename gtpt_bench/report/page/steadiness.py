"""How far the medians of a study's timing may be off, as columns beside them; the table has it in its caption."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, measured_cell
from gtpt_bench.report.records import VariantRecords

COLUMNS = (
    Column("latency_ms_error", "latency: standard error (ms)", for_programs=True),
    Column("throughput_error", "images/s: standard error", for_programs=True),
)


def with_steadiness(table: StudyTable, records: Mapping[str, VariantRecords]) -> StudyTable:
    """The table with standard errors over rounds; the same table where nothing was timed."""
    if not {"latency_ms", "throughput"} & {column.key for column in table.columns}:
        return table
    rows = tuple(_with_errors(row, records.get(row.name)) for row in table.rows)
    if rows == table.rows:
        return table
    return replace(table, rows=rows, columns=(*table.columns, *COLUMNS))


def _with_errors(row: Row, records: VariantRecords | None) -> Row:
    if row.reported or records is None:
        return row
    return replace(row, cells={**row.cells, **dict(_errors(row, records))})


def _errors(row: Row, records: VariantRecords) -> Iterator[tuple[str, Cell]]:
    timing = records.timing
    samples = timing.record.get("samples", {}).get(row.name) if timing else None
    if timing is None or samples is None:
        return
    rounds = {
        "latency_ms": [float(np.median(calls)) for calls in samples["latency_ns"]],
        "throughput": samples["throughput_images_per_s"],
    }
    for key, values in rounds.items():
        shown, relative = row.cells.get(key), median_error(values)
        if shown is not None and shown.value is not None and math.isfinite(relative):
            error = shown.value * relative
            yield f"{key}_error", measured_cell(error, f"{error:.2g}", timing)
