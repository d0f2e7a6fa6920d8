"""A controller that does not answer is waited for: while jobs are submitted, while they run and while they end."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import Campaign, eventually, finishes

pytestmark = pytest.mark.slurm

MINUTE_S = 60


def test_a_study_is_submitted_when_the_controller_comes_back(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm
) -> None:
    slurm.stop_daemon("slurmctld")
    try:
        shell = campaign.run_there("--only=dense")
        time.sleep(10)
        assert shell.process.poll() is None, shell.said
    finally:
        slurm.start_stopped_daemons()
    shell.ends(0)
    finishes(campaign, undisturbed, "dense")


def test_a_controller_that_hangs_while_jobs_are_submitted_gets_no_job_twice(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm
) -> None:
    controller = slurm.status()["daemons"]["slurmctld"]
    os.kill(controller, signal.SIGSTOP)
    try:
        shell = campaign.run_there("--only=dense")
        time.sleep(20)
        assert shell.process.poll() is None, shell.said
    finally:
        os.kill(controller, signal.SIGCONT)
    shell.ends(0)
    finishes(campaign, undisturbed, "dense")


def test_jobs_end_and_others_begin_although_the_controller_was_away_for_a_minute(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm
) -> None:
    slow_campaign.write_profile(limits={"max_submitted": 1})
    shell = slow_campaign.run_there()
    eventually(lambda: slow_campaign.diary.exists(), "run that trains")
    slurm.stop_daemon("slurmctld")
    time.sleep(MINUTE_S)
    assert slow_campaign.ledger().count(" submitted ") == 1
    slurm.start_stopped_daemons()
    shell.ends(0)
    finishes(slow_campaign, undisturbed)
