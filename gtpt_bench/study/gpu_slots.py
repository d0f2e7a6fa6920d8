"""Which GPUs of this machine a run may use: runs side by side have one each, measuring has all to itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gtpt_bench.study.job import RunJob
from gtpt_bench.study.local_worker import Subprocess
from gtpt_bench.study.missing import PlannedJob


class GpuSlots:
    """Starts workers and deals out GPUs among them by CUDA_VISIBLE_DEVICES.

    Args:
        gpus: as CUDA_VISIBLE_DEVICES names them; none on a machine without.
    """

    def __init__(self, gpus: Sequence[str]) -> None:
        self.gpus = list(gpus)
        self.held: dict[Subprocess, list[str]] = {}

    def start(self, job: PlannedJob) -> Subprocess:
        """Start a worker on the GPUs that fewest others use; a run has one for each of its processes."""
        if not self.gpus or not isinstance(job.job, RunJob):
            return Subprocess(job)
        self.held = {worker: gpus for worker, gpus in self.held.items() if worker.poll() is None}
        in_use = Counter(gpu for gpus in self.held.values() for gpu in gpus)
        chosen = sorted(self.gpus, key=lambda gpu: in_use[gpu])[: job.job.processes]
        worker = Subprocess(job, gpus=tuple(chosen))
        self.held[worker] = chosen
        return worker
