"""The table of a paper with its models: what was published of each beside what is measured here, and how far off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from gtpt_bench.models.sources import source_of
from gtpt_bench.report.audit_cells import Cells, from_both
from gtpt_bench.report.audited import Audited, audited
from gtpt_bench.report.audited import in_words as convention_in_words
from gtpt_bench.report.cells import NOTHING, Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.paper.kept_study import KeptStudy
from gtpt_bench.report.paper.marks import LESS, MORE, in_words, marked
from gtpt_bench.report.paper.timed import COLUMNS as TIME_COLUMNS
from gtpt_bench.report.paper.timed import paper_times
from gtpt_bench.report.records import Found
from gtpt_bench.report.side_by_side import NOTES, accuracy_column, accuracy_keys, side_by_side
from gtpt_bench.study.printed import Printed

PARAMS, GFLOPS, MACS, ACCURACY = "params (M)", "GFLOPs as published", "MACs full (G)", "accuracy, reported"
COST_COLUMNS = (
    Column("model", "", for_programs=True),
    Column("input_size", "input"),
    Column("params_reported_m", "reported", group=PARAMS),
    Column("params_m", "measured", group=PARAMS),
    Column("params_deviation_percent", "off by (%)", group=PARAMS),
    Column("params_counted", "", for_programs=True, group=PARAMS),
    Column("gflops_reported", "reported", group=GFLOPS),
    Column("in_convention_g", "measured", group=GFLOPS),
    Column("counted_as", "counted as", group=GFLOPS),
    Column("convention", "", for_programs=True, group=GFLOPS),
    Column("deviation", "rounded, off by", group=GFLOPS),
    Column("macs_full_g", "measured", group=MACS),
    Column("macs_full_deviation_percent", "off published (%)", group=MACS),
    Column("attention_percent", "", for_programs=True, group=MACS),
    Column("counters", "", for_programs=True, group=MACS),
)
JUDGED = {"params_reported_m": LESS, "params_m": LESS, "gflops_reported": LESS, "macs_full_g": LESS}
"""Columns whose figures are exact, or stand for themselves."""


def model_rows(kept: KeptStudy) -> list[Audited]:
    return audited(kept.plan, kept.records)


def model_table(kept: KeptStudy, rows: Sequence[Audited]) -> StudyTable:
    """A row a model by the name that papers give it, then the systems that are not hosted."""
    plain = side_by_side(kept.plan, rows)
    hosted = {row.name: row for row in rows}
    names = _names(kept, rows)
    timed = [name for name, cost in kept.plan.measured.items() if not cost.empty]
    times = paper_times(timed, kept.records)
    table = []
    for row in plain.rows:
        own = None if row.reported else hosted[row.name]
        cells = dict(row.cells)
        if own is not None:
            cells |= {"model": Cell(kept.plan.measured[own.variant].model, origin="configured")}
            cells |= times.get(own.variant, {})
            cells |= dict(_deviations(own))
        table.append(Row(names[row.name] if own else row.name, cells, row.reported))
    keys = accuracy_keys(kept.plan)
    judged = JUDGED | {accuracy_column(key): MORE for key in keys}
    told = marked(in_words(table), judged)
    return StudyTable(_columns(plain, keys, told), told, subject="method")


def _columns(plain: StudyTable, keys: Sequence[str], rows: tuple[Row, ...]) -> tuple[Column, ...]:
    """Those that some row fills; inputs only where they differ."""
    of_accuracy = {accuracy_column(key) for key in keys}
    accuracy = [
        Column(c.key, c.heading.removesuffix(", reported"), c.for_programs, ACCURACY)
        for c in plain.columns
        if c.key in of_accuracy
    ]
    sizes = {cell.text for row in rows if (cell := row.cells.get("input_size"))}
    columns = [c for c in (*COST_COLUMNS, *TIME_COLUMNS, *accuracy, *NOTES) if c.key != "input_size" or len(sizes) > 1]
    return filled(tuple(columns), rows)


def _names(kept: KeptStudy, rows: Sequence[Audited]) -> dict[str, str]:
    """What papers call each row; with the model's name where several are called so."""
    published = {row.name: _published_as(kept, row) for row in rows}
    times = Counter(published.values())
    return {name: words if times[words] == 1 else f"{words} ({name})" for name, words in published.items()}


def _published_as(kept: KeptStudy, row: Audited) -> str:
    if row.printed:
        return row.printed.method
    return source_of(kept.plan.measured[row.variant].model).published_as or row.name


def _deviations(row: Audited) -> Cells:
    """How far what is measured lies from what was published, to the digits that the published figure leaves."""
    cost, printed = row.records.measured_cost, row.printed
    if printed and printed.gflops and row.counted is None:
        state = "missing" if cost else str(row.records.cost_state)
        yield from ((key, Cell(state)) for key in ("in_convention_g", "counted_as"))
    if cost is None or printed is None:
        return
    metrics = cost.record["metrics"]
    yield "params_deviation_percent", _percent_off(metrics["params"] / 1e6, printed.params_m, printed, cost)
    yield "macs_full_deviation_percent", _percent_off(metrics["macs"]["full"] / 1e9, printed.gflops, printed, cost)
    if row.macs and row.counted:
        text = f"{row.macs.deviation:+}" if row.macs.deviation else "0"
        yield "deviation", from_both(measured_cell(float(row.macs.deviation), text, row.counted), printed)
        short = convention_in_words(replace(row.macs, equally_good=()), printed.counts)
        yield "counted_as", from_both(measured_cell(None, short, row.counted), printed)


def _percent_off(measured: float, figure: str, printed: Printed, cost: Found) -> Cell:
    if not figure:
        return NOTHING
    percent = 100 * (measured / float(figure) - 1)
    digits = 1 if rounding_percent(figure) < 1 else 0
    rounded = round(percent, digits)
    text = f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"
    return from_both(measured_cell(percent, text, cost), printed)


def rounding_percent(figure: str) -> float:
    """By how much a figure may be off because it was rounded: half of its last digit."""
    exponent = Decimal(figure).as_tuple().exponent
    assert isinstance(exponent, int), f"{figure!r} is no finite number"
    return 50 * 10.0**exponent / float(figure)
