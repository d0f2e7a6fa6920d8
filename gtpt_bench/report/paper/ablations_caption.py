"""What a table of ablations shows: notes on how each figure came about, and what is not AP on COCO."""

from __future__ import annotations

from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.caption import accuracy_sentences, cost_sentences
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.paper.ablations import is_measured_on_people
from gtpt_bench.report.paper.kept_study import KeptStudy
from gtpt_bench.report.paper.models_caption import best_sentences, measured_sentences, missing_sentences
from gtpt_bench.report.paper.which import AblationTable


def ablation_notes(
    wanted: AblationTable, kept: KeptStudy, table: StudyTable, accuracy: StudyAccuracy | None
) -> list[str]:
    """A sentence or two a line."""
    plan, records = kept.plan, {name: kept.records[name] for name in wanted.variants}
    reported = [row for row in plan.reported if row.variant in wanted.variants]
    lines = [
        *cost_sentences(plan, {}),
        *measured_sentences(list(records.values()), f"{plan.measured_model}, float32, as trained, all variants"),
        "Which variants the paper compares is inferred. Effects: against the variant compared with.",
    ]
    if any("macs_effect_deviation" in row.cells for row in table.rows):
        lines.append("Off reported: the measured change less the reported one, which is a whole number; both in thop.")
    if not is_measured_on_people(kept):
        lines.append("No AP of the full-size model was measured: random weights, no seeds.")
    if accuracy:
        lines += accuracy_sentences(plan, accuracy)
    lines += best_sentences(table)
    lines += missing_sentences(records)
    if reported:
        named = dict.fromkeys(f"{row.method}, {row.source}" for row in reported)
        lines.append(f"Italics: reported, not measured: {'; '.join(named)}.")
    return lines
