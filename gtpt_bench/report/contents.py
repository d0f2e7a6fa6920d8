"""What goes into a report, by the kind of study: its table, the caption, and the plots that the study names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.report.accuracy import StudyAccuracy, study_accuracy
from gtpt_bench.report.audit_caption import audit_caption
from gtpt_bench.report.audit_table import audit_table, audited
from gtpt_bench.report.caption import smaller_sentences, table_caption, untrained_sentences
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.plots import draw
from gtpt_bench.report.records import VariantRecords, gather
from gtpt_bench.report.speed import study_speed
from gtpt_bench.report.speed_caption import speed_caption
from gtpt_bench.report.speed_maps import speed_maps
from gtpt_bench.report.speed_table import speed_table
from gtpt_bench.report.table import study_table
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SPEED_UP = "speed_up"
"""Name of the plot of a study of batches and ways."""


class Plot(NamedTuple):
    """A figure, the name of its files, and its caption."""

    name: str
    figure: Figure
    caption: str


@dataclass(frozen=True)
class Contents:
    """Attributes:
    caption: of the table, a sentence or two a line.
    """

    table: StudyTable
    caption: list[str]
    plots: tuple[Plot, ...]


def contents(plan: Plan, folder: StudyFolder) -> Contents:
    """From a study's records alone; parts without result are named as such."""
    records = gather(plan, folder)
    if plan.audit:
        return _of_audit(plan, records)
    if plan.timing and plan.timing.grid:
        return _of_speed(plan, records)
    return _of_variants(plan, records)


def _of_audit(plan: Plan, records: dict[str, VariantRecords]) -> Contents:
    rows = audited(plan, records)
    return Contents(audit_table(rows), audit_caption(plan, rows, records), ())


def _of_speed(plan: Plan, records: dict[str, VariantRecords]) -> Contents:
    speed = study_speed(plan, records)
    plots = (Plot(SPEED_UP, *speed_maps(plan, speed)),) if speed else ()
    return Contents(speed_table(plan, records, speed), speed_caption(plan, records, speed), plots)


def _of_variants(plan: Plan, records: dict[str, VariantRecords]) -> Contents:
    accuracy = study_accuracy({name: r.evaluations for name, r in records.items()}, plan.reference)
    table = study_table(plan, records, accuracy)
    return Contents(table, table_caption(plan, records, accuracy), tuple(_plots(plan, table, accuracy)))


def _plots(plan: Plan, table: StudyTable, accuracy: StudyAccuracy | None) -> Iterator[Plot]:
    warnings = []
    if accuracy and plan.study.accuracy:
        warnings = [*smaller_sentences(plan, accuracy), *untrained_sentences(accuracy)]
    for name in plan.study.report.plots:
        drawn = draw(name, plan, table, accuracy)
        if drawn is not None:
            figure, words = drawn
            yield Plot(name, figure, " ".join([words, *warnings]))
