"""The table of an audit with times: models under one roof, what was published of each beside what is measured here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gtpt_bench.models.sources import source_of
from gtpt_bench.report.audit_cells import Cells, as_printed, cost_cells, explained_cells, printed_cost_cells
from gtpt_bench.report.audit_counters import counters_cell
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled, reported_cell
from gtpt_bench.report.timed import timing_cells
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.printed import Printed

COLUMNS = (
    Column("method", "published as"),
    Column("input_size", "input"),
    Column("params_reported_m", "params, reported (M)"),
    Column("params_m", "params (M)"),
    Column("params_counted", "reported params are"),
    Column("gflops_reported", "GFLOPs, reported"),
    Column("convention", "convention that gives them"),
    Column("in_convention_g", "MACs in it (G)"),
    Column("macs_full_g", "MACs full (G)"),
    Column("attention_percent", "of it attention (%)"),
    Column("counters", "", for_programs=True),
    Column("latency_ms", "latency (ms)"),
    Column("throughput", "images/s"),
)
NOTES = (Column("notes", "notes"), Column("note", "", for_programs=True))


def side_by_side(plan: Plan, rows: Sequence[Audited]) -> StudyTable:
    """A row a model in the plan's order, then one for each system that is not hosted."""
    assert plan.audit is not None
    numbered = numbered_notes(plan, rows)
    table = [Row(row.name, dict(_hosted(plan, row, numbered))) for row in rows]
    table += [Row(row.method, dict(_not_hosted(row, numbered)), reported=True) for row in plan.audit.not_hosted]
    columns = (*COLUMNS, *_accuracy_columns(plan), *NOTES)
    return StudyTable(filled(columns, tuple(table)), tuple(table), subject="model")


def accuracy_keys(plan: Plan) -> list[str]:
    """Columns of AP, AR or PCKh of the reference files, the one that counts most first."""
    assert plan.audit is not None
    return list(dict.fromkeys(key for row in plan.audit.published for key, figure in row.accuracy if figure))


def accuracy_in_words(key: str) -> str:
    """`AP`, `whole AP`, `PCKh val`, as people call a column."""
    return key.replace("_", " ")


def accuracy_column(key: str) -> str:
    """Key of the table's column, which stays apart from those of what is measured."""
    return f"{key.lower()}_reported"


def numbered_notes(plan: Plan, rows: Sequence[Audited]) -> dict[str, int]:
    """All notes of the table in the order of its rows, counted from 1; what is said of several rows stands once."""
    assert plan.audit is not None
    notes = [note for row in rows for note in _notes(plan, row)]
    notes += [row.note for row in plan.audit.not_hosted]
    return {note: number for number, note in enumerate(dict.fromkeys(notes), start=1)}


def _notes(plan: Plan, row: Audited) -> Iterator[str]:
    model, audit = plan.measured[row.variant].model, plan.study.audit
    changes = {own.name: own.changes for own in audit.models}.get(row.variant) if audit else None
    if changes:
        changed = ", ".join(f"{key}={value}" for key, value in changes.items())
        yield f"{model} with {changed}, of which nothing is published here"
    if note := source_of(model).note:
        yield note
    if row.printed and row.printed.note:
        yield row.printed.note


def _accuracy_columns(plan: Plan) -> Iterator[Column]:
    """An AR has its column for programs beside its AP, where people find it."""
    keys = accuracy_keys(plan)
    for key in keys:
        paired = key.endswith("AP") and _ar_of(key) in keys
        shown = f"{accuracy_in_words(key)}{' / AR' if paired else ''}, reported"
        beside = key.endswith("AR") and f"{key[:-2]}AP" in keys
        yield Column(accuracy_column(key), "" if beside else shown, for_programs=beside)


def _hosted(plan: Plan, row: Audited, numbered: Mapping[str, int]) -> Cells:
    planned, printed = plan.measured[row.variant], row.printed
    if printed:
        yield "method", reported_cell(None, printed.method, printed.file, printed.source)
        yield from printed_cost_cells(printed)
        yield from _accuracy_cells(printed)
    else:
        yield "method", Cell(source_of(planned.model).published_as, origin="configured")
    size = planned.config.input_size
    yield "input_size", Cell(f"{size.height}x{size.width}", origin="configured")
    yield from cost_cells(row)
    if row.records.measured_cost:
        yield "counters", counters_cell(row.records.measured_cost, None)
    yield from explained_cells(row)
    if planned.empty:
        yield from ((key, Cell("not timed", origin="configured")) for key in ("latency_ms", "throughput"))
    else:
        yield from timing_cells(row.variant, row.records)
    yield from _note_cells(list(_notes(plan, row)), numbered)


def _not_hosted(row: Printed, numbered: Mapping[str, int]) -> Cells:
    yield "method", reported_cell(None, row.method, row.file, row.source)
    if row.input_size:
        yield "input_size", reported_cell(None, row.input_size, row.file, row.source)
    yield from printed_cost_cells(row)
    yield from _accuracy_cells(row)
    yield from _note_cells([row.note], numbered)


def _accuracy_cells(row: Printed) -> Cells:
    figures = dict(row.accuracy)
    for key, figure in figures.items():
        if not figure:
            continue
        cell = as_printed(row, figure)
        beside = figures.get(_ar_of(key), "") if key.endswith("AP") else ""
        yield (
            accuracy_column(key),
            reported_cell(cell.value, f"{figure} / {beside}", row.file, row.source) if beside else cell,
        )


def _ar_of(key: str) -> str:
    return f"{key[:-2]}AR"


def _note_cells(notes: Sequence[str], numbered: Mapping[str, int]) -> Cells:
    if notes:
        yield "notes", Cell(", ".join(str(numbered[note]) for note in notes), origin="configured")
        yield "note", Cell("; ".join(notes), origin="configured")
