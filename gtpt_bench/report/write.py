"""Writes a study's report: table in three formats, provenance of its cells, plots, captions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.files import write_text
from gtpt_bench.report.accuracy import study_accuracy
from gtpt_bench.report.caption import smaller_sentences, table_caption, untrained_sentences
from gtpt_bench.report.formats import as_csv, as_latex, as_markdown, markdown_line, provenance_csv
from gtpt_bench.report.plots import PLOTS, draw
from gtpt_bench.report.records import gather
from gtpt_bench.report.style import remove_figure, save_figure
from gtpt_bench.report.table import study_table
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder


@dataclass(frozen=True)
class ReportFiles:
    """What was written."""

    folder: Path
    table: Path
    plots: tuple[Path, ...]

    def as_json(self) -> dict[str, object]:
        return {"folder": str(self.folder), "table": str(self.table), "plots": [str(p) for p in self.plots]}


def write_report(plan: Plan, folder: StudyFolder) -> ReportFiles:
    """All files of a study's report, from its records alone; parts without result are named as such."""
    records = gather(plan, folder)
    accuracy = study_accuracy({name: r.evaluations for name, r in records.items()}, plan.reference)
    table, caption = study_table(plan, records, accuracy), table_caption(plan, records, accuracy)
    out = folder.report(plan.label)
    write_text(out / "table.md", as_markdown(table, caption))
    write_text(out / "table.csv", as_csv(table))
    write_text(out / "table.tex", as_latex(table, caption))
    write_text(out / "provenance.csv", provenance_csv(table))
    warnings = []
    if accuracy and plan.study.accuracy:
        warnings = [*smaller_sentences(plan, accuracy), *untrained_sentences(accuracy)]
    plots, captions = [], ["# Captions", "", "## table", "", *map(markdown_line, caption), ""]
    for name in PLOTS:
        remove_figure(out, name)
    for name in plan.study.report.plots:
        drawn = draw(name, plan, table, accuracy)
        if drawn is not None:
            figure, words = drawn
            plots += save_figure(figure, out, name)
            captions += [f"## {name}", "", markdown_line(" ".join([words, *warnings])), ""]
    write_text(out / "captions.md", "\n".join(captions))
    return ReportFiles(out, out / "table.md", tuple(plots))
