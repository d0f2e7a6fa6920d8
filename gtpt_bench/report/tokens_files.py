"""The files of a report that are about kept tokens: figures, and pictures of a few people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gtpt_bench.report.records import VariantRecords
from gtpt_bench.report.tokens import study_tokens
from gtpt_bench.report.tokens_gallery import write_gallery
from gtpt_bench.report.tokens_table import write_token_tables
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder


def write_tokens(plan: Plan, folder: StudyFolder, records: Mapping[str, VariantRecords], report: Path) -> None:
    """Write them, or take an earlier report's away where nothing was recorded."""
    tokens = study_tokens(plan, folder, records)
    write_token_tables(tokens, report)
    write_gallery(tokens, {run.variant: run.config for run in plan.runs if run.variant in tokens.variants}, report)
