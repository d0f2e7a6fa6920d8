"""A controller that does not answer is waited for: while jobs are submitted, while they run and while they end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import Campaign, eventually, finishes, fresh_copy

pytestmark = pytest.mark.slurm

MINUTE_S = 60
HANGS_S = 12
"""Longer than SLURM's commands wait for an answer (MessageTimeout)."""


def test_a_controller_that_hangs_while_jobs_are_submitted_gets_no_job_twice(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm, injects: Injects
) -> None:
    controller = slurm.status()["daemons"]["slurmctld"]
    injects("controller hangs")
    os.kill(controller, signal.SIGSTOP)
    try:
        shell = campaign.run_there("--only=dense")
        time.sleep(HANGS_S)
        assert shell.process.poll() is None, shell.said
    finally:
        os.kill(controller, signal.SIGCONT)
    shell.ends(0)
    finishes(campaign, undisturbed, "dense")


def test_jobs_end_and_others_are_submitted_although_the_controller_was_away_for_a_minute(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm, tmp_path: Path, injects: Injects
) -> None:
    """One study is at work; another is asked for meanwhile."""
    slow_campaign.write_profile(limits={"max_submitted": 1})
    shell = slow_campaign.run_there()
    eventually(lambda: slow_campaign.diary.exists(), "run that trains")
    other = fresh_copy(undisturbed, tmp_path / "other")
    injects("controller away for a minute")
    slurm.stop_daemon("slurmctld")
    try:
        waiting = other.run_there("--only=dense")
        time.sleep(MINUTE_S)
        assert slow_campaign.ledger().count(" submitted ") == 1
        assert waiting.process.poll() is None, waiting.said
        assert waiting.said.count("the scheduler does not answer; waiting") == 1
    finally:
        slurm.start_stopped_daemons()
    for one in (shell, waiting):
        assert "the scheduler answers again" in one.ends(0)
    finishes(slow_campaign, undisturbed)
    finishes(other, undisturbed, "dense")
