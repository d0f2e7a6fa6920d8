"""The environment that a new job is submitted from.

Inside a job (an interactive shell of SLURM, the end of another job) variables describe that job, and sbatch would hand
them on: the new job would take itself for an element of the old array, or ask for GPUs that it does not have.
SBATCH_PARTITION and its like would overrule the cluster's profile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

KEPT = ("SLURM_CONF", "SLURM_JWT", "SLURM_CLUSTERS")
"""How SLURM is found, and who asks."""

DEVICES = ("CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ROCR_VISIBLE_DEVICES")
"""GPUs that the old job has been given."""


@contextlib.contextmanager
def outside_any_job() -> Iterator[None]:
    """Hide from sbatch what SLURM has set for a job that this process may belong to, and options of the shell."""
    from submitit.helpers import clean_env

    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    devices = DEVICES if "SLURM_JOB_ID" in os.environ else ()
    with clean_env(extra_names=devices):
        os.environ.update(kept)
        yield
