"""Kinds of failure on a real SLURM, and what becomes of the run: tried again, with more memory, or given up."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from tests.cluster.faults import Injects
from tests.cluster.real_slurm import Slurm
from tests.cluster.small_campaign import (
    CHECKOUT,
    LONG_STUDY,
    Campaign,
    eventually,
    finishes,
    fresh_copy,
    queue_closed,
)
from tests.study.outcomes import states

pytestmark = pytest.mark.slurm

ENDLESS = "accuracy.training.learning_rate=1e30"
MB_TAKEN = "1100"
"""More than the gigabyte of the profile, less than two."""


def jobs_of(slurm: Slurm, campaign: Campaign) -> list[str]:
    """What each job of a campaign asked for, in the order of submission."""
    names = {line.split()[-1] for line in campaign.ledger().splitlines() if " submitted " in line}
    fields = ("--allocations", "--noheader", "--parsable2", "--format=jobname,reqmem")
    lines = [line.split("|") for line in slurm.run("sacct", *fields).splitlines()]
    return [memory for name, memory in lines if name in names]


def test_memory_is_doubled_up_to_a_limit_and_a_loss_that_is_no_number_is_final(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm, tmp_path: Path, injects: Injects
) -> None:
    """Three studies side by side. The loss is a fault of its study, not one that is injected into it."""
    limited, diverging = (fresh_copy(undisturbed, tmp_path / name) for name in ("limited", "diverging"))
    limited.write_profile(limits={"max_memory_gb_per_task": 1.5})
    injects("out of memory")
    larger = campaign.run_there("--only=dense", GTPT_TEST_TAKE_MB=MB_TAKEN)
    injects("out of memory")
    too_large = limited.run_there("--only=dense", GTPT_TEST_TAKE_MB=MB_TAKEN)
    no_number = diverging.run_there("--set", ENDLESS, "--only=dense")

    larger.ends(0)
    assert jobs_of(slurm, campaign) == ["1G", "2G"]
    finishes(campaign, undisturbed, "dense")

    assert "out of memory" in too_large.ends(1)
    assert jobs_of(slurm, limited) == ["1G"]
    limited.write_profile(training={"memory_gb_per_task": 2})
    finishes(limited, undisturbed, "dense")

    assert "loss" in no_number.ends(1)
    session = diverging.open(ENDLESS)
    assert states(session)["dense seed 0"] == "failed"
    log = (session.cluster.path / "log.txt").read_text()
    assert log.count(" submitted ") == 1, log


def test_an_environment_without_torch_stops_the_study_after_three_runs(
    campaign: Campaign, undisturbed: Campaign, tmp_path: Path, injects: Injects
) -> None:
    broken = tmp_path / "broken" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')\n")
    environment = {"setup": [f"export PYTHONPATH='{broken.parent}'"]}
    campaign.write_profile(environment=environment, limits={"max_submitted": 3})
    campaign.write({**LONG_STUDY, "seeds": [0, 1, 2]})
    injects("environment without torch")
    said = campaign.run_there().ends(1)
    (line,) = [line for line in said.splitlines() if line.startswith("Stopped early")]
    assert "the first 3 runs failed alike: ImportError: libcudart.so.12" in line
    assert "job(s) were not submitted" in line
    begun = list(campaign.results.glob("mini/*-s?-*/log.txt"))  # of runs; the ledger has one too
    assert len(begun) <= 5, begun  # two follow the first before the third is over
    campaign.write_profile()
    campaign.run_there("--only=dense").ends(0)
    finishes(campaign, undisturbed)


def test_a_job_refuses_code_that_is_not_what_it_was_submitted_with(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm, injects: Injects
) -> None:
    with queue_closed(slurm):
        campaign.run_there("--only=dense", "--detach").ends(0)
        (copy,) = campaign.results.glob(".code/*/gtpt_bench/study/worker.py")
        injects("code of a job edited")
        copy.write_text(copy.read_text() + "# edited\n")
    eventually(lambda: states(campaign.session)["dense seed 0"] == "failed", "refusal")
    said = campaign.run_there("--only=dense").ends(2)
    assert "is not the code it is named after; remove that folder and run again" in said.splitlines()[-1]
    shutil.rmtree(copy.parents[2])
    finishes(campaign, undisturbed, "dense")


def test_editing_the_package_changes_nothing_for_jobs_that_wait(
    campaign: Campaign, undisturbed: Campaign, slurm: Slurm, tmp_path: Path, injects: Injects
) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "gtpt_bench", checkout / "gtpt_bench", ignore=shutil.ignore_patterns("__pycache__"))
    of_checkout = dataclasses.replace(campaign, checkout=checkout)
    with queue_closed(slurm):
        of_checkout.run_there("--only=dense", "--detach").ends(0)
        injects("package edited while jobs wait")
        for name in ("worker.py", "steps.py"):
            (checkout / "gtpt_bench" / "study" / name).write_text("raise SystemExit('half edited')\n")
    eventually(lambda: states(campaign.session)["dense seed 0"] == "done", "result")
    finishes(campaign, undisturbed, "dense")
