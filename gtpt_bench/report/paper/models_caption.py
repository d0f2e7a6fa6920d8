"""What a paper's table of models shows: a title, and notes on how each figure came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gtpt_bench.report.audit_caption import definitions, rules, unexplained
from gtpt_bench.report.audit_counters import counters_sentences
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.caption import shortened, timing_sentence
from gtpt_bench.report.cells import StudyTable, measured_cell
from gtpt_bench.report.claims import claim_sentences
from gtpt_bench.report.paper.kept_study import KeptStudy
from gtpt_bench.report.paper.which import ModelTable
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.side_by_side import numbered_notes
from gtpt_bench.report.side_by_side_caption import mixed_sentences


def model_notes(wanted: ModelTable, kept: KeptStudy, rows: Sequence[Audited], table: StudyTable) -> list[str]:
    """A sentence or two a line."""
    plan = kept.plan
    assert plan.audit is not None
    return [
        *measured_sentences(list(kept.records.values()), "float32, as trained, all models"),
        *definitions(rows),
        *rules(rows),
        "Conventions in brackets, and how the reported params are counted, stand in the CSV file.",
        "Off by: measured against reported; rounded, off by: as the paper counts, in its last digit. Where a published "
        "figure may be 1 % off or more by its rounding alone, up to a quarter for one digit, no decimals are shown.",
        *unexplained(rows),
        *mixed_sentences(plan, rows),
        *claim_sentences(plan, kept.records),
        f"Accuracy is what the papers report on {wanted.protocol}; each with its own training and evaluation, without "
        "seeds or intervals. None of it was measured here; cost and time were, with random weights, which change "
        "neither.",
        *best_sentences(table),
        *(f"Note {number}: {note}." for note, number in numbered_notes(plan, rows).items()),
        *counters_sentences(kept.records),
        *missing_sentences(kept.records),
        *_sources(plan.audit.published, plan.audit.not_hosted),
    ]


def measured_sentences(records: Sequence[VariantRecords], what: str) -> Iterator[str]:
    """On which machine, in which precision, at which batch and by which code; nothing where nothing is measured.

    Args:
        what: was timed in turn, and in which way.
    """
    timing = next((own.timing for own in records if own.timing), None)
    if timing:
        yield timing_sentence(timing, what)
        yield "± after a time: standard error of its median over rounds."
    found = [one for own in records for one in (own.measured_cost, own.timing) if one]
    if found:
        codes = "; ".join(dict.fromkeys(_code(one) for one in found))
        yield f"Measured by code {codes}."


def missing_sentences(records: Mapping[str, VariantRecords]) -> Iterator[str]:
    """What is not measured, stale or failed, and of which rows; what holds of several stands once."""
    said: dict[str, list[str]] = {}
    for name, own in records.items():
        for words in (*own.unmeasured, *own.unfinished):
            said.setdefault(words, []).append(name)
    if said:
        whom = {
            words: "every row" if len(names) == len(records) > 1 else ", ".join(names) for words, names in said.items()
        }
        yield f"Without result: {'; '.join(f'{shortened(words)} ({names})' for words, names in whom.items())}."


def _code(found: Found) -> str:
    return measured_cell(None, "", found).code


def best_sentences(table: StudyTable) -> Iterator[str]:
    """What bold and n.d. mean, where they stand in the table."""
    cells = [cell for row in table.rows for cell in row.cells.values()]
    if any(cell.best for cell in cells):
        yield "Bold: the best of its column."
    if any(key.endswith("_beside_best") for row in table.rows for key in row.cells):
        yield (
            "n.d. after a time: not distinguishable from the best of its column; the 95 % interval of their ratio, "
            "round by round in the same session, holds differences of 3 % or less."
        )


def _sources(*printed: Sequence[object]) -> list[str]:
    named = dict.fromkeys(getattr(row, "source", "") for rows in printed for row in rows)
    return [f"Italics: reported, not measured: {'; '.join(named)}."] if named else []
