"""The processes that do a run together: started here, or by torchrun or srun; the first leads, the others assist.

The first process does what a single one would: it holds the lock, reports and writes. Assistants take part in training
and in predicting, and end with it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gtpt_bench.errors import GtptBenchError, RunFailed, RunInterrupted, TeamBroken
from gtpt_bench.study.job import RunJob, read_job
from gtpt_bench.study.store import JobFolder
from gtpt_bench.training.meeting import first_store, local_team
from gtpt_bench.training.team import ALONE, Several, Team

SECONDS_TO_END = 10.0
"""That assistants have after a run is over for all."""


@contextlib.contextmanager
def team_of(job: RunJob, folder: JobFolder, launched: Several | None) -> Iterator[Team]:
    """Whoever works on a run, for the first process.

    Args:
        launched: the processes that were started together with this one, who now hear of the run.
    """
    if launched is not None:
        launched.next_task(str(folder.path))
        try:
            yield launched
        except (RunInterrupted, RunFailed):  # all processes know
            raise
        except Exception:
            launched.dissolve()
            raise
    elif job.processes > 1:
        with assisted(folder, job.processes) as team:
            yield team
    else:
        yield ALONE


@contextlib.contextmanager
def assisted(folder: JobFolder, size: int) -> Iterator[Several]:
    """A team of this process and assistants that are started for it.

    Raises:
        RunFailed: an assistant ended before its time; says how.
    """
    store = first_store(size)
    assistants = [_started(folder, rank, size, store.port) for rank in range(1, size)]
    try:
        with local_team(0, size, store) as team:
            yield team
    except TeamBroken as error:
        raise TeamBroken(_killed(assistants) or str(error)) from error
    except (RunInterrupted, RunFailed):  # all processes know, and end by themselves
        _wait_for(assistants)
        raise
    else:
        _wait_for(assistants)
    finally:
        for assistant in assistants:
            assistant.kill()
            assistant.wait()


def _started(folder: JobFolder, rank: int, size: int, port: int) -> subprocess.Popen[bytes]:
    """An assistant, which writes to this process's log."""
    command = [sys.executable, "-m", "gtpt_bench.study.assistant", str(folder.path)]
    return subprocess.Popen([*command, str(rank), str(size), str(port)], stdin=subprocess.DEVNULL)


def _killed(assistants: list[subprocess.Popen[bytes]]) -> str:
    """Which assistant was killed; "" if none was: one that failed has said so itself."""
    _wait_for(assistants, seconds=1.0)
    for rank, assistant in enumerate(assistants, start=1):
        code = assistant.poll()
        if code is not None and code < 0:
            return f"process {rank + 1} of {len(assistants) + 1} was killed by signal {-code}; run again to go on"
    return ""


def _wait_for(assistants: list[subprocess.Popen[bytes]], *, seconds: float = SECONDS_TO_END) -> None:
    """Until they have ended, or that long for each."""
    for assistant in assistants:
        with contextlib.suppress(subprocess.TimeoutExpired):
            assistant.wait(seconds)


def assist(folder: JobFolder, team: Several, *, stop: Callable[[], bool]) -> None:
    """Take part in a run as another process than the first.

    Raises:
        GtptBenchError: what went wrong; the first process has been told.
    """
    from gtpt_bench.study import steps

    job = read_job(folder.job)
    assert isinstance(job, RunJob)
    try:
        steps.do_run(job, folder, stop=stop, progress=lambda step, done, total, words: None, team=team)
    except (RunInterrupted, RunFailed):  # all processes know
        raise
    except Exception as error:
        expected = isinstance(error, GtptBenchError)
        team.tell_failure(str(error) if expected else f"{type(error).__name__}: {error}".splitlines()[0])
        raise


def assist_all(team: Several, *, stop: Callable[[], bool]) -> None:
    """Take part in one run after the other, as the first process begins them; raises as `assist` does.

    A run that fails or is stopped is over for all processes; the next one may go better.
    """
    while (path := team.next_task(None)) is not None:
        try:
            assist(JobFolder(Path(path)), team, stop=stop)
        except TeamBroken:
            raise
        except (RunInterrupted, RunFailed) as error:
            print(f"process {team.rank + 1} of {team.size}: {error}", flush=True)
