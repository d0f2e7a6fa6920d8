"""What a probe job does on its node: say hello by a file, wait for the answer, then look at what runs will need."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gtpt_bench.cluster.code_copy import fingerprint, package_folder
from gtpt_bench.cluster.commands import slurm
from gtpt_bench.cluster.outside_a_job import outside_any_job
from gtpt_bench.efficiency.device import num_cores
from gtpt_bench.errors import InputError
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.lock import Locked, locked, owner_of
from gtpt_bench.training.first_node import address_of

T = TypeVar("T")

LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 90.0
"""After which the probe goes on without an answer; network file systems may take a minute to show a file."""

TRIAL_BYTES = 2**20


class Found(Frozen):
    """What a probe has found; of what went wrong, the words of the error.

    Attributes:
        answer: when it was written, by the clock of the submitting machine, and seen here; None if it was not.
        file_clock_s: by how much the file system's clock is ahead of the node's.
        lock_error: what is wrong with locks in the results folder.
        cores: that the process may use, of those that the node has.
        cuda: that torch was built for; "" for none.
        visible_gpus: CUDA_VISIBLE_DEVICES.
        scratch: folder, its variables replaced.
        submit_error: of sbatch on this node.
        node_address: by which processes on other nodes would reach this one.
        node_error: what is wrong with that.
        data_error: of the folder with real data.
    """

    host: str
    python: str
    python_version: str
    code: str
    answer: tuple[float, float] | None
    file_clock_s: float
    lock_error: str
    cores: int
    node_cores: int
    torch: str = ""
    torch_error: str = ""
    cuda: str = ""
    num_gpus: int = 0
    gpu: str = ""
    gpu_error: str = ""
    visible_gpus: str | None = None
    scratch: str = ""
    scratch_error: str = ""
    scratch_free_gb: float = 0
    submit_error: str = ""
    node_address: str = ""
    node_error: str = ""
    data_error: str = ""


@dataclass(frozen=True)
class ProbeFiles:
    """How the probe and the submitting machine talk."""

    folder: Path

    @property
    def hello(self) -> Path:
        """The probe is there, and its clock says so."""
        return self.folder / "hello.json"

    @property
    def answer(self) -> Path:
        return self.folder / "answer.json"

    @property
    def found(self) -> Path:
        return self.folder / "found.json"

    @property
    def lock(self) -> Path:
        """Held by the submitting machine."""
        return self.folder / "lock"

    @property
    def jobs(self) -> Path:
        """submitit's files."""
        return self.folder / "jobs"


@dataclass
class Probe:
    """submitit calls it in the job.

    Attributes:
        scratch: as in the profile.
        trial: an sbatch call that submits nothing.
        data_root: of real data; None: is not looked for.
    """

    folder: Path
    scratch: str
    trial: tuple[str, ...]
    data_root: Path | None

    def __call__(self) -> str:
        files = ProbeFiles(self.folder)
        write_json(files.hello, {"at": time.time()})
        file_clock_s = files.hello.stat().st_mtime - time.time()
        answer = wait_for(lambda: read_json_file(files.answer), ANSWER_WITHIN_S)
        seen_at = time.time()
        found = Found(
            host=socket.gethostname(),
            python=sys.executable,
            python_version=platform.python_version(),
            code=fingerprint(package_folder()),
            answer=(answer["at"], seen_at) if answer else None,
            file_clock_s=file_clock_s,
            lock_error=lock_error(files),
            cores=num_cores(),
            node_cores=os.cpu_count() or 1,
            **torch_here(),
            **scratch_here(self.scratch),
            submit_error=error_of(self._submits),
            **address_here(),
            data_error=error_of(self._sees_data),
        )
        write_json(files.found, found.model_dump(mode="json"))
        return "looked around"

    def _submits(self) -> None:
        with outside_any_job():
            slurm(*self.trial)
        slurm("scontrol", "show", "job", os.environ["SLURM_JOB_ID"])
        slurm("sacct", "-X", "-n", "-P", f"--jobs={os.environ['SLURM_JOB_ID']}", "--format=JobID")

    def _sees_data(self) -> None:
        from gtpt_bench.doctor import data_folder

        if self.data_root is not None and not (check := data_folder(self.data_root)).passed:
            raise FileNotFoundError(check.words)


def wait_for(look: Callable[[], T | None], within_s: float, *, every_s: float = LOOK_EVERY_S) -> T | None:
    """What `look` returns as soon as that is something; None if it never is."""
    until = time.monotonic() + within_s
    while (seen := look()) is None:
        if time.monotonic() > until:
            return None
        time.sleep(every_s)
    return seen


def error_of(act: Callable[[], object]) -> str:
    """The words of the error that something ends in; "" if it ends well."""
    try:
        act()
    except Exception as error:  # whatever it is, somebody has to read it
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def lock_error(files: ProbeFiles) -> str:
    """Locks keep two workers from one run: this one is held elsewhere, and another can be had."""
    if owner_of(files.lock) is None:
        return "a lock held by the submitting machine is not seen in the job"
    try:
        with locked(files.folder / "lock of the job"):
            return ""
    except (OSError, Locked) as error:
        return f"no lock can be made there: {error}"


def torch_here() -> dict[str, Any]:
    """Version of torch, and the GPUs that it can compute on."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    try:
        import torch
    except Exception as error:  # broken libraries raise OSError and others
        return {"torch_error": f"{type(error).__name__}: {error}", "visible_gpus": visible}
    number = torch.cuda.device_count()
    found = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "",
        "num_gpus": number,
        "visible_gpus": visible,
        "gpu_error": error_of(torch.cuda.init) if torch.version.cuda and not number else "",
    }
    if number:
        found["gpu"] = torch.cuda.get_device_name(0)
        found["gpu_error"] = error_of(lambda: _compute(number))
    return found


def address_here() -> dict[str, str]:
    """How other nodes would reach this one, looked up here in their place."""
    try:
        return {"node_address": address_of(os.environ.get("SLURMD_NODENAME") or socket.gethostname())}
    except InputError as error:
        return {"node_error": str(error)}


def _compute(num_gpus: int) -> None:
    """A sum on each GPU, which fails where driver, card and build of torch do not go together."""
    import torch

    for index in range(num_gpus):
        found = float(torch.ones(8, device=f"cuda:{index}").sum())
        if found != 8:
            raise ArithmeticError(f"GPU {index} says that eight ones are {found}")


def scratch_here(scratch: str) -> dict[str, Any]:
    """The folder for temporary files, tried out."""
    if not scratch:
        return {}
    folder = Path(os.path.expandvars(scratch))
    unset = [name for name in re.findall(r"\$\{?(\w+)", scratch) if name not in os.environ]
    if unset:
        return {"scratch": str(folder), "scratch_error": f"{unset[0]} is not set in the job"}
    was_there = folder.exists()
    error = error_of(lambda: _try_out(folder))
    free_gb = 0.0 if error else shutil.disk_usage(folder).free / 2**30
    if not was_there:
        with contextlib.suppress(OSError):
            folder.rmdir()
    return {"scratch": str(folder), "scratch_error": error, "scratch_free_gb": free_gb}


def _try_out(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    trial = folder / f"gtpt-doctor.{socket.gethostname()}.{os.getpid()}"
    try:
        trial.write_bytes(bytes(TRIAL_BYTES))
    finally:
        trial.unlink(missing_ok=True)
