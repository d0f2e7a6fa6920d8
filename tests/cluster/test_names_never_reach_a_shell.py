"""Paths, titles, names and values with anything in them: nothing of a study is ever read by a shell or by SLURM."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.small_campaign import LONG_STUDY, Campaign, fresh_copy, numbers_of
from tests.study.outcomes import states

pytestmark = pytest.mark.slurm

FOLDER = "a 'b' \"c\" ü 雪 $(touch here) `touch here`; touch here & #"
VARIANT = "dense ü 雪 +1.5"
"""Names of variants may have little else; values and titles anything."""

TITLE = "$(touch here)\n#SBATCH --hold\ntouch here; `touch here`"


@pytest.mark.usefixtures("slurm")
def test_a_study_full_of_shell_is_done_and_nothing_of_it_is_run(undisturbed: Campaign, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    campaign = fresh_copy(undisturbed, folder)
    dense = LONG_STUDY["vary"]["variants"]["dense"]
    campaign.write(
        {
            **LONG_STUDY,
            "title": TITLE,
            "vary": {"variants": {VARIANT: dense}},
            "report": {"baseline": VARIANT, "plots": []},
        }
    )
    campaign.write_profile(environment={"variables": {"NOTE": "$(touch here); `touch here`"}})
    campaign.run_there().ends(0)
    assert states(campaign.session)[f"{VARIANT} seed 0"] == "done"
    assert numbers_of(campaign, VARIANT) == {VARIANT: numbers_of(undisturbed, "dense")["dense"]}
    assert list(tmp_path.rglob("here")) == []
    assert not (campaign.checkout / "here").exists()


@pytest.mark.usefixtures("slurm")
def test_a_results_path_that_slurm_would_read_as_its_own_is_refused(undisturbed: Campaign, tmp_path: Path) -> None:
    folder = tmp_path / "100 %j"
    folder.mkdir()
    said = fresh_copy(undisturbed, folder).run_there().ends(2)
    assert said.splitlines()[-1].startswith("error: ")
    assert "choose another --results" in said.splitlines()[-1]
