"""Jobs that SLURM does not take are in no queue, and nothing says that they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.cluster.commands import Refused, refusal
from gtpt_bench.cluster.control import cancel
from gtpt_bench.cluster.positions import with_queue
from gtpt_bench.study.state import Status
from tests.cluster import fake_slurm
from tests.cluster.simulated import Simulated, begun, simulated, units_of, works

WORDS = (
    "sbatch: error: invalid partition specified: nowhere\n"
    "sbatch: error: Batch job submission failed: Invalid partition name specified\n"
)
TAKEN = fake_slurm.FULL


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """A study of two runs for a partition that there is not."""
    monkeypatch.setattr(fake_slurm, "FULL", WORDS)
    world = simulated(tmp_path, monkeypatch, max_submitted=0)
    begun(world, units_of(works(2)))
    with pytest.raises(Refused, match="invalid partition specified: nowhere"):
        world.look()
    return world


def shown(world: Simulated) -> list[Status]:
    folders = [work.job_folder(world.cluster.study).path for work in works(2)]
    return with_queue([Status(folder.name, "missing", "", folder) for folder in folders], world.cluster)


def test_its_parts_are_missing_and_say_why(refused: Simulated) -> None:
    for state in shown(refused):
        assert state.state == "missing"
        assert state.words.startswith("not submitted: sbatch: invalid partition specified: nowhere")
        assert "\n" not in state.words


def test_they_are_not_counted_as_cancelled(refused: Simulated) -> None:
    assert cancel(refused.cluster, {work.folder for work in works(2)}) == 0
    assert refused.cluster.read().waiting == ()


def test_once_slurm_takes_them_all_is_well(refused: Simulated) -> None:
    refused.slurm.set(max_submitted=100)
    assert refused.run_out().num_trained == 2
    assert refused.cluster.read().refused == ""


def test_a_missing_configuration_says_what_to_set() -> None:
    said = (
        "sbatch: error: resolve_ctls_from_dns_srv: res_nsearch error: Unknown host\n"
        "sbatch: error: fetch_config: DNS SRV lookup failed\n"
        "sbatch: fatal: Could not establish a configuration source\n"
    )
    assert str(refusal("sbatch", said)) == (
        "sbatch: SLURM's configuration is not found here; load SLURM's module, or set SLURM_CONF"
    )


def test_what_is_said_twice_is_told_once() -> None:
    assert str(refusal("sbatch", "sbatch: error: no\nsbatch: error: no\n")) == "sbatch: no"
