"""A table of a paper's ablations: the effects that the paper reports beside what the same change costs here.

MACs and parameters are exact and those of the full-size model. Accuracy of the quick profile is that of a tiny model on
drawn people: it stands in a group of columns of its own that says so, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gtpt_bench.data.config import DrawnData
from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.audit_cells import Cells
from gtpt_bench.report.caption import data_set
from gtpt_bench.report.cells import Column, Row, StudyTable, filled, measured_cell, reference_file, reported_cell
from gtpt_bench.report.paper.kept_study import KeptStudy
from gtpt_bench.report.paper.marks import LESS, in_words, marked
from gtpt_bench.report.paper.timed import COLUMNS as TIME_COLUMNS
from gtpt_bench.report.paper.timed import paper_times
from gtpt_bench.report.paper.which import AblationTable
from gtpt_bench.report.table import study_table
from gtpt_bench.study.reported import Reported

EFFECT, COST, CHANGE = "effect, reported", "cost, measured", "change of MACs, measured (%)"
REPORTED_EFFECTS = {"ap_effect_reported": "ap_difference", "macs_effect_reported_percent": "macs_change_percent"}
"""Columns of this table by those of the reference file."""
ACCURACY = {"ap": "AP", "ap_difference": "difference"}
ACCURACY_FOR_PROGRAMS = (
    "ap_low",
    "ap_high",
    "ap_seed_sd",
    "ap_difference_half_width",
    "ap_difference_p",
    "ap_difference_p_holm",
)


def ablation_table(wanted: AblationTable, kept: KeptStudy, accuracy: StudyAccuracy | None) -> StudyTable:
    """Rows of the table's variants, each with the effect that the paper reports of it."""
    plain = {row.name: row.cells for row in study_table(kept.plan, kept.records, accuracy).rows if not row.reported}
    times = paper_times(wanted.variants, kept.records)
    rows = [Row(name, {**plain[name], **times[name], **dict(_effects(kept, name))}) for name in wanted.variants]
    told = marked(in_words(rows), {"macs_full_g": LESS})
    return StudyTable(filled(tuple(_columns(kept)), told), told)


def is_measured_on_people(kept: KeptStudy) -> bool:
    """Whether its accuracy is that of photographs, not of drawings."""
    return bool(kept.plan.runs) and not isinstance(kept.plan.runs[0].config.data, DrawnData)


def _columns(kept: KeptStudy) -> Iterator[Column]:
    yield Column("compared_with", "compared with")
    yield Column("ap_effect_reported", "AP", group=EFFECT)
    yield Column("macs_effect_reported_percent", "MACs (%)", group=EFFECT)
    yield Column("params_m", "params (M)", group=COST)
    yield Column("macs_full_g", "MACs full (G)", group=COST)
    yield Column("macs_thop_g", "MACs thop (G)", group=COST)
    yield Column("macs_full_change_percent", "full", group=CHANGE)
    yield Column("macs_thop_change_percent", "thop", group=CHANGE)
    yield Column("macs_effect_deviation", "thop off reported (points)", group=CHANGE)
    yield from TIME_COLUMNS
    if kept.plan.runs:
        group = _accuracy_group(kept)
        yield from (Column(key, heading, group=group) for key, heading in ACCURACY.items())
        yield from (Column(key, "", for_programs=True, group=group) for key in ACCURACY_FOR_PROGRAMS)


def _accuracy_group(kept: KeptStudy) -> str:
    """Never to be taken for AP of the paper's models where it is not."""
    if is_measured_on_people(kept):
        return f"AP on {data_set(kept.plan)}, measured"
    return f"drawn people, {kept.plan.trained_model}: not {data_set(kept.plan)}"


def _effects(kept: KeptStudy, variant: str) -> Cells:
    for reported in (one for one in kept.plan.reported if one.variant == variant):
        for key, column in REPORTED_EFFECTS.items():
            value = reported.values.get(column)
            if value is not None:
                yield key, reported_cell(value, f"{value:+g}", reported.file, reported.source)
        yield from _deviation(kept, variant, reported)


def _deviation(kept: KeptStudy, variant: str, reported: Reported) -> Cells:
    """How far the measured change lies from the reported one, both as the authors count; reported are whole numbers."""
    value = reported.values.get("macs_change_percent")
    own, base = (kept.records[name].measured_cost for name in (variant, kept.plan.reference(variant)))
    if value is None or reported.macs_convention != "thop" or own is None or base is None:
        return
    pruned, whole = (found.record["metrics"]["macs"]["thop"] for found in (own, base))
    off = 100 * (pruned / whole - 1) - value
    cell = measured_cell(off, f"{round(off):+d}" if round(off) else "0", own, base)
    yield "macs_effect_deviation", replace(cell, files=(*cell.files, reference_file(reported.file)))
