"""status, logs, cancel and retry of a study that waits and runs on a real SLURM."""

from __future__ import annotations

import json
import time

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import Campaign, eventually, finishes, kill, queue_closed

pytestmark = pytest.mark.slurm


def shown(campaign: Campaign) -> dict[str, tuple[str, str]]:
    """State and words of each part, by `status --json`."""
    said = json.loads(campaign.start("status", "--json").ends(0))
    return {part["part"]: (part["state"], part["words"]) for part in said}


def test_what_waits_and_what_runs_is_shown_followed_and_cancelled(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm
) -> None:
    with queue_closed(slurm):
        said = slow_campaign.run_there("--detach").ends(0)
        assert "mini on small: 2 in the queue." in said
        state, words = shown(slow_campaign)["dense seed 0"]
        assert state == "queued"
        assert words.startswith("in the queue as ")
        assert "dense seed 0 has no log yet: it is queued" in slow_campaign.start("logs", "dense seed 0").ends(2)
        assert "1 job(s) of mini cancelled" in slow_campaign.start("cancel", "--only=pruned").ends(0)
        followed = slow_campaign.start("logs", "dense seed 0", "--follow")
    slow_campaign.at_work()
    assert shown(slow_campaign)["dense seed 0"][0] == "running"
    assert shown(slow_campaign)["pruned seed 0"][0] == "missing"
    assert "worker" in slow_campaign.start("logs", "dense seed 0").ends(0)
    assert "worker" in followed.ends(0)
    assert shown(slow_campaign)["dense seed 0"][0] == "done"
    finishes(slow_campaign, undisturbed)


def test_a_cancelled_study_keeps_what_its_runs_have_saved(
    slow_campaign: Campaign, undisturbed: Campaign, slurm: Slurm
) -> None:
    shell = slow_campaign.run_there("--only=dense")
    slow_campaign.at_work(after_step=12)
    assert "1 job(s) of mini cancelled" in slow_campaign.start("cancel").ends(0)
    assert "1 part(s) were cancelled; run again to do them" in shell.ends(1)
    folder = slow_campaign.run_folder("dense")
    assert folder.checkpoint.exists()
    finishes(slow_campaign, undisturbed, "dense")


def test_what_has_failed_is_done_again_when_asked_for(
    slow_campaign: Campaign, undisturbed: Campaign, injects: Injects
) -> None:
    shell = slow_campaign.run_there("--only=dense")
    pid = 0
    for _ in range(3):
        pid = slow_campaign.at_work(not_by=pid, after_step=1).pid
        injects("worker killed")
        kill(pid)
    assert "killed by signal 9" in shell.ends(1)
    state, words = shown(slow_campaign)["dense seed 0"]
    assert (state, "killed by signal 9" in words) == ("failed", True)
    assert "Report:" in slow_campaign.start("retry").ends(0)
    finishes(slow_campaign, undisturbed, "dense")
    assert "nothing has failed" in slow_campaign.start("retry").ends(0)


def test_the_time_around_a_job_is_measured(campaign: Campaign, undisturbed: Campaign, slurm: Slurm) -> None:
    """From submission on an idle cluster to the first step of training, and from the last record to `done`."""
    shell = campaign.run_there("--only=dense", "--detach")
    shell.ends(0)
    submitted = campaign.session.cluster.submissions()[0].submitted_at
    folder = campaign.run_folder("dense")
    eventually(lambda: "done" in shown(campaign)["dense seed 0"], "result")
    seen = time.time()
    lines = campaign.written(folder.path.name)
    first, last = lines[0]["time"], lines[-1]["time"]
    print(f"submission to first step {first - submitted:.1f} s, record to `status` saying done {seen - last:.1f} s")
    assert first - submitted < 30
    assert seen - last < 10
    finishes(campaign, undisturbed, "dense")
