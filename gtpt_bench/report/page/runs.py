"""Every run of a plan as a row: its state, what came of it, how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.page.traced import Places
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.state import Status
from gtpt_bench.study.store import StudyFolder, read_record

COLUMNS = (
    Column("variant", "variant"),
    Column("seed", "seed"),
    Column("state", "state"),
    Column("ap", "AP"),
    Column("ar", "AR"),
    Column("pckh", "PCKh@0.5 (%)"),
    Column("loss", "last loss"),
    Column("training_min", "training (min)"),
)

Cells = Iterator[tuple[str, Cell]]


def run_table(
    plan: Plan,
    folder: StudyFolder,
    records: Mapping[str, VariantRecords],
    statuses: Sequence[Status],
    places: Places,
) -> StudyTable | None:
    """In the plan's order; None for a plan that trains nothing.

    Args:
        statuses: of the plan's runs, in their order.
    """
    if not plan.runs:
        return None
    evaluated = {(name, run.seed): run.found for name, own in records.items() for run in own.evaluations}
    evaluated |= {(name, run.seed): run.found for name, own in records.items() for run in own.joints}
    rows = []
    for run, status in zip(plan.runs, statuses, strict=True):
        cells: dict[str, Cell] = {
            "variant": Cell(run.variant, origin="configured"),
            "seed": Cell(str(run.seed), float(run.seed), "configured"),
            "state": Cell(_state(status), origin="configured"),
            **dict(_evaluation(evaluated.get((run.variant, run.seed)))),
            **dict(_training(run, folder, places)),
        }
        rows.append(Row(f"{run.variant}, seed {run.seed}", cells))
    return StudyTable(filled(COLUMNS, tuple(rows)), tuple(rows), subject="run")


def _state(status: Status) -> str:
    return status.state if status.state == "done" else status.in_short


def _evaluation(found: Found | None) -> Cells:
    if found is None:
        return
    metrics = found.record["metrics"]
    for key, name, factor in (("ap", "AP", 100.0), ("ar", "AR", 100.0), ("pckh", "Mean", 1.0)):
        if name in metrics and not (name == "Mean" and "AP" in metrics):
            value = factor * metrics[name]
            yield key, measured_cell(value, f"{value:.1f}", found)


def _training(run: PlannedRun, folder: StudyFolder, places: Places) -> Cells:
    path = folder.run(run).train_record
    record = read_record(path, run.train_signature)
    if record is None or "provenance" not in record:
        return
    found = Found(record, str(path.relative_to(folder.path)))
    places.add(found)
    metrics = record.get("metrics", {})
    if "loss" in metrics:
        yield "loss", measured_cell(metrics["loss"], f"{metrics['loss']:.4g}", found)
    if "training_s" in metrics:
        minutes = metrics["training_s"] / 60
        yield "training_min", measured_cell(minutes, f"{minutes:.1f}", found)
