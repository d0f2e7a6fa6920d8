"""A study all of whose runs are in the queue of a cluster that was asked just now: ledger and folders, no cluster."""

from __future__ import annotations

import time

from gtpt_bench.cluster.code_copy import package_folder
from gtpt_bench.cluster.ledger import Campaign, Submission, Unit, Work
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.queue import Element, Queue
from gtpt_bench.study.session import Session

ARRAY = 1000


def queue_all(session: Session, *, array: int = ARRAY) -> int:
    """In arrays of so many jobs; how many arrays there are."""
    cluster, runs = session.cluster, session.plan.distinct_runs
    for run in runs:
        folder = session.folder.run(run)
        folder.path.mkdir(parents=True)
        folder.job.write_text("{}", encoding="utf-8")
    units = [
        Unit(
            kind="training",
            work=(Work(folder=run.folder, record=f"{run.folder}/{run.evaluation_file}", variant=run.variant),),
            memory_gb_per_task=8,
        )
        for run in runs
    ]
    parts = [units[first : first + array] for first in range(0, len(units), array)]
    submissions = [
        Submission(name=f"s{number}", units=tuple(part), submitted_at=time.time(), job_id=str(number + 1))
        for number, part in enumerate(parts)
    ]
    for submission in submissions:
        cluster.write_submission(submission)
    pending = {name: Element(state="PENDING") for submission in submissions for name, _ in submission.open}
    answer = Queue(asked_at=time.time(), elements=pending)
    cluster.queue_file.write_text(answer.model_dump_json(), encoding="utf-8")
    profile = {"cluster": "c", "training": {"gpus_per_task": 0}, "rhythm": {"ask_every_s": 3600}}
    cluster.write(
        Campaign(
            profile=ClusterProfile.model_validate(profile),
            label=cluster.label,
            code="abc",
            code_folder=package_folder().parent,
            python="python",
        )
    )
    return len(submissions)
