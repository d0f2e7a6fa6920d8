"""Real SLURM clusters for tests (marker `slurm`): each is started once, when the first test asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.real_slurm import Slurm, one_at_a_time, running_slurm
from tests.cluster.small_campaign import LONG_STUDY, SLOW, Campaign, fresh_copy


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """Two nodes with four CPUs and two fake GPUs each; SLURM_CONF names it, so that every SLURM command finds it."""
    with running_slurm() as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", cluster.conf)
        yield cluster


@pytest.fixture(scope="session")
def narrow_cluster() -> Iterator[Slurm]:
    """Arrays of at most five jobs, four jobs a user, three seconds of grace, memory limited by polling."""
    limits = ("--max-array-size=5", "--max-submit-jobs=4")
    with running_slurm(*limits, "--grace-s=3", "--memory-limit=polling") as cluster:
        yield cluster


@pytest.fixture
def narrow_slurm(narrow_cluster: Slurm, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    """The cluster with narrow limits; SLURM_CONF names it during this test."""
    monkeypatch.setenv("SLURM_CONF", narrow_cluster.conf)
    return narrow_cluster


@pytest.fixture(autouse=True)
def leave_clusters_healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test leaves, a stopped daemon, a node that is down or jobs, is gone before the next test."""
    clusters = [request.getfixturevalue(name) for name in ("slurm", "narrow_slurm") if name in request.fixturenames]
    yield
    for cluster in clusters:
        cluster.heal()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A miniature study that has been run on this machine, without a cluster; once for all processes that test."""
    base = tmp_path_factory.getbasetemp()
    campaign = Campaign((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "undisturbed")
    with one_at_a_time("undisturbed"):
        if not campaign.path.exists():
            campaign.path.mkdir()
            campaign.write(LONG_STUDY)
            campaign.start("run").ends(0)
    return campaign


@pytest.fixture
def campaign(slurm: Slurm, undisturbed: Campaign, tmp_path: Path) -> Campaign:
    """The same study, none of whose runs has begun, with a profile of the cluster."""
    return fresh_copy(undisturbed, tmp_path)


@pytest.fixture
def slow_campaign(slurm: Slurm, undisturbed: Campaign, tmp_path: Path) -> Campaign:
    """The same, whose runs take long enough to be hit by something."""
    return fresh_copy(undisturbed, tmp_path, **SLOW)
