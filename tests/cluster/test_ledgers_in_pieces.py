"""A file of the ledger that cannot be read is told of: its jobs are in the queue, and would be submitted again."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.errors import StudyError
from tests.cluster.simulated import begun, simulated, units_of, works


@pytest.mark.parametrize("content", ["", "{}", '{"name": "of another version", "parts": []}'])
def test_a_submission_that_cannot_be_read(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(2)))
    world.look()
    (submission,) = world.cluster.submissions()
    (world.cluster.path / "submissions" / f"{submission.name}.json").write_text(content)
    words = rf"or is damaged; cancel its jobs \(scancel --name={submission.name}\)"
    with pytest.raises(StudyError, match=words) as told:
        world.look()
    assert "\n" not in str(told.value)
    assert len(world.slurm.jobs) == 2


def test_nothing_of_submitit_is_left_of_jobs_that_ended_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = simulated(tmp_path, monkeypatch)
    begun(world, units_of(works(3)), limits={"max_array_size": 2})
    world.look()
    for job in world.in_state("PENDING"):
        world.begin(job)
        world.finish(job, brings_on=True)
    assert world.cluster.submissions() == []
    assert list(world.cluster.jobs.iterdir()) == []
