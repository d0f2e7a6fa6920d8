"""Studies that are larger than what a cluster takes at a time: their jobs feed the rest, and nobody has to watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import LONG_STUDY, SLOW, Campaign, eventually, finishes, fresh_copy, queue_closed
from tests.study.outcomes import states

pytestmark = pytest.mark.slurm


def submitted(campaign: Campaign) -> list[int]:
    """How many jobs each call of sbatch was for."""
    words = [line.split() for line in campaign.ledger().splitlines() if " submitted " in line]
    return [int(word[3]) for word in words]


@pytest.fixture
def many(narrow_slurm: Slurm, undisturbed: Campaign, tmp_path: Path) -> Campaign:
    return fresh_copy(undisturbed, tmp_path)


def is_reported(campaign: Campaign) -> bool:
    return "all is over; report in" in campaign.ledger()


def test_jobs_above_the_submit_limit_follow_as_places_come_free(narrow_slurm: Slurm, many: Campaign) -> None:
    """23 runs, arrays of at most five, four jobs in the queue at a time; nobody watches. Runs are short and end about
    together, so that four jobs look for the next at one moment, each of which still counts."""
    training = {"preset": "quick", "epochs": 1, "batch_size": 4}
    accuracy = {**LONG_STUDY["accuracy"], "training": training}
    many.write({**LONG_STUDY, "accuracy": accuracy, "seeds": list(range(23))})
    many.run_there("--only=dense", "--detach").ends(0)
    assert submitted(many) == [2, 2]
    eventually(lambda: is_reported(many), "report", within_s=360)
    of_dense = [state for part, state in states(many.session).items() if part.startswith("dense")]
    assert of_dense == 23 * ["done"]
    assert sum(submitted(many)) == 23
    assert max(submitted(many)) <= 4


def test_an_array_is_no_longer_than_the_cluster_takes(narrow_slurm: Slurm, many: Campaign) -> None:
    """Without the submit limit, and with the queue closed, so that only the submitting is seen."""
    narrow_slurm.run("sacctmgr", "-i", "modify", "user", "root", "set", "maxsubmitjobs=-1")
    try:
        with queue_closed(narrow_slurm):
            many.write({**LONG_STUDY, "seeds": list(range(23))})
            many.run_there("--only=dense", "--detach").ends(0)
            assert submitted(many) == [5, 5, 5, 5, 3]
            assert "23 job(s) of mini cancelled" in many.start("cancel").ends(0)
    finally:
        narrow_slurm.run("sacctmgr", "-i", "modify", "user", "root", "set", "maxsubmitjobs=4")


def test_a_run_that_slurm_itself_finds_too_large_is_tried_again_with_more(
    many: Campaign, undisturbed: Campaign, injects: Injects
) -> None:
    """Here no kernel watches the memory; SLURM looks at it once a second."""
    injects("out of memory")
    many.run_there("--only=dense", GTPT_TEST_TAKE_MB="1100", **SLOW).ends(0)
    assert "out of memory" in many.ledger()
    finishes(many, undisturbed, "dense")
