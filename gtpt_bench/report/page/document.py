"""All that a page shows, as one JSON document: the cells of the study's table and what its records tell besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gtpt_bench.report.contents import Contents
from gtpt_bench.report.page.axes import axes_as_json
from gtpt_bench.report.page.curves import curves
from gtpt_bench.report.page.effects import QUANTITIES, effects
from gtpt_bench.report.page.environment import environments
from gtpt_bench.report.page.failures import failures
from gtpt_bench.report.page.gallery import gallery
from gtpt_bench.report.page.runs import run_table
from gtpt_bench.report.page.steadiness import with_steadiness
from gtpt_bench.report.page.traced import Places, table_as_json
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.state import Status, study_status
from gtpt_bench.study.store import StudyFolder


def page_document(plan: Plan, folder: StudyFolder, found: Contents) -> dict[str, Any]:
    """The same for the same records, whenever it is made.

    Args:
        found: of the same plan and folder.
    """
    statuses, places = study_status(plan, folder), Places(found.records)
    results = with_steadiness(found.table, found.records)
    tables = {
        "results": results,
        "effects": effects(plan, results, found.records),
        "runs": run_table(plan, folder, found.records, _of_runs(plan, statuses), places),
        "environment": environments(places.about.values()),
    }
    return {
        "study": plan.study.study,
        "title": plan.study.title or plan.study.study,
        "question": plan.study.question,
        "profile": plan.label,
        "states": Counter(status.state for status in statuses),
        "caption": found.caption,
        "tables": {name: table_as_json(table, places) for name, table in tables.items() if table is not None},
        "axes": axes_as_json(results),
        "effects": QUANTITIES,
        "curves": curves(plan, folder),
        "tokens": gallery(folder.report(plan.label)),
        "failures": failures(statuses, folder),
        **places.as_json(),
    }


def _of_runs(plan: Plan, statuses: Sequence[Status]) -> list[Status]:
    """They come last but for results that are stale."""
    current = [status for status in statuses if status.state != "stale"]
    return current[len(current) - len(plan.runs) :]
