"""Whether a batch has something to do for each of the processes that share a run; asked before anything starts."""

from __future__ import annotations

from math import ceil

from gtpt_bench.errors import StudyError
from gtpt_bench.study.plan import Plan


def check_shares(plan: Plan, processes: int) -> None:
    """Refuse more processes than a batch has parts, as each of them would after minutes in a queue.

    Raises:
        StudyError: names the key of the study.
    """
    for run in plan.distinct_runs:
        training = run.config.training
        parts = ceil(training.batch_size / training.micro_batch)
        if processes > parts:
            most = max(1, training.batch_size // processes)
            raise StudyError(
                f"--processes {processes}: a batch of {training.batch_size} of {run.variant} has only {parts} part(s); "
                f"set accuracy.training.micro_batch (in a training config training.micro_batch), now "
                f"{training.micro_batch}, to {most} or less, or take fewer processes"
            )
