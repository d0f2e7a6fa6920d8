"""What became of the work of a job that is over: done, to be tried again, or failed for good. Reads, writes nothing."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.cluster.ledger import ClusterFolder, Unit, Work
from gtpt_bench.cluster.queue import Element
from gtpt_bench.study.failure import RULES, Failure, read_failure
from gtpt_bench.study.lock import owner_of

TAIL_BYTES = 20_000

WARNING = signal.SIGUSR2
"""By which SLURM announces the end of a job."""

IMPORT_FAILED = re.compile(
    r"ModuleNotFoundError|ImportError|No module named|command not found|No such file or directory"
)

OUT_OF_MEMORY = re.compile(
    r"^(slurmstepd|srun).*(oom.kill event|out of memory|exceeded (step|job)? ?memory limit)",
    re.MULTILINE | re.IGNORECASE,
)
"""Accounting learns of it seconds later."""


@dataclass(frozen=True)
class Verdict:
    """On one unit.

    Attributes:
        done: work whose record is there.
        again: what is to be submitted once more; None if nothing is.
        failed: work that is not tried again, and why.
        words: for the log.
    """

    done: tuple[Work, ...]
    again: Unit | None
    failed: tuple[tuple[Work, Failure], ...]
    words: str


def verdict_on(
    unit: Unit, job: str, element: Element | None, cluster: ClusterFolder, *, max_memory_gb: float, held: bool = False
) -> Verdict:
    """Judge a unit whose job is over.

    Args:
        element: how SLURM saw it end; None if it knows nothing.
        held: whether the campaign is; jobs that had not begun were then taken out of the queue, and wait again.
    """
    if held and element is not None and element.state.startswith("CANCELLED") and element.elapsed_s == 0:
        return Verdict((), unit, (), f"{job} taken out of the queue")
    done = tuple(work for work in unit.work if work.is_done(cluster.study))
    left = [(work, failure_of(work, job, element, cluster)) for work in unit.work if work not in done]
    retries, memory_gb = dict(unit.retries), unit.memory_gb_per_task
    again, failed = list[Work](), list[tuple[Work, Failure]]()
    for kind in {failure.kind for _, failure in left}:
        alike = [(work, failure) for work, failure in left if failure.kind == kind]
        retries[kind] = retries.get(kind, 0) + 1
        more_gb = 2 * memory_gb if RULES[kind].more_memory else memory_gb
        if retries[kind] > RULES[kind].retries or more_gb > max(max_memory_gb, memory_gb):
            failed += alike
        else:
            memory_gb = more_gb
            again += [work for work, _ in alike]
    next_unit = unit.model_copy(update={"work": tuple(again), "retries": retries, "memory_gb_per_task": memory_gb})
    said = [f"{len(done)} done"] if done else []
    said += [f"{work.folder}: {failure.line}" for work, failure in left]
    words = f"{job} {element.state if element else ''}: {'; '.join(said)}"
    return Verdict(done, next_unit if again else None, tuple(failed), words)


def failure_of(work: Work, job: str, element: Element | None, cluster: ClusterFolder) -> Failure:
    """Why a piece of work is not done although its job is over.

    SLURM is believed first where it ended the job: what a worker said before was the consequence.
    """
    state, node = (element.state, element.node) if element else ("", "")
    if (by_slurm := ended_by_slurm(state, job, node)) is not None:
        return by_slurm
    tail = last_words(cluster.jobs, job)
    if OUT_OF_MEMORY.search(tail):  # of a process, so that SLURM's word for the job is another
        return Failure("memory", f"out of memory (job {job})")
    folder = work.job_folder(cluster.study)
    if (told := read_failure(folder.error)) is not None:
        return told
    owner = owner_of(folder.lock)
    if owner is not None and owner.job != job:
        return Failure("node", f"worked on by process {owner.pid} on {owner.host}")
    if element is not None and element.signal:
        return ended_by_signal(element.signal, job)
    last_line = next((line for line in reversed(tail.splitlines()) if line.strip()), "it wrote nothing")
    ended = f"job {job} ended ({state or 'SLURM knows nothing of it'}) before its run began or said why: {last_line}"
    return Failure("import" if IMPORT_FAILED.search(tail) else "crash", ended)


def ended_by_slurm(state: str, job: str, node: str) -> Failure | None:
    """A failure that SLURM's word for the end of a job says all about."""
    where = f"{f' on {node}' if node else ''} (job {job})"
    by_whom = state.removeprefix("CANCELLED").replace(" by ", " by user ")
    failures = {
        "OUT_OF_MEMORY": Failure("memory", f"out of memory{where}"),
        "NODE_FAIL": Failure("node", f"node failure{where}"),
        "BOOT_FAIL": Failure("node", f"node failure{where}"),
        "PREEMPTED": Failure("preempted", f"gave way to another job and was not queued again{where}"),
        "TIMEOUT": Failure("node", f"ended at its time limit and was not queued again{where}"),
        "DEADLINE": Failure("cancelled", f"ended at its deadline{where}"),
        "CANCELLED": Failure("cancelled", f"cancelled{by_whom}{where}"),
    }
    return failures.get(state.split(" ")[0].rstrip("+"))


def ended_by_signal(number: int, job: str) -> Failure:
    """A job whose processes were gone before they could say why."""
    if number == WARNING:
        return Failure("node", f"had to give way before it listened (job {job})")
    return Failure("killed", f"its process was killed by signal {number} (job {job})")


def last_words(jobs: Path, job: str) -> str:
    """The end of what a job wrote to stderr."""
    try:
        with (jobs / f"{job}_0_log.err").open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - TAIL_BYTES))
            return log.read().decode(errors="replace")
    except OSError:
        return ""
