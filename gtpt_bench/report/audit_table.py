"""The table of an audit: of each model what was published, which count gives that, and what it really costs."""

from __future__ import annotations

from gtpt_bench.report.audit_cells import (
    Cells,
    cost_cells,
    explained_cells,
    from_both,
    number_cell,
    printed_cost_cells,
)
from gtpt_bench.report.audit_counters import counters_cell
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled, measured_cell, reported_cell
from gtpt_bench.report.records import Found
from gtpt_bench.report.reproduced import Reproduction
from gtpt_bench.study.printed import Printed

COLUMNS = (
    Column("method", "published as"),
    Column("params_reported_m", "params, reported (M)"),
    Column("params_m", "params (M)"),
    Column("params_counted", "reported params are"),
    Column("gflops_reported", "GFLOPs, reported"),
    Column("convention", "convention that gives them"),
    Column("in_convention_g", "MACs in it (G)"),
    Column("deviation", "rounded, off by"),
    Column("macs_full_g", "MACs full (G)"),
    Column("attention_percent", "of it attention (%)"),
    Column("counters", "counters that agree"),
    Column("full_to_published", "full / published"),
    Column("saving_published_percent", "saved by pruning as published (%)"),
    Column("saving_full_percent", "saved in full (%)"),
)


def audit_table(rows: list[Audited]) -> StudyTable:
    table = tuple(Row(row.name, dict(_cells(row))) for row in rows)
    return StudyTable(filled(COLUMNS, table), table, subject="model")


def _cells(row: Audited) -> Cells:
    if row.printed:
        yield "method", reported_cell(None, row.printed.method, row.printed.file, row.printed.source)
        yield from printed_cost_cells(row.printed)
    else:
        yield "method", Cell("not published")
    yield from cost_cells(row)
    cost, dense = row.records.measured_cost, row.records.dense_cost
    if cost is None:
        return
    yield "counters", counters_cell(cost, dense)
    yield from explained_cells(row)
    if row.macs and row.printed and row.counted:
        yield from _distance(row.macs, row.printed, cost, row.counted)
    if dense:
        yield from _savings(row.macs, cost, dense)


def _distance(macs: Reproduction, printed: Printed, cost: Found, counted: Found) -> Cells:
    """From the figure to what its convention counts, and to the true cost."""
    deviation = f"{macs.deviation:+}" if macs.deviation else "0"
    yield "deviation", from_both(measured_cell(float(macs.deviation), deviation, counted), printed)
    published_g = macs.value if macs.rounding else float(printed.gflops)
    ratio = cost.record["metrics"]["macs"]["full"] / 1e9 / published_g
    yield "full_to_published", from_both(number_cell(ratio, 2, *dict.fromkeys((cost, counted))), printed)


def _savings(macs: Reproduction | None, cost: Found, dense: Found) -> Cells:
    """MACs that pruning saves, in full and as the published figure counts them."""
    conventions = {"saving_full_percent": "full"}
    if macs and macs.rounding:
        conventions["saving_published_percent"] = macs.name
    for key, convention in conventions.items():
        pruned, whole = (found.record["metrics"]["macs"][convention] for found in (cost, dense))
        yield key, number_cell(100 * (1 - pruned / whole), 1, cost, dense)
