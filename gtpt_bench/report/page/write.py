"""Writes the page beside the report's other files."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.files import write_text
from gtpt_bench.report.contents import Contents
from gtpt_bench.report.page.document import page_document
from gtpt_bench.report.page.html import page_html
from gtpt_bench.report.write import PAGE
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder


def write_page(plan: Plan, folder: StudyFolder, found: Contents) -> Path:
    """The page of a report; the same bytes for the same records.

    Args:
        found: what the report is made of.
    """
    path = folder.report(plan.label) / PAGE
    write_text(path, page_html(page_document(plan, folder, found)))
    return path
