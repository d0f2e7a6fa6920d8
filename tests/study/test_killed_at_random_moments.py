"""A study that is killed (`kill -9`) at random moments, over and over, ends with the numbers of an undisturbed one.

Fifty times in CI; a few times in the suite that everyone runs. Processes are forked from one that has PyTorch loaded.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.study.outcomes import numbers
from tests.study.small_study import STUDY, Workplace

VARIANTS = ("dense", "pruned")
WITHOUT_PLOTS = {**STUDY, "report": {"baseline": "dense", "plots": []}}
"""Drawing would be a large part of a life, with nothing in it to lose."""


def live(study_file: Path, results: Path) -> None:
    """One life of the command, with a checkpoint after every step."""
    import torch

    from gtpt_bench.cli.main import main
    from gtpt_bench.study import steps

    torch.set_num_threads(1)
    steps.SECONDS_BETWEEN_CHECKPOINTS = -1.0
    sys.argv = ["gtpt-study", "run", str(study_file), "--results", str(results), "--executor", "inline"]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        main()


@pytest.fixture(scope="module")
def lives() -> ForkServerContext:
    """Starts processes in milliseconds, so that the moment of a kill falls into the work and not into imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gtpt_bench.study.steps", "gtpt_bench.cli.main", "gtpt_bench.report.write"])
    return context


def finished_within(context: ForkServerContext, place: Workplace, seconds: float) -> bool:
    """Whether the command came to its end; it is killed when the time is up."""
    process = context.Process(target=live, args=(place.study_file, place.results))
    process.start()
    process.join(seconds)
    if process.exitcode is not None:
        assert process.exitcode == 0
        return True
    process.kill()
    process.join()
    return False


def begin_again(place: Workplace) -> None:
    """Take all runs away; costs and data stay."""
    for folder in (path.parent for path in place.results.glob("mini/*/job.json")):
        shutil.rmtree(folder)


def when_trained(place: Workplace) -> dict[Path, int]:
    """When each finished training was recorded."""
    return {file: file.stat().st_mtime_ns for file in place.results.glob("mini/*/train.json")}


def outcome(place: Workplace) -> dict[str, Any]:
    session = place.open()
    return {variant: numbers(session, variant) for variant in VARIANTS}


@pytest.mark.long
@pytest.mark.parametrize("num_kills", [50])
def test_every_run_ends_with_the_numbers_of_an_undisturbed_one_and_none_is_done_twice(
    num_kills: int, place: Workplace, lives: ForkServerContext
) -> None:
    place.write(WITHOUT_PLOTS)
    assert finished_within(lives, place, 300)
    expected = outcome(place)
    begin_again(place)
    started = time.monotonic()  # of a life that draws no data and waits for no imports, as those to come
    assert finished_within(lives, place, 300)
    undisturbed_s = time.monotonic() - started
    rng, num_killed = np.random.default_rng(0), 0
    while num_killed < num_kills:
        begin_again(place)
        trained: dict[Path, int] = {}
        while not finished_within(lives, place, rng.uniform(0, undisturbed_s)):
            num_killed += 1
            assert trained.items() <= when_trained(place).items(), "a finished run was begun again"
            trained = when_trained(place)
        assert trained.items() <= when_trained(place).items()
        assert outcome(place) == expected
