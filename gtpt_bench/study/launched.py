"""Processes that torchrun or srun started together: the first does what one alone would do, the others assist it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.teamwork import assist_all
from gtpt_bench.training.launch import Launch
from gtpt_bench.training.meeting import launched_team
from gtpt_bench.training.team import Several


@contextlib.contextmanager
def leading(launch: Launch) -> Iterator[Several]:
    """The team for as long as the first process has work; then the others are sent home.

    Raises:
        RunFailed: not all processes came.
    """
    with launched_team(launch) as team:
        try:
            yield team
        finally:
            with contextlib.suppress(GtptBenchError):  # they may be gone already
                team.next_task(None)


def assisting(launch: Launch, *, stop: Callable[[], bool]) -> int:
    """Take part in all runs that the first process begins; the exit code, with a line on stdout if it is not 0."""
    try:
        with launched_team(launch) as team:
            assist_all(team, stop=stop)
    except GtptBenchError as error:
        print(f"process {launch.rank + 1} of {launch.size}: {type(error).__name__}: {error}", flush=True)
        return error.exit_code
    return 0
