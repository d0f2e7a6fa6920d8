"""A job at work on this machine: in a process of its own, or in this very one for debugging."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from gtpt_bench.files import write_json
from gtpt_bench.study.missing import PlannedJob

if TYPE_CHECKING:
    from gtpt_bench.training.team import Several


class Worker(Protocol):
    """A started job."""

    def poll(self) -> int | None:
        """The exit code when it is over."""

    def ask_to_stop(self) -> None: ...

    def wait_until_stopped(self) -> None: ...


class Subprocess:
    """A job in a process and session of its own, so that Ctrl-C reaches it only through `ask_to_stop`.

    Args:
        gpus: that it may use; None leaves it as it is.
    """

    def __init__(self, job: PlannedJob, gpus: Sequence[str] | None = None) -> None:
        write_json(job.folder.job, job.job.model_dump(mode="json"))
        job.folder.progress.unlink(missing_ok=True)
        visible = {} if gpus is None else {"CUDA_VISIBLE_DEVICES": ",".join(gpus)}
        with job.folder.log.open("a", encoding="utf-8") as log, held_back():
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gtpt_bench.study.worker", str(job.folder.path)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={"OMP_NUM_THREADS": str(job.threads), **os.environ, **visible},
            )

    def poll(self) -> int | None:
        return self.process.poll()

    def ask_to_stop(self) -> None:
        """The worker saves its state and ends."""
        self.process.send_signal(signal.SIGTERM)

    def wait_until_stopped(self) -> None:
        """A second Ctrl-C kills it; what its last checkpoint holds is kept."""
        try:
            self.process.wait()
        except KeyboardInterrupt:
            self.process.kill()
            self.process.wait()


class Inline:
    """A job in this very process, for debugging; it is over when it has started.

    Args:
        launched: processes that were started together with this one, to share runs.
    """

    def __init__(self, job: PlannedJob, launched: Several | None = None) -> None:
        from gtpt_bench.study.worker import StopFlag, work

        write_json(job.folder.job, job.job.model_dump(mode="json"))
        stop = StopFlag()
        with restored_signals():
            stop.listen()
            self.code = work(job.folder, stop=stop, launched=launched)

    def poll(self) -> int:
        return self.code

    def ask_to_stop(self) -> None:
        """Nothing left to stop."""

    def wait_until_stopped(self) -> None:
        """It is over already."""


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Signals to stop wait until a worker started inside listens to them; otherwise one would end it at once."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGUSR2,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
