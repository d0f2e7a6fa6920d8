"""What goes into a report, by the kind of study: its table, the caption, and the plots, which are drawn when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from gtpt_bench.report.accuracy import StudyAccuracy, study_accuracy
from gtpt_bench.report.audit_caption import audit_caption
from gtpt_bench.report.audit_table import audit_table
from gtpt_bench.report.audited import audited
from gtpt_bench.report.caption import smaller_sentences, table_caption, untrained_sentences
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.errors import StudyErrors, study_errors
from gtpt_bench.report.errors_plots import ERROR_PLOTS, draw_errors
from gtpt_bench.report.plots.by_name import PLOTS, draw
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.records import VariantRecords, gather
from gtpt_bench.report.side_by_side import side_by_side
from gtpt_bench.report.side_by_side_caption import side_by_side_caption
from gtpt_bench.report.side_by_side_plot import reported_accuracy
from gtpt_bench.report.speed import study_speed
from gtpt_bench.report.speed_caption import speed_caption
from gtpt_bench.report.speed_maps import speed_maps
from gtpt_bench.report.speed_table import speed_table
from gtpt_bench.report.table import study_table
from gtpt_bench.report.tokens import StudyTokens
from gtpt_bench.report.trainings import training_sentences
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPEED_UP = "speed_up"
"""Name of the plot of a study of batches and ways."""
REPORTED_ACCURACY = "reported_accuracy"
"""Name of the plot of models side by side."""

Drawing = Callable[[], "tuple[Figure, str] | NotDrawn | None"]
"""Draws a figure and gives it with its caption; why not, or None, if its data are not there."""


@dataclass(frozen=True)
class Contents:
    """Attributes:
    caption: of the table, a sentence or two a line.
    plots: by the names of their files.
    errors: reads them when first asked; None where no evaluation looked for them.
    tokens: likewise; without variants where no evaluation recorded which are kept.
    records: that all of it follows from, by variant.
    """

    table: StudyTable
    caption: list[str]
    plots: dict[str, Drawing]
    errors: Callable[[], StudyErrors | None] = lambda: None
    tokens: Callable[[], StudyTokens] = StudyTokens
    records: Mapping[str, VariantRecords] = field(default_factory=dict)


def contents(plan: Plan, folder: StudyFolder) -> Contents:
    """From a study's records alone; parts without result are named as such."""
    records = gather(plan, folder)
    return replace(_contents(plan, folder, records), records=records)


def _contents(plan: Plan, folder: StudyFolder, records: dict[str, VariantRecords]) -> Contents:
    if plan.audit:
        return _of_audit(plan, records)
    if plan.timing and plan.timing.grid:
        return _of_speed(plan, records)
    return _of_variants(plan, folder, records)


def _of_audit(plan: Plan, records: dict[str, VariantRecords]) -> Contents:
    rows = audited(plan, records)
    if plan.timing is None:
        return Contents(audit_table(rows), audit_caption(plan, rows, records), {})
    table = side_by_side(plan, rows)
    plots: dict[str, Drawing] = {REPORTED_ACCURACY: partial(reported_accuracy, plan, rows, table)}
    return Contents(table, side_by_side_caption(plan, rows, records), plots)


def _of_speed(plan: Plan, records: dict[str, VariantRecords]) -> Contents:
    speed = study_speed(plan, records)
    plots: dict[str, Drawing] = {SPEED_UP: partial(speed_maps, plan, speed)} if speed else {}
    return Contents(speed_table(plan, records, speed), speed_caption(plan, records, speed), plots)


def _of_variants(plan: Plan, folder: StudyFolder, records: dict[str, VariantRecords]) -> Contents:
    accuracy = study_accuracy({name: r.evaluations for name, r in records.items()}, plan.reference)
    table = study_table(plan, records, accuracy)
    errors = cache(partial(study_errors, records, plan.reference))
    wanted = plan.study.report.plots
    material = Material(plan, table, accuracy, records, folder)
    drawings: dict[str, Drawing] = {name: partial(draw, name, material) for name in PLOTS}
    drawings |= {name: partial(_of_errors, name, plan, errors) for name in ERROR_PLOTS}
    plots: dict[str, Drawing] = {
        name: partial(_warned, drawings[name], plan, accuracy) for name in (PLOTS if wanted is None else wanted)
    }
    caption = [*table_caption(plan, records, accuracy), *training_sentences(plan, folder)]
    return Contents(table, caption, plots, errors, lambda: material.tokens)


def _of_errors(name: str, plan: Plan, errors: Callable[[], StudyErrors | None]) -> tuple[Figure, str] | None:
    return draw_errors(name, plan, errors())


def _warned(drawing: Drawing, plan: Plan, accuracy: StudyAccuracy | None) -> tuple[Figure, str] | NotDrawn:
    """A plot with the warnings that the table has too."""
    warnings = []
    if accuracy and plan.study.accuracy:
        warnings = [*smaller_sentences(plan, accuracy), *untrained_sentences(accuracy)]
    drawn = drawing()
    if drawn is None or isinstance(drawn, NotDrawn):
        return drawn or NotDrawn("its data are not there yet")
    return Drawn(drawn[0], " ".join([drawn[1], *warnings]))
