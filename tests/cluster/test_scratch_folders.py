"""Temporary files of a job lie in a folder of its own, which is gone when the job is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from gtpt_bench.cluster.scratch import own_scratch


@pytest.fixture(autouse=True)
def of_job_17(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())


def test_it_is_where_temporary_files_go_and_nothing_stays(tmp_path: Path) -> None:
    before, place = os.environ["TMPDIR"], tmp_path / "scratch" / "17"
    with own_scratch(place) as folder:
        assert os.environ["TMPDIR"] == str(folder)
        assert folder.parent == place
        assert folder.name.startswith("gtpt-17-")
        (folder / "left").write_text("behind")
    assert not place.exists()
    assert os.environ["TMPDIR"] == before


def test_what_others_have_there_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("work")
    with own_scratch(tmp_path), own_scratch(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_it_goes_too_when_the_job_fails_or_is_told_to_end(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), own_scratch(tmp_path):
        raise SystemExit(-1)  # as submitit does when it has queued a job again
    assert list(tmp_path.iterdir()) == []
