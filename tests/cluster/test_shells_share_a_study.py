"""Several shells and people at one study: every run is done once, and the scheduler is asked no more than by one."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cluster.small_campaign import SLOW, Campaign, finishes

pytestmark = pytest.mark.slurm

COMMANDS = ("sacct", "squeue", "scontrol", "sbatch", "scancel", "sinfo")
RHYTHM_S = 5.0

NOTED = """#!/bin/sh
echo "$(date +%s.%N) {command} $*" >> '{log}'
exec {real} "$@"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which every call of SLURM's commands is noted, with its time."""
    log, folder = tmp_path / "calls.txt", tmp_path / "noted"
    folder.mkdir()
    for command in COMMANDS:
        script = folder / command
        script.write_text(NOTED.format(command=command, log=log, real=shutil.which(command)))
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return log


def times_of(calls: Path, *words: str) -> list[float]:
    """When the scheduler was called with such words."""
    return [
        float(line.split()[0]) for line in calls.read_text().splitlines() if all(word in line.split() for word in words)
    ]


def test_two_shells_that_run_the_same_study_do_every_run_once(campaign: Campaign, undisturbed: Campaign) -> None:
    shells = [campaign.run_there() for _ in range(2)]
    for shell in shells:
        shell.ends(0)
    assert campaign.ledger().count(" submitted ") == 1
    finishes(campaign, undisturbed)


def test_a_shell_here_and_jobs_there_do_every_run_once(slow_campaign: Campaign, undisturbed: Campaign) -> None:
    shells = [slow_campaign.run_there(), slow_campaign.start("run", "--executor", "local")]
    for shell in shells:
        shell.ends(0)
    finishes(slow_campaign, undisturbed)


def test_three_shells_ask_accounting_once_in_a_rhythm(calls: Path, campaign: Campaign, undisturbed: Campaign) -> None:
    campaign.write_profile(rhythm={"ask_every_s": RHYTHM_S})
    slow = {**SLOW, "GTPT_TEST_STEP_S": "0.5"}
    shells = [campaign.run_there(**slow)]
    campaign.at_work(after_step=1)
    shells += [campaign.start("status", "--watch") for _ in range(2)]
    for shell in shells:
        shell.ends(0)
    asked = times_of(calls, "sacct")
    print(f"{len(asked)} sacct, {len(times_of(calls))} calls in all")
    assert len(asked) >= 3
    assert all(later - earlier > RHYTHM_S - 0.5 for earlier, later in pairwise(asked)), asked
    assert len(times_of(calls, "squeue")) <= 2
    assert len(times_of(calls, "scontrol")) == len(times_of(calls, "sbatch")) == 1
    finishes(campaign, undisturbed)
