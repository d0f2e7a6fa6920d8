"""What a study's jobs would ask of SLURM, for jobs that are only tried out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, Submission, Unit
from gtpt_bench.cluster.profile import ClusterProfile, JobKind
from gtpt_bench.cluster.submit import parameters
from gtpt_bench.study.store import StudyFolder


def job_parameters(profile: ClusterProfile, kind: JobKind, results: Path, code: CodeCopy, name: str) -> dict[str, Any]:
    """Those of a study's jobs with one process, but for what the job does at its end."""
    unit = Unit(kind=kind, work=(), memory_gb_per_task=profile.resources(kind).memory_gb_per_task)
    campaign = Campaign(
        profile=profile, label="doctor", code=code.fingerprint, code_folder=code.folder, python=python_of(profile)
    )
    submission = Submission(name=name, units=(unit,), submitted_at=time.time())
    folder = ClusterFolder(StudyFolder(results / ".doctor"), "doctor")
    return parameters(folder, campaign, submission) | {"teardown": []}


def python_of(profile: ClusterProfile) -> str:
    return profile.environment.python or sys.executable


def trial_call(asked: dict[str, Any]) -> tuple[str, ...]:
    """An sbatch call that only asks whether such a job would be taken."""
    ours = ("array_parallelism", "setup", "teardown", "signal_delay_s", "additional_parameters")
    options = {name.replace("_", "-"): value for name, value in asked.items() if name not in ours}
    options |= asked["additional_parameters"]
    written = [f"--{name}" if value is True else f"--{name}={value}" for name, value in sorted(options.items())]
    return ("sbatch", "--test-only", *written, "--wrap=true")
