"""The table of a study of batches and ways: a row a variant in a way of running, three columns a batch size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.records import VariantRecords
from gtpt_bench.report.speed import CellSpeed, SpeedUp, StudySpeed
from gtpt_bench.shown import NONE
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.timing_spec import TimingGrid


def speed_table(plan: Plan, records: Mapping[str, VariantRecords], speed: StudySpeed | None) -> StudyTable:
    """Ways one after the other, in each the variants in the plan's order."""
    grid = grid_of(plan)
    rows = tuple(
        Row(f"{way}: {variant}", dict(_cells(plan, records, speed, variant, way)))
        for way in grid.ways
        for variant in plan.variants
    )
    return StudyTable(filled(columns(grid), rows), rows, subject="way: variant")


def grid_of(plan: Plan) -> TimingGrid:
    assert plan.timing is not None
    assert plan.timing.grid is not None
    return plan.timing.grid


def columns(grid: TimingGrid) -> tuple[Column, ...]:
    by_batch = [
        column
        for batch in sorted(grid.batches)
        for column in (
            Column(f"images_per_s_{batch}", f"batch {batch}: images/s"),
            Column(f"call_ms_{batch}", "ms a call"),
            Column(f"speed_up_{batch}", "speed-up [95 %]"),
            Column(f"speed_up_low_{batch}", "", for_programs=True),
            Column(f"speed_up_high_{batch}", "", for_programs=True),
            Column(f"verdict_{batch}", "", for_programs=True),
        )
    ]
    return (
        Column("keep_rates", "keep rates"),
        Column("macs_full_g", "MACs full (G)"),
        Column("macs_fewer", "fewer MACs (×)"),
        *by_batch,
    )


def _cells(
    plan: Plan, records: Mapping[str, VariantRecords], speed: StudySpeed | None, variant: str, way: str
) -> Iterator[tuple[str, Cell]]:
    yield "keep_rates", Cell(plan.measured[variant].config.pruning_words or NONE, origin="configured")
    yield from _macs(plan, records, variant)
    for batch in grid_of(plan).batches:
        keys = (f"images_per_s_{batch}", f"call_ms_{batch}", f"speed_up_{batch}")
        if speed is None:
            yield from ((key, Cell(str(records[variant].timing_state))) for key in keys)
        else:
            yield from _times(speed, speed.cells[variant, way, batch], batch)


def _macs(plan: Plan, records: Mapping[str, VariantRecords], variant: str) -> Iterator[tuple[str, Cell]]:
    own, other = records[variant].measured_cost, records[plan.reference(variant)].measured_cost
    if own is None:
        yield "macs_full_g", Cell(str(records[variant].cost_state))
        return
    full = own.record["metrics"]["macs"]["full"]
    yield "macs_full_g", measured_cell(full / 1e9, f"{full / 1e9:.3f}", own)
    if other is not None and other != own:
        fewer = other.record["metrics"]["macs"]["full"] / full
        yield "macs_fewer", measured_cell(fewer, f"{fewer:.2f}", own, other)


def _times(speed: StudySpeed, cell: CellSpeed, batch: int) -> Iterator[tuple[str, Cell]]:
    if cell.recompiled:
        yield f"images_per_s_{batch}", Cell("invalid: compiled anew while time was taken")
        return
    yield f"images_per_s_{batch}", measured_cell(cell.images_per_s, f"{cell.images_per_s:.1f}", speed.found)
    yield f"call_ms_{batch}", measured_cell(cell.call_ms, f"{cell.call_ms:.1f}", speed.found)
    found = cell.speed_up
    if found is None:
        return
    yield f"speed_up_{batch}", measured_cell(found.factor, in_words(found), speed.found)
    for key, value in zip(("low", "high"), found.interval or (), strict=False):
        yield f"speed_up_{key}_{batch}", measured_cell(value, f"{value:.2f}", speed.found)
    yield f"verdict_{batch}", measured_cell(None, found.verdict, speed.found)


def in_words(found: SpeedUp) -> str:
    """`2.08 [2.01, 2.15] faster`."""
    if found.interval is None:
        return f"{found.factor:.2f}, one round"
    low, high = found.interval
    return f"{found.factor:.2f} [{low:.2f}, {high:.2f}] {found.verdict}"
