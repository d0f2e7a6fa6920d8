"""What a study has in a cluster's queue, as files, so that any shell, or the next job, can go on from there.

    results/<study>/.slurm-<profile>-<data>/
        campaign.json      how jobs are submitted, what still waits for a place, what failed so far
        submissions/       a file each array that is in the queue
        ended/             a file each job at its last line, until somebody has seen to it
        queue.json         the scheduler's last answer
        unanswered.json    when it was last asked in vain
        jobs/              submitit's files: batch scripts, pickles, output of jobs
        log.txt            what was submitted, ended, tried again
        lock

A submission is written before sbatch is called, under a name that no other has; so whoever finds it without the number
of a job can ask the scheduler what became of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from gtpt_bench.cluster.commands import Unreachable
from gtpt_bench.cluster.ended import EndedJobs
from gtpt_bench.cluster.profile import ClusterProfile, JobKind
from gtpt_bench.errors import StudyError
from gtpt_bench.files import write_text
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.failure import Failure, Kind
from gtpt_bench.study.lock import Locked, locked
from gtpt_bench.study.store import JobFolder, StudyFolder, read_record

LOCK_WAIT_S = 120.0


class Busy(Unreachable):
    """Somebody else holds the ledger, and waits for SLURM; so whoever finds that out waits as for SLURM itself."""


class Work(Frozen):
    """A job folder of a study and the record that its work ends in, by their names in the study's folder."""

    folder: str
    record: str
    variant: str = ""

    def is_done(self, study: StudyFolder) -> bool:
        return read_record(study.path / self.record) is not None

    def job_folder(self, study: StudyFolder) -> JobFolder:
        return JobFolder(study.path / self.folder)


class Unit(Frozen):
    """What one job does, or one element of an array of jobs."""

    kind: JobKind
    work: tuple[Work, ...]
    memory_gb_per_task: float
    processes: int = 1
    """Tasks that share each of its runs."""
    retries: dict[Kind, int] = Field(default_factory=dict)
    """How often it has been tried again, by the kind of failure."""


class Submission(Frozen):
    """One call of sbatch."""

    name: str
    """Of the job; no other has the same."""
    units: tuple[Unit, ...]
    submitted_at: float
    job_id: str = ""
    """SLURM's; empty until sbatch has answered."""
    settled: tuple[int, ...] = ()
    """Places of units that are over and counted."""
    at_once: int = Field(256, ge=1)
    """Units that SLURM lets run at a time."""

    @property
    def open(self) -> list[tuple[str, Unit]]:
        """Units that are not over yet, as far as is known, each with the number of its job."""
        return [(self.element(i), unit) for i, unit in enumerate(self.units) if i not in self.settled]

    @property
    def may_run(self) -> int:
        """Jobs of it that may run at a time from now on."""
        return min(self.at_once, len(self.units) - len(self.settled))

    def element(self, index: int) -> str:
        """SLURM's number of one unit's job."""
        return f"{self.job_id}_{index}" if len(self.units) > 1 else self.job_id


class FailedRun(Frozen):
    """Work of this campaign that failed for good."""

    folder: str
    variant: str
    kind: Kind
    reason: str

    @property
    def failure(self) -> Failure:
        return Failure(self.kind, self.reason)


class Campaign(Frozen):
    """A study on its way through a cluster."""

    profile: ClusterProfile
    label: str
    """Of the plan."""
    code: str
    """Fingerprint of the code that its jobs run."""
    code_folder: Path
    python: str
    processes: int = 1
    max_array_size: int = 1001
    waiting: tuple[Unit, ...] = ()
    """Not submitted yet."""
    num_trained: int = 0
    num_measured: int = 0
    failed: tuple[FailedRun, ...] = ()
    counted: tuple[str, ...] = ()
    """Jobs whose ends were counted last; whoever did so may have died before their submissions said it."""
    held: str = ""
    """Why nothing more is submitted; empty: it is."""
    takes_out: bool = False
    """Whether what is held back may still have to be taken out of the queue."""
    refused: str = ""
    """SLURM's words if it did not take the jobs when they were last submitted."""
    known_places: int | None = None
    """Jobs of the study that the queue has taken at most, or may; None: it has not been full."""
    full_at: int = 0
    """Jobs of the study that were in it when it was full."""
    full_until: float = 0
    """Time until which it is not asked again, unless fewer are left in it."""
    refused_since: float = 0
    """Since when it has not taken a single job, with none of the study in it; 0: it has."""


