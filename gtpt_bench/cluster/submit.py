"""Handing units to SLURM, as one array of submitit's for units that ask for the same; no crash loses or doubles a job.

Before sbatch is called the submission stands in the ledger, under a name that no other job has. Whoever later finds it
without a number asks the scheduler by that name: jobs that are there are taken back, since the files they would read
may be missing, and their units are submitted again.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
import uuid
from collections.abc import Sequence
from typing import Any

from gtpt_bench.cluster.commands import Refused, refusal, scancel, slurm
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, Submission, Unit
from gtpt_bench.cluster.outside_a_job import outside_any_job
from gtpt_bench.cluster.profile import JobKind, safe_word
from gtpt_bench.cluster.task import Task
from gtpt_bench.errors import InputError

FULL = re.compile(
    r"job submit limit|MaxSubmitJob|QOSMaxSubmit|violates accounting/QOS policy|MaxJobCount|too many jobs|"
    r"temporarily unable to accept job",
    re.IGNORECASE,
)

NEVER = re.compile(r"PerJobLimit", re.IGNORECASE)
"""A job that asks for more than any job may, which SLURM tells in the same words as a full queue."""

MANY_TIMEOUTS = 10_000
"""Weeks of work in jobs of hours: a job may be requeued as often as it takes, as long as it gets on (task.py)."""


class Full(InputError):
    """No place in the queue for so many jobs."""


def max_array_size() -> int:
    """Elements that the cluster takes in one array.

    Raises:
        Unreachable, Refused: by scontrol.
    """
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", slurm("scontrol", "show", "config"), re.MULTILINE)
    return max(1, int(found[1])) if found else 1001


def submit(cluster: ClusterFolder, campaign: Campaign, units: Sequence[Unit], *, at_once: int) -> Submission:
    """Submit units of one kind and memory as one array.

    Args:
        at_once: of them, how many may run at a time.

    Raises:
        Full: there is no place for so many.
        Unreachable: SLURM does not answer; whether it has taken the jobs is found out next time.
        Refused: it does not want them; says why.
    """
    name = f"gtpt-{safe_word(cluster.study.path.name)}-{uuid.uuid4().hex[:12]}"
    submission = Submission(name=name, units=tuple(units), submitted_at=time.time(), at_once=at_once)
    cluster.write_submission(submission)
    try:
        job_id = _sbatch(cluster, campaign, submission)
    except Refused as error:
        remove_unsubmitted(cluster)
        cluster.forget_submission(submission)
        if FULL.search(str(error)) and not NEVER.search(str(error)):
            raise Full(str(error)) from error
        raise
    submission = submission.model_copy(update={"job_id": job_id})
    cluster.write_submission(submission)
    _remove(cluster, SCRIPTS)
    cluster.note(f"submitted {len(units)} job(s) as {job_id}, {name}")
    return submission


def _sbatch(cluster: ClusterFolder, campaign: Campaign, submission: Submission) -> str:
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    executor = submitit.SlurmExecutor(
        folder=cluster.jobs, max_num_timeout=MANY_TIMEOUTS, python=shlex.quote(campaign.python)
    )
    executor.update_parameters(**parameters(cluster, campaign, submission))
    try:
        with outside_any_job(), executor.batch():
            jobs = [executor.submit(task_of(cluster, campaign, unit)) for unit in submission.units]
    except (FailedJobError, FailedSubmissionError) as error:
        raise refusal("sbatch", str(error)) from error
    return str(jobs[0].job_id).split("_")[0]


def task_of(cluster: ClusterFolder, campaign: Campaign, unit: Unit) -> Task:
    resources, packing = campaign.profile.resources(unit.kind), campaign.profile.packing
    at_once = min(packing.runs_at_once, len(unit.work))
    return Task(
        study=cluster.study.path.resolve(),
        work=unit.work,
        code=campaign.code,
        threads=max(1, resources.cpus_per_task // at_once),
        at_once=at_once,
        scratch=campaign.profile.environment.scratch,
        time_limit_min=resources.time_limit_min,
        warn_before_end_s=campaign.profile.rhythm.warn_before_end_s,
    )


def parameters(cluster: ClusterFolder, campaign: Campaign, submission: Submission) -> dict[str, Any]:
    """What submitit writes into the batch script."""
    profile, unit = campaign.profile, submission.units[0]
    asked = profile.resources(unit.kind)
    tasks = unit.processes if unit.kind == "training" else 1
    on_a_node = asked.tasks_on_a_node(tasks)
    gpus = f"{asked.gpu_type}:" * bool(asked.gpu_type) + str(asked.gpus_per_task * on_a_node)
    words = {name: getattr(asked, name) for name in ("partition", "account", "qos", "constraint")}
    return {
        **{name: word for name, word in words.items() if word},
        **({"gpus_per_node": gpus} if asked.gpus_per_task else {}),
        **({"exclusive": True} if asked.exclusive else {}),
        "job_name": submission.name,
        "time": asked.time_limit_min,
        "nodes": asked.nodes(tasks),
        "ntasks_per_node": on_a_node,
        "cpus_per_task": asked.cpus_per_task,
        "mem": f"{round(1024 * unit.memory_gb_per_task * on_a_node)}MB",
        "array_parallelism": submission.at_once,
        "signal_delay_s": profile.rhythm.warn_before_end_s,
        "additional_parameters": {"requeue": True, **asked.extra},
        "setup": setup_lines(campaign, unit.kind),
        "teardown": teardown_lines(cluster, campaign),
    }


def setup_lines(campaign: Campaign, kind: JobKind) -> list[str]:
    """Shell before the job's own command: the cluster's lines as they are, all else quoted.

    Jobs that submit others hand their environment on, so nothing in it may grow from one to the next.
    """
    environment, code = campaign.profile.environment, shlex.quote(str(campaign.code_folder))
    return [
        *environment.setup,
        # Since 22.05 srun no longer takes the cores of a task from the job's own options.
        f"export SRUN_CPUS_PER_TASK={campaign.profile.resources(kind).cpus_per_task}",
        *(f"export {name}={shlex.quote(value)}" for name, value in environment.variables.items()),
        "export PYTHONSAFEPATH=1",  # else the package in the folder that sbatch was called in would come first
        f'[[ "$PYTHONPATH:" == {code}:* ]] || export PYTHONPATH={code}"${{PYTHONPATH:+:$PYTHONPATH}}"',
    ]


def teardown_lines(cluster: ClusterFolder, campaign: Campaign) -> list[str]:
    """Shell after it, however it ended: what waits is submitted, what failed is dealt with, the report is written."""
    folder = str(cluster.study.path.resolve())
    command = shlex.join([campaign.python, "-m", "gtpt_bench.cluster.after_a_job", folder, cluster.label])
    job = '"${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"'
    return ["gtpt_exit=$?", f"{command} $gtpt_exit {job}", "exit $gtpt_exit"]


def take_back(cluster: ClusterFolder, submission: Submission) -> tuple[Unit, ...]:
    """The units of a submission whose writer died, or lost the controller, before it knew the number of its job.

    Raises:
        Unreachable, Refused: by squeue or scancel; the submission stays as it is.
    """
    listed = slurm("squeue", "--noheader", "--states=all", f"--name={submission.name}", "--format=%F")
    for job_id in sorted(set(listed.split())):
        scancel(job_id)
        cluster.note(f"{submission.name}: took {job_id} back, whose submission was cut off")
    remove_unsubmitted(cluster)
    return submission.units


def remove_unsubmitted(cluster: ClusterFolder) -> None:
    """submitit's files of calls of sbatch that led to no job; the ledger is held, so that nobody is amid one."""
    _remove(cluster, PICKLES, SCRIPTS)


PICKLES = f"{32 * '[0-9a-f]'}.pkl"
"""That belong to no job yet."""

SCRIPTS = ".submission_file_*.sh"
"""Likewise, or links to those that do."""


def _remove(cluster: ClusterFolder, *patterns: str) -> None:
    for path in [path for pattern in patterns for path in cluster.jobs.glob(pattern)]:
        with contextlib.suppress(OSError):
            path.unlink()


def jobs_of_this_user() -> int:
    """Jobs in the queue that count to the limits of whoever submits; an array that has not begun is one.

    Raises:
        Unreachable, Refused: by squeue.
    """
    return len(slurm("squeue", "--noheader", "--me", "--format=%i").splitlines())
