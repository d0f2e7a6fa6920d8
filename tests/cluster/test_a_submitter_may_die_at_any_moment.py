"""A submitter that is killed between any two of its steps leaves no job behind that works twice, and loses none."""

from __future__ import annotations

import pytest

from tests.cluster.faults import Injects
from tests.cluster.small_campaign import Campaign, finishes

pytestmark = pytest.mark.slurm

MOMENTS = {
    "copying the code": "1 os.rename */.code/*",
    "writing the campaign": "1 os.rename */campaign.json",
    "writing the submission": "1 os.rename */submissions/*.json",
    "calling sbatch": "1 subprocess.Popen sbatch",
    "moving the pickle to its job": "1 os.rename *_submitted.pkl",
    "taking back the job without a pickle": "1 subprocess.Popen scancel",
    "writing the number of the job": "2 os.rename */submissions/*.json",
    "taking back the job without a number": "1 subprocess.Popen scancel",
    "forgetting it after it was taken back": "1 os.remove */submissions/*",
    "writing that its work waits no longer": "3 os.rename */campaign.json",
}
"""In this order, each command goes on from what the death of the one before has left."""


def test_commands_that_die_one_after_the_other_just_before_each_of_their_steps(
    campaign: Campaign, undisturbed: Campaign, injects: Injects
) -> None:
    for moment in MOMENTS.values():
        injects("submitter killed")
        campaign.run_there("--only=dense", GTPT_TEST_DIES_AT=moment).ends(9)
    finishes(campaign, undisturbed, "dense")


def test_a_submitter_that_is_killed_while_it_watches_is_not_needed(
    campaign: Campaign, undisturbed: Campaign, injects: Injects
) -> None:
    shell = campaign.run_there("--only=dense")
    campaign.at_work(after_step=1)
    injects("submitter killed")
    shell.kill()
    finishes(campaign, undisturbed, "dense")