@dataclass(frozen=True)
class ClusterFolder:
    """The files above. All that writes them holds the lock."""

    study: StudyFolder
    label: str

    @property
    def path(self) -> Path:
        return self.study.path / f".slurm-{self.label}"

    @property
    def campaign_file(self) -> Path:
        return self.path / "campaign.json"

    @property
    def queue_file(self) -> Path:
        return self.path / "queue.json"

    @property
    def jobs(self) -> Path:
        return self.path / "jobs"

    @property
    def exists(self) -> bool:
        return self.campaign_file.exists()

    @property
    def ended(self) -> EndedJobs:
        """Jobs at their last line that nobody has seen to."""
        return EndedJobs(self.path / "ended")

    @contextlib.contextmanager
    def held(self, wait_s: float | None = None) -> Iterator[None]:
        """The lock; others who write hold it for seconds only, so it is waited for.

        Args:
            wait_s: for so long; None: LOCK_WAIT_S.

        Raises:
            Busy: it did not come free.
        """
        tried_until = time.monotonic() + (LOCK_WAIT_S if wait_s is None else wait_s)
        while True:
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(locked(self.path / "lock"))
                except Locked as error:
                    if time.monotonic() >= tried_until:
                        raise Busy(f"{error}; end that process, or wait for it, and run again") from error
                else:
                    yield
                    return
            time.sleep(0.1)

    def read(self) -> Campaign:
        """The campaign.

        Raises:
            StudyError: there is none, or it is of another version.
        """
        try:
            return Campaign.model_validate_json(self.campaign_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StudyError(
                f"{self.study.path.name} has not been submitted to a cluster yet; use run --executor slurm"
            ) from None
        except (OSError, ValidationError) as error:
            raise StudyError(
                f"{self.campaign_file} comes from another version of gtpt_bench or is damaged; cancel its jobs with "
                "scancel, remove the file, and run the study again: finished work is kept"
            ) from error

    def write(self, campaign: Campaign) -> None:
        write_text(self.campaign_file, campaign.model_dump_json() + "\n")

    def submissions(self) -> list[Submission]:
        """What is in the queue, or was when somebody last looked; oldest first.

        Raises:
            StudyError: one cannot be read; its runs would be submitted again.
        """
        found = []
        for path in (self.path / "submissions").glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # one that just ended
                found.append(_submission_in(path))
        return sorted(found, key=lambda submission: submission.submitted_at)

    def write_submission(self, submission: Submission) -> None:
        write_text(self._submission(submission), submission.model_dump_json() + "\n")

    def forget_submission(self, submission: Submission) -> None:
        self._submission(submission).unlink(missing_ok=True)
        if submission.job_id:  # submitit's files of its jobs go with them, this one is of all together
            (self.jobs / f"{submission.job_id}_submission.sh").unlink(missing_ok=True)

    def settle(self, submission: Submission, indices: Iterable[int]) -> Submission | None:
        """Units at these places are over and counted; a submission that has no others is forgotten.

        Returns:
            what is left of it.
        """
        settled = {*submission.settled, *indices}
        if len(settled) == len(submission.units):
            self.forget_submission(submission)
            return None
        if len(settled) > len(submission.settled):
            submission = submission.model_copy(update={"settled": tuple(sorted(settled))})
            self.write_submission(submission)
        return submission

    def forget_counted(self, campaign: Campaign) -> tuple[Campaign, list[Submission]]:
        """Do what somebody left who died after the ends of jobs were counted, so that they do not count twice; what is
        in the queue then."""
        submissions = self.submissions()
        if not campaign.counted:
            return campaign, submissions
        counted, left = set(campaign.counted), []
        for submission in submissions:
            over = [i for i in range(len(submission.units)) if submission.element(i) in counted]
            rest = self.settle(submission, over)
            left += [rest] if rest else []
        campaign = campaign.model_copy(update={"counted": ()})
        self.write(campaign)
        return campaign, left

    @property
    def queued(self) -> set[str]:
        """Job folders whose work is in the queue, as far as is known."""
        return {work.folder for submission in self.submissions() for _, unit in submission.open for work in unit.work}

    def _submission(self, submission: Submission) -> Path:
        return self.path / "submissions" / f"{submission.name}.json"

    def note(self, words: str) -> None:
        """Add a line to the log."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%F %T')} {words}\n")


def _submission_in(path: Path) -> Submission:
    try:
        return Submission.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValidationError) as error:
        raise StudyError(
            f"{path} comes from another version of gtpt_bench or is damaged; cancel its jobs "
            f"(scancel --name={path.stem}), remove the file, and run the study again: finished work is kept"
        ) from error
