"""What a table of models side by side shows, in sentences: how each figure came about, and what cannot be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gtpt_bench.report.audit_caption import definitions, rules, unexplained
from gtpt_bench.report.audit_counters import counters_sentences
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.caption import heading_sentences, timing_sentence, unfinished_sentences
from gtpt_bench.report.claims import claim_sentences
from gtpt_bench.report.records import VariantRecords
from gtpt_bench.report.side_by_side import numbered_notes
from gtpt_bench.study.plan import Plan


def side_by_side_caption(plan: Plan, rows: Sequence[Audited], records: Mapping[str, VariantRecords]) -> list[str]:
    """The caption, a sentence or two a line."""
    assert plan.audit is not None
    timing = next((row.records.timing for row in rows if row.records.timing), None)
    lines = heading_sentences(plan)
    if timing:
        lines.append(timing_sentence(timing, "float32, as trained, all models"))
    lines += definitions(rows)
    lines += rules(rows)
    lines += unexplained(rows)
    lines += mixed_sentences(plan, rows)
    lines += claim_sentences(plan, records)
    lines.append(
        "Accuracy is what the papers report, each with its own training and evaluation; none of it was measured here. "
        "Cost and time were, with random weights."
    )
    lines += [f"Note {number}: {note}." for note, number in numbered_notes(plan, rows).items()]
    lines += counters_sentences(records)
    lines += unfinished_sentences(records)
    printed = [*plan.audit.published, *plan.audit.not_hosted]
    sources = dict.fromkeys(row.source for row in printed)
    lines.append(f"Cells and rows in italics are reported, not measured: {'; '.join(sources)}.")
    return lines


def mixed_sentences(plan: Plan, rows: Sequence[Audited]) -> list[str]:
    """Families whose figures are all explained, but by no one convention: at least one of them by chance, perhaps."""
    families: dict[type, list[Audited]] = defaultdict(list)
    for row in rows:
        if row.macs and row.macs.rounding:
            families[type(plan.measured[row.variant].config)].append(row)
    mixed = [
        ", ".join(row.name for row in family)
        for family in families.values()
        if not set.intersection(*({row.macs.name, *row.macs.equally_good} for row in family if row.macs))
    ]
    if not mixed:
        return []
    return [f"Published together, but given by no one convention, so that a fit may be chance: {'; '.join(mixed)}."]
