"""What `status` asks of the file system for runs in a queue: two looks each, and a few for all (slurm/scale.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.study.session import Session
from tests.study.fabricated import opened, write_study
from tests.study.operations import counted
from tests.study.queued import queue_all

FOR_ALL = 12
"""The study's folder, those of costs, the campaign, the list of submissions, SLURM's last answer."""


@pytest.mark.parametrize("num_seeds", [2, 6])
def test_it_is_two_a_run_and_one_an_array(num_seeds: int, tmp_path: Path) -> None:
    session: Session = opened(write_study(tmp_path, num_variants=2, num_seeds=num_seeds))
    num_arrays = queue_all(session, array=4)
    with counted(session.folder.path) as calls:
        found = session.status()
    runs = len(session.plan.runs)
    assert [state.state for state in found].count("queued") == runs
    assert 0 <= calls.total() - 2 * runs - num_arrays <= FOR_ALL, calls
