"""Several shells and people at one study: every run is done once, and the scheduler is asked no more than by one."""

from __future__ import annotations

import os
import shutil
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import LONG_STUDY, SLOW, Campaign, eventually, finishes, queue_closed

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
    log.touch()
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
    assert len(times_of(calls, "scontrol")) <= 2  # before people are drawn, and when jobs are submitted
    assert len(times_of(calls, "sbatch")) == 1
    finishes(campaign, undisturbed)


def test_a_thousand_jobs_that_wait_are_one_question_in_a_rhythm(calls: Path, campaign: Campaign, slurm: Slurm) -> None:
    """Watched by two shells for six rhythms; none of the jobs begins."""
    campaign.write({**LONG_STUDY, "seeds": list(range(500))})
    campaign.write_profile(rhythm={"ask_every_s": RHYTHM_S}, limits={"max_submitted": 1000})
    with queue_closed(slurm):
        shells = [campaign.run_there("--yes")]
        eventually(lambda: times_of(calls, "sbatch") and times_of(calls, "sacct"), "question about what was submitted")
        shells.append(campaign.start("status", "--watch"))
        assert slurm.run("squeue", "--noheader", "--array").count("\n") == 1000
        calls.write_text("")
        time.sleep(6 * RHYTHM_S)
        asked, all_calls = times_of(calls, "sacct"), times_of(calls)
        for shell in shells:
            shell.kill()
        assert "1000 job(s) of mini cancelled" in campaign.start("cancel").ends(0)
    print(f"{len(asked)} sacct, {len(all_calls)} calls in all, in {6 * RHYTHM_S:.0f} s")
    assert 3 <= len(asked) <= 6  # a shell looks each two seconds, later if the machine is busy
    assert len(all_calls) == len(asked)
    assert all(later - earlier > RHYTHM_S - 0.5 for earlier, later in pairwise(asked)), asked
