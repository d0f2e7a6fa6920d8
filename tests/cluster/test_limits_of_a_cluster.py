"""Studies that are larger than what a cluster takes at a time: their jobs feed the rest, and nobody has to watch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import LONG_STUDY, SLOW, Campaign, eventually, finishes, fresh_copy
from tests.study.outcomes import states

pytestmark = pytest.mark.slurm


def submitted(campaign: Campaign) -> list[int]:
    """How many jobs each call of sbatch was for."""
    words = [line.split() for line in campaign.ledger().splitlines() if " submitted " in line]
    return [int(word[3]) for word in words]


@pytest.fixture
def many(narrow_slurm: Slurm, undisturbed: Campaign, tmp_path: Path) -> Campaign:
    return fresh_copy(undisturbed, tmp_path)


@pytest.fixture
def no_submit_limit(narrow_slurm: Slurm) -> Iterator[None]:
    narrow_slurm.run("sacctmgr", "-i", "modify", "user", "root", "set", "maxsubmitjobs=-1")
    yield
    narrow_slurm.run("sacctmgr", "-i", "modify", "user", "root", "set", "maxsubmitjobs=4")


def is_reported(campaign: Campaign) -> bool:
    return "all is over; report in" in campaign.ledger()


def test_a_study_larger_than_an_array_may_be_is_split(no_submit_limit: None, many: Campaign) -> None:
    many.write({**LONG_STUDY, "seeds": list(range(23))})
    many.run_there("--only=dense", "--detach").ends(0)
    assert submitted(many) == [5, 5, 5, 5, 3]
    eventually(lambda: is_reported(many), "report", within_s=240)
    of_dense = [state for part, state in states(many.session).items() if part.startswith("dense")]
    assert of_dense == 23 * ["done"]


def test_jobs_above_the_submit_limit_follow_as_places_come_free(
    narrow_slurm: Slurm, many: Campaign, undisturbed: Campaign
) -> None:
    many.write({**LONG_STUDY, "seeds": list(range(7))})
    many.run_there("--only=dense", "--detach").ends(0)
    assert submitted(many) == [2, 2]
    eventually(lambda: is_reported(many), "report", within_s=120)
    assert [state for part, state in states(many.session).items() if part.startswith("dense")] == 7 * ["done"]


def test_a_run_that_slurm_itself_finds_too_large_is_tried_again_with_more(
    many: Campaign, undisturbed: Campaign
) -> None:
    """Here no kernel watches the memory; SLURM looks at it once a second."""
    many.run_there("--only=dense", GTPT_TEST_TAKE_MB="1100", **SLOW).ends(0)
    assert "out of memory" in many.ledger()
    finishes(many, undisturbed, "dense")
