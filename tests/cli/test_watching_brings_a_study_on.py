"""`status --watch` on a SLURM of scripts: whoever comes back to a study that went on alone brings it on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gtpt_bench.cli import status as watching
from gtpt_bench.cluster import ledger, queue
from tests.cli.test_commands_about_jobs import asked, place, slurm, status, submitted, write_profile
from tests.cluster.fake_slurm import FakeSlurm
from tests.study.small_study import Workplace

__all__ = ["place", "slurm"]


def watched(place: Workplace, patch: pytest.MonkeyPatch, *events: Callable[[], object]) -> tuple[str, str]:
    """What is shown while things happen, then Ctrl-C; and what else is said."""
    happens: Iterator[Callable[[], object]] = iter([*events, stop])
    sleepless = SimpleNamespace(sleep=lambda s: next(happens)(), monotonic=time.monotonic, strftime=time.strftime)
    patch.setattr(watching, "time", sleepless)
    answer = asked(place, "status", "--watch")
    return answer.out, answer.err


def stop() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look is a new question."""
    monkeypatch.setattr(queue, "asked", lambda path, ids, *, every_s: asked_now(path, ids, every_s=0))
    for module in ("advance", "positions"):
        monkeypatch.setattr(f"gtpt_bench.cluster.{module}.asked", queue.asked)


asked_now = queue.asked


def test_what_waits_is_submitted_as_places_come_free(
    place: Workplace, slurm: FakeSlurm, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(place, limits={"max_submitted": 2})
    submitted(place)
    before = set(slurm.jobs)
    assert len(before) == 2

    def one_fails() -> None:
        slurm.put(min(before), state="CANCELLED by 7")

    watched(place, monkeypatch, one_fails)
    assert len(set(slurm.jobs) - before) == 1


@pytest.mark.parametrize("command", ["all", "sacct"])
def test_a_slurm_that_does_not_answer_is_words(
    command: str, place: Workplace, slurm: FakeSlurm, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(place)
    slurm.set(silent=[command])
    out, said = watched(place, monkeypatch)
    assert "not brought on: " in said
    assert "Unable to contact slurm controller" in said
    assert "4 queued" in out


def test_nothing_is_waited_for_that_is_held_back(place: Workplace, slurm: FakeSlurm) -> None:
    """It ends by itself: nothing happens any more."""
    write_profile(place, limits={"max_submitted": 1})
    submitted(place)
    cluster = place.open().cluster
    for submission in cluster.submissions():
        cluster.forget_submission(submission)
    campaign = cluster.read()
    cluster.write(campaign.model_copy(update={"held": "the first 3 runs failed alike"}))
    assert ("missing", "held back: the first 3 runs failed alike") in status(place).values()
    assert "queued" not in {state for state, _ in status(place).values()}
    answer = asked(place, "status", "--watch")
    assert "nothing more is submitted: the first 3 runs failed alike" in answer.out


def test_somebody_who_may_not_write_watches_all_the_same(
    place: Workplace, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: object) -> None:
        raise PermissionError(13, "Permission denied", "lock")

    submitted(place)
    monkeypatch.setattr(ledger, "locked", locked)
    out, said = watched(place, monkeypatch)
    assert "belongs to somebody else" in said
    assert "4 queued" in out


def test_a_single_look_submits_what_none_of_the_studys_jobs_would(place: Workplace, slurm: FakeSlurm) -> None:
    """It was submitted, and left alone, while the queue was full of somebody's other jobs."""
    slurm.set(max_submitted=3, others=3)
    submitted(place)
    assert slurm.jobs == {}
    assert {"waits for a place in the queue"} == {words for _, words in status(place).values()}
    slurm.set(others=0)
    cluster = place.open().cluster
    cluster.write(cluster.read().model_copy(update={"full_until": 0}))  # a minute later
    status(place)
    assert len(slurm.jobs) == 3
    asked_before = len(slurm.calls("sbatch"))
    status(place)
    assert len(slurm.calls("sbatch")) == asked_before


def test_whoever_may_only_read_looks_and_submits_nothing(
    place: Workplace, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(place, limits={"max_submitted": 2})
    submitted(place)
    folder, access = place.open().cluster.path, os.access
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.path / "cache"))
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    before = {path: path.read_bytes() for path in place.results.rglob("*") if path.is_file()}
    for _ in range(2):
        out, said = watched(place, monkeypatch)
        assert (said, "queued" in out) == ("", True)
    assert {path: path.read_bytes() for path in place.results.rglob("*") if path.is_file()} == before
    assert len(slurm.calls("sacct")) == 1
