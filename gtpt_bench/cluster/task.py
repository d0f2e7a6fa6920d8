"""What runs inside a SLURM job: the local runner with the same workers, and how it stops, saves and queues again.

submitit calls the task, in each process of the job. SLURM's warning before time is up, or before somebody more
important takes the place, makes submitit ask for `checkpoint()`; the job is then queued again and goes on from there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gtpt_bench.cluster.code_copy import fingerprint, package_folder
from gtpt_bench.cluster.ledger import Work
from gtpt_bench.efficiency.device import gpu_ids
from gtpt_bench.errors import RunFailed, RunInterrupted
from gtpt_bench.files import read_json_file
from gtpt_bench.study.display import EventLines
from gtpt_bench.study.execute_local import INTERRUPTED, execute
from gtpt_bench.study.failure import Failure, leave_failure
from gtpt_bench.study.gpu_slots import GpuSlots
from gtpt_bench.study.job import RunJob, read_job
from gtpt_bench.study.local_worker import Subprocess, held_back
from gtpt_bench.study.lock import Locked, owner_of
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.store import JobFolder, StudyFolder

SECONDS_TO_BE_KILLED = 600.0
"""After a job was told to end, until it ends by itself."""

WHOLE_JOB = 0.8
"""Of its time limit; a job that was stopped after that and has not got on never will."""


@dataclass
class Task:
    """One unit's work.

    Attributes:
        study: folder of the study's results.
        code: fingerprint of the code that it was submitted with.
        threads: cores of each run.
        at_once: runs side by side.
        scratch: folder for temporary files, with variables of the job in it; "" for the system's.
        time_limit_min: of the job.
    """

    study: Path
    work: tuple[Work, ...]
    code: str
    threads: int
    at_once: int
    scratch: str
    time_limit_min: int
    processes: list[subprocess.Popen[bytes]] = field(init=False, default_factory=list)
    began_at: float = field(init=False, default=0.0)
    began_with: dict[str, Any] = field(init=False, default_factory=dict)

    def __call__(self) -> str:
        """Do what is not done; the words go into submitit's result.

        Raises:
            RunFailed: some of it failed; each run's folder says how.
            RunInterrupted: the job was told to end.
        """
        self.began_at, self.began_with = time.time(), self._progress()
        self._refuse_other_code()
        if self.scratch:
            os.environ["TMPDIR"] = self._expanded(self.scratch)
            Path(os.environ["TMPDIR"]).mkdir(parents=True, exist_ok=True)
        return self._with_others() if int(os.environ.get("SLURM_NTASKS", 1)) > 1 else self._alone()

    def _alone(self) -> str:
        """Runs one after the other or side by side, as on any machine."""
        todo = [work for work in self.work if not work.is_done(StudyFolder(self.study))]
        free = [work for work in todo if owner_of(self._folder(work).lock) is None]
        start = GpuSlots(gpu_ids()).start

        def started(job: PlannedJob) -> Subprocess:
            worker = start(job)
            self.processes.append(worker.process)
            return worker

        outcome = execute([self._planned(work) for work in free], started, EventLines(), at_once=self.at_once)
        if outcome.interrupted:
            _wait_to_be_killed()
        if outcome.failed or outcome.stopped:
            raise RunFailed(f"{outcome.failed} of {len(free)} failed. {outcome.stopped}".strip())
        others = f", {len(todo) - len(free)} being worked on elsewhere" if len(free) < len(todo) else ""
        return f"{outcome.done} done{others}"

    def _with_others(self) -> str:
        """One run after the other, each shared by the processes that srun started; the first of them leads."""
        for work in self.work:
            folder = self._folder(work)
            with folder.log.open("a", encoding="utf-8") as log, held_back():
                process = subprocess.Popen(
                    [sys.executable, "-m", "gtpt_bench.study.worker", str(folder.path)],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    env={"OMP_NUM_THREADS": str(self.threads), **os.environ},
                )
            self.processes.append(process)
            code = process.wait()
            if code == INTERRUPTED:
                _wait_to_be_killed()
            if code < 0 and not folder.error.exists():
                leave_failure(folder.error, Failure("killed", f"a process of it was killed by signal {-code}"))
            if code not in (0, Locked.exit_code):
                raise RunFailed(f"{work.folder} ended with code {code}")
        return "done"

    def checkpoint(self) -> Any:
        """Have the workers save their state; what is to be queued again, None if that would lead nowhere.

        submitit calls this from a signal handler, which may have interrupted anything; so the workers are waited for
        without the locks of `subprocess`.
        """
        for process in self.processes:
            if process.returncode is None:
                os.kill(process.pid, signal.SIGTERM)
        for process in self.processes:
            _wait_until_over(process.pid)
        whole = 60 * WHOLE_JOB * self.time_limit_min
        if time.time() - self.began_at > whole and self._progress() == self.began_with:
            reason = f"no step was finished in a whole job of {self.time_limit_min / 60:.3g} h; raise time_limit_h"
            self._leave(Failure("time", reason))
            return None
        from submitit.helpers import DelayedSubmission

        _clear_unfinished_save()
        return DelayedSubmission(replace(self))

    def _expanded(self, path: str) -> str:
        """A path with the job's variables filled in.

        Raises:
            RunFailed: the job has no such variable.
        """
        expanded = str(Path(os.path.expandvars(path)).expanduser())
        if "$" in expanded:
            reason = f"environment.scratch of the cluster's profile: {path} has a variable that jobs here do not have"
            self._leave(Failure("input", reason))
            raise RunFailed(reason)
        return expanded

    def _planned(self, work: Work) -> PlannedJob:
        folder = self._folder(work)
        job = read_job(folder.job)
        return PlannedJob(work.folder, job, folder, self.threads, alone=not isinstance(job, RunJob))

    def _folder(self, work: Work) -> JobFolder:
        return work.job_folder(StudyFolder(self.study))

    def _refuse_other_code(self) -> None:
        found = fingerprint(package_folder())
        if found != self.code:
            reason = f"the code of gtpt_bench is {found} now, but was {self.code} when this job was submitted"
            self._leave(Failure("code", reason))
            raise RunFailed(reason)

    def _leave(self, failure: Failure) -> None:
        """Say in each unfinished run's folder why it failed."""
        for work in self.work:
            if not work.is_done(StudyFolder(self.study)):
                leave_failure(self._folder(work).error, failure, expected=True)

    def _progress(self) -> dict[str, Any]:
        """The last word of each run."""
        said = {work.folder: read_json_file(self._folder(work).progress) or {} for work in self.work}
        return {folder: (words.get("step"), words.get("done")) for folder, words in said.items()}


def _clear_unfinished_save() -> None:
    """A kill in the middle of an earlier save leaves a file that submitit would stumble over."""
    from submitit import JobEnvironment

    pickle = JobEnvironment().paths.submitted_pickle
    pickle.with_suffix(f"{pickle.suffix}.save_tmp").unlink(missing_ok=True)


def _wait_to_be_killed() -> None:
    """SLURM told the workers to end without telling why; it will end this process too, or queue the job again."""
    time.sleep(SECONDS_TO_BE_KILLED)
    raise RunInterrupted("told to end, but not ended; the run goes on in another job")


def _wait_until_over(pid: int) -> None:
    """Until a child process is over, which somebody else then takes note of."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:  # taken note of already
        return
