"""The files of a report that are about errors: tables for people, one for programs, and where its cells come from."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.files import write_text
from gtpt_bench.report import errors_caption as words
from gtpt_bench.report.errors import StudyErrors
from gtpt_bench.report.errors_table import ErrorTables
from gtpt_bench.report.formats import as_csv, as_markdown, provenance_csv
from gtpt_bench.study.plan import Plan

NAMES = ("errors.md", "errors.csv", "errors_provenance.csv")


def write_errors(plan: Plan, errors: StudyErrors | None, folder: Path) -> None:
    """Write them, or take an earlier report's away if there are no errors to tell of."""
    if errors is None:
        for name in NAMES:
            (folder / name).unlink(missing_ok=True)
        return
    tables = ErrorTables(errors)
    everything = tables.everything()
    write_text(folder / "errors.md", _markdown(plan, tables))
    write_text(folder / "errors.csv", as_csv(everything))
    write_text(folder / "errors_provenance.csv", provenance_csv(everything))


def _markdown(plan: Plan, tables: ErrorTables) -> str:
    errors = tables.errors
    where = f"{words.origin(plan, errors)} {words.not_read(errors)}".strip()
    losses = [words.LOST]
    if any(variant.differences for variant in errors.variants.values()):
        losses.append(f"{words.compared(plan, errors)} n.d.: not distinguishable.")
    sections = {
        "What is wrong with keypoints": (tables.kinds(), [words.KINDS, words.LITERATURE, words.FIXED]),
        "Whom it goes wrong with": (tables.classes(), [words.CLASSES]),
        "Which keypoints": (tables.units(), [words.UNITS]),
        "What is lost of each keypoint": (tables.losses(), losses),
    }
    lines = ["# Errors", ""]
    for heading, (table, caption) in sections.items():
        lines += [f"## {heading}", "", as_markdown(table, [*caption, where])]
    return "\n".join(lines)
