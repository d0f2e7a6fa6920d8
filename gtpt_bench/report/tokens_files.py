"""The files of a report that are about kept tokens: figures, and pictures of a few people."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.report.tokens import StudyTokens
from gtpt_bench.report.tokens_gallery import write_gallery
from gtpt_bench.report.tokens_table import write_token_tables
from gtpt_bench.study.plan import Plan


def write_tokens(plan: Plan, tokens: StudyTokens, report: Path) -> None:
    """Write them, or take an earlier report's away where nothing was recorded."""
    write_token_tables(tokens, report)
    write_gallery(tokens, {name: plan.runs_by_variant[name][0].config for name in tokens.variants}, report)
