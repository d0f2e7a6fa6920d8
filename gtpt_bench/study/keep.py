"""Compact records: what reports need of a study's results, and no more, small enough to be committed.

The plan, the records of cost and time, of each run its records and what intervals are made of, and why parts failed.
Not kept: checkpoints, predictions, logs, histories, reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gtpt_bench.errors import StudyError
from gtpt_bench.files import replacing
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.store import StudyFolder

KEPT = (
    "plan-*.json",
    "cost-*.json",
    "timing-*.json",
    ".*/error.json",
    *(f"*/{name}" for name in ("train.json", "evaluate-*.json", "error.json", "resampled-*.gz", "matches-*.gz")),
)
"""Names of what is kept, in a study's folder."""


def keep(plan: Plan, folder: StudyFolder, records: Path) -> list[Path]:
    """Copy a study's compact records, in place of those that were kept before: of a study there is one set, the
    profile that was kept last. Whatever else lies there, such as a report, is left alone.

    Args:
        records: folder of all compact records; the study has one of its name in it.

    Returns:
        What was written.

    Raises:
        StudyError: there is no result to keep, or it lies there already.
    """
    files = [file for file in compact_files(plan, folder) if (folder.path / file).is_file()]
    if not any(file.name.startswith(("cost-", "timing-", "evaluate-")) for file in files):
        raise StudyError(f"{folder.path} holds no result of {plan.study.study} yet; start with gtpt-study run")
    home = records / folder.path.name
    if home.resolve() == folder.path.resolve():  # whose other files would go
        raise StudyError(f"{home} holds the results themselves; keep their compact records elsewhere (--to)")
    for earlier in [path for pattern in KEPT for path in home.glob(pattern)]:
        if earlier.relative_to(home) not in files:
            earlier.unlink()
    for file in files:
        with replacing(home / file) as beside:
            beside.write_bytes((folder.path / file).read_bytes())
    return [home / file for file in files]


def compact_files(plan: Plan, folder: StudyFolder) -> Iterator[Path]:
    """Relative to the study's folder, whether they are there or not."""
    planned = [folder.plan(plan.label), *(folder.cost(cost) for cost in plan.costs)]
    planned += [folder.timing(plan.timing)] if plan.timing else []
    planned += [folder.measuring("cost", plan.label).error, folder.measuring("timing", plan.label).error]
    planned += [file for run in plan.distinct_runs for file in _of_run(folder, run)]
    yield from (path.relative_to(folder.path) for path in planned)


def _of_run(folder: StudyFolder, run: PlannedRun) -> Iterator[Path]:
    job, signature = folder.run(run), run.evaluate_signature
    yield from (job.train_record, job.evaluation(signature), job.error)
    resampled, matches = job.resampled(signature), job.matches(signature)
    yield resampled if resampled.is_file() else matches  # PCKh has no resampled form
