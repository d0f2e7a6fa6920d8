"""Writes a study's report: table in three formats, provenance of its cells, errors, plots, captions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.files import write_json, write_text
from gtpt_bench.report.contents import REPORTED_ACCURACY, SPEED_UP, Contents, contents
from gtpt_bench.report.errors_files import write_errors
from gtpt_bench.report.errors_plots import ERROR_PLOTS
from gtpt_bench.report.formats import as_csv, as_latex, as_markdown, markdown_line, provenance_csv
from gtpt_bench.report.in_terminal import in_terminal
from gtpt_bench.report.plots.by_name import PLOTS
from gtpt_bench.report.plots.material import NotDrawn
from gtpt_bench.report.style import remove_figure, save_figure
from gtpt_bench.report.tokens_files import write_tokens
from gtpt_bench.shown import Section
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

PAGE = "page.html"
"""Written by page/write.py, on request only."""

CAPTIONS = "captions.json"
"""Of the plots by the names of their files, for programs such as the page."""


@dataclass(frozen=True)
class ReportFiles:
    """What was written.

    Attributes:
        shown: the table and its caption, for a terminal.
    """

    folder: Path
    table: Path
    plots: tuple[Path, ...]
    shown: Section

    def as_json(self) -> dict[str, object]:
        return {"folder": str(self.folder), "table": str(self.table), "plots": [str(p) for p in self.plots]}


def write_report(plan: Plan, folder: StudyFolder) -> ReportFiles:
    """All files of a study's report, from its records alone; parts without result are named as such."""
    return write_contents(plan, folder, contents(plan, folder))


def write_contents(plan: Plan, folder: StudyFolder, found: Contents) -> ReportFiles:
    """The same of what is made of the records already."""
    out = folder.report(plan.label)
    (out / PAGE).unlink(missing_ok=True)  # would show the records of an earlier report
    write_text(out / "table.md", as_markdown(found.table, found.caption))
    write_text(out / "table.csv", as_csv(found.table))
    write_text(out / "table.tex", as_latex(found.table, found.caption))
    write_text(out / "provenance.csv", provenance_csv(found.table))
    write_errors(plan, found.errors(), out)
    write_tokens(plan, found.tokens(), out)
    for name in (*PLOTS, *ERROR_PLOTS, SPEED_UP, REPORTED_ACCURACY):
        remove_figure(out, name)
    paths, captions = [], ["# Captions", "", "## table", "", *map(markdown_line, found.caption), ""]
    said: dict[str, str] = {}
    for name, drawing in found.plots.items():
        drawn = drawing()
        if isinstance(drawn, NotDrawn):
            if plan.study.report.plots is not None:  # who asked for it by name is told
                captions += [f"## {name}", "", markdown_line(f"Not drawn: {drawn.reason}."), ""]
        elif drawn is not None:
            figure, words = drawn
            paths += save_figure(figure, out, name)
            captions += [f"## {name}", "", markdown_line(words), ""]
            said[f"{name}.png"] = words
    write_text(out / "captions.md", "\n".join(captions))
    write_json(out / CAPTIONS, said)
    return ReportFiles(out, out / "table.md", tuple(paths), in_terminal(found.table, found.caption))
