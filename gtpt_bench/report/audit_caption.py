"""What an audit's table shows, in sentences: how was counted, what the conventions mean, what nobody can explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.report.audit_counters import counters_sentences
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.caption import heading_sentences, unfinished_sentences
from gtpt_bench.report.records import VariantRecords
from gtpt_bench.study.plan import Plan


def audit_caption(plan: Plan, rows: Sequence[Audited], records: Mapping[str, VariantRecords]) -> list[str]:
    """The caption, a sentence or two a line."""
    lines = [*heading_sentences(plan), *definitions(rows)]
    if any(row.printed for row in rows):
        lines += rules(rows)
        lines.append("full / published: against the unrounded count of the convention named.")
    lines.append(
        "Saved by pruning: MACs against the same model keeping all its tokens, counted as the published figure is and "
        "in full."
    )
    lines += counters_sentences(records)
    lines += unexplained(rows)
    lines += unfinished_sentences(records)
    sources = dict.fromkeys(row.printed.source for row in rows if row.printed)
    if sources:
        lines.append(f"Cells in italics are reported, not measured: {'; '.join(sources)}.")
    return lines


def definitions(rows: Sequence[Audited]) -> list[str]:
    """Of MACs, and of the conventions that the table names."""
    found = [row.macs.name for row in rows if row.macs and row.macs.rounding]
    return [
        "MACs are counted by an operator trace of one image and are multiply-accumulates, whatever a paper calls them.",
        *(f"{name}: {CONVENTIONS[name].definition}" for name in dict.fromkeys(["full", *found])),
    ]


def rules(rows: Sequence[Audited]) -> list[str]:
    """How published figures are explained."""
    lines = [
        "A convention gives a published figure if its count, rounded to the digits printed, is that figure; where none "
        "does, digits are cut off instead (truncated). Of several, the one is named that gives most figures of the "
        "family, models counted by the same authors; in brackets those that give as many, which the digits printed "
        "cannot tell apart.",
    ]
    if any(row.printed and row.printed.counts for row in rows):
        lines.append(
            "A convention with a change of the model: the figure is known to count that network instead of the one "
            "whose accuracy is published."
        )
    lines.append(
        "Reported params are those of one copy of the weights, of the layers that thop sees, or the trainable ones, "
        "found in the same way."
    )
    return lines


def unexplained(rows: Sequence[Audited]) -> list[str]:
    """Figures that no way of counting gives."""
    names = [
        f"{row.name} ({figure} {unit})"
        for row in rows
        for how, figure, unit in (
            (row.macs, row.printed.gflops if row.printed else "", "GFLOPs"),
            (row.params, row.printed.params_m if row.printed else "", "M params"),
        )
        if how and how.rounding is None
    ]
    return [f"Not reproduced, no way of counting gives them: {'; '.join(names)}."] if names else []
