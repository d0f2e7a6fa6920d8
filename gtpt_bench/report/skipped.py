"""Whose broken images training got over: a line of the caption, from the records of trainings."""

from __future__ import annotations

from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder, read_record

NAMED = 3
"""Images that are named; the record has all."""


def skipped_sentences(plan: Plan, folder: StudyFolder) -> list[str]:
    """How many persons were skipped in training; nothing where nobody was."""
    jobs = [(run, folder.run(run)) for run in plan.distinct_runs]
    records = [read_record(job.train_record, run.train_signature) for run, job in jobs]
    skipped = [record for record in records if record and record.get("metrics", {}).get("num_skipped")]
    if not skipped:
        return []
    most = max(skipped, key=lambda record: int(record["metrics"]["num_skipped"]))
    num, people, images = most["metrics"]["num_skipped"], most["metrics"]["num_people"], most["broken_images"]
    further = f" and {len(images) - NAMED} more" if len(images) > NAMED else ""
    return [
        f"In training others stood in for {num} of {people} persons, whose images are broken: "
        f"{', '.join(images[:NAMED])}{further}."
    ]
