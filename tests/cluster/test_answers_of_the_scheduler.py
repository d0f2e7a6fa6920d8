"""What sacct and squeue say is understood, whatever the version and however little comes; and asked for rarely."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.cluster import queue
from gtpt_bench.cluster.commands import Unreachable, slurm
from gtpt_bench.cluster.queue import (
    PENDING,
    RUNNING,
    Element,
    alive,
    asked,
    own_place,
    parsed,
    spelled_out,
    still_queued,
)
from tests.cluster.fake_slurm import FakeSlurm, ranges

STAGES = {
    "pending": "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
    "running": "RUNNING COMPLETING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED",
    "over": "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT",
}
"""All states of squeue's manual page, by what they mean for us: will it run, does it run, is it over."""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlurm:
    found = FakeSlurm(tmp_path / "slurm.json")
    monkeypatch.setenv("PATH", str(found.install(tmp_path / "bin")), prepend=os.pathsep)
    with found.changed() as state:
        for index in range(4):
            words = {"name": "n", "array": "17", "index": index, "throttle": "2", "step": "", "node": ""}
            state["jobs"][f"17_{index}"] = words | {"state": "PENDING", "accounted": "PENDING"}
    return found


@pytest.mark.parametrize(("stage", "states"), STAGES.items())
def test_every_state_has_its_stage(stage: str, states: str) -> None:
    for state in states.split():
        assert Element(state=state).stage == stage
        assert Element(state=f"{state}+").stage == stage  # cut to the width of a column


def test_a_state_is_in_one_stage() -> None:
    assert not PENDING & RUNNING
    assert Element(state="CANCELLED by 1000").stage == "over"


def test_a_job_and_elements_of_arrays_are_told() -> None:
    found = parsed("17_0|COMPLETED|n1|0:0|61\n17_1|CANCELLED by 0|None assigned|0:15|0\n18|RUNNING|n2|0:0|\n")
    assert found == {
        "17_0": Element(state="COMPLETED", node="n1", exit_code="0:0", elapsed_s=61),
        "17_1": Element(state="CANCELLED by 0", exit_code="0:15"),
        "18": Element(state="RUNNING", node="n2", exit_code="0:0"),
    }


@pytest.mark.parametrize(
    ("job", "indices"),
    [
        ("17_[4]", [4]),
        ("17_[0-3]", [0, 1, 2, 3]),
        ("17_[1-3,7%4]", [1, 2, 3, 7]),
        ("17_[0-12:3%4]", [0, 3, 6, 9, 12]),  # so SLURM prints evenly spaced elements that are left of a long array
    ],
)
def test_elements_that_have_not_begun_come_as_a_range(job: str, indices: list[int]) -> None:
    assert spelled_out(job) == [f"17_{index}" for index in indices]
    assert set(parsed(f"{job}|PENDING|None assigned|0:0|0")) == {f"17_{index}" for index in indices}


@given(indices=st.sets(st.integers(0, 2000), min_size=1), throttle=st.integers(0, 9))
def test_any_set_of_elements_comes_back_from_its_range(indices: set[int], throttle: int) -> None:
    job = f"17_[{ranges(sorted(indices))}{f'%{throttle}' if throttle else ''}]"
    assert spelled_out(job) == [f"17_{index}" for index in sorted(indices)]


@pytest.mark.parametrize("job", ["17", "17_3", "17.batch", "17_3.0", "17_[0-3,...]", "17_[]", "", "?"])
def test_a_name_of_another_form_stands_for_itself(job: str) -> None:
    assert spelled_out(job) == [job]


@pytest.mark.parametrize(
    "line", ["", "|", "17_0", "17_0|COMPLETED", "17_0|COMPLETED|n1|0:0", "sacct: a word of warning"]
)
def test_a_line_that_says_too_little_is_passed_over(line: str) -> None:
    """An answer may be cut off; the next one says more."""
    whole = "17_1|RUNNING|n1|0:0|5\n"
    assert parsed(f"{whole}{line}\n") == parsed(f"{line}\n{whole}") == parsed(whole)


@pytest.mark.parametrize("elapsed", ["", "INVALID", "1-00:00:00"])
def test_a_time_of_another_form_is_no_reason_to_stop(elapsed: str) -> None:
    assert parsed(f"17|RUNNING|n1|0:0|{elapsed}")["17"].stage == "running"


def test_more_columns_than_asked_for_do_no_harm() -> None:
    assert parsed("17|COMPLETED|n1|0:0|5|more|\n") == parsed("17|COMPLETED|n1|0:0|5\n")


def test_an_answer_is_used_again_until_it_is_old(
    fake: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several shells that watch a study are one question a minute to SLURM."""
    now = 1000.0
    monkeypatch.setattr(queue.time, "time", lambda: now)
    file = tmp_path / "queue.json"
    first = asked(file, ["17"], every_s=60)
    fake.put("17_0", state="RUNNING", node="n1")
    now += 59
    assert asked(file, ["17", "18"], every_s=60) == first
    assert len(fake.calls("sacct")) == 1
    now += 1
    assert asked(file, ["17", "18"], every_s=60).elements["17_0"].stage == "running"
    (_, second) = fake.calls("sacct")
    assert "--jobs=17,18" in second


def test_a_kept_answer_from_the_future_or_in_pieces_is_not_used(
    fake: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clocks of machines differ, and files break."""
    file, now = tmp_path / "queue.json", 5000.0
    monkeypatch.setattr(queue.time, "time", lambda: now)
    asked(file, ["17"], every_s=60)
    now -= 100
    asked(file, ["17"], every_s=60)
    file.write_text(file.read_text()[:20])
    asked(file, ["17"], every_s=60)
    assert len(fake.calls("sacct")) == 3


def test_one_question_is_for_all_jobs_at_once(fake: FakeSlurm, tmp_path: Path) -> None:
    asked(tmp_path / "queue.json", [f"{job}" for job in range(1000)], every_s=60)
    assert len(fake.calls("sacct")) == 1


def test_a_scheduler_that_does_not_answer_leaves_the_last_answer(fake: FakeSlurm, tmp_path: Path) -> None:
    file = tmp_path / "queue.json"
    kept = asked(file, ["17"], every_s=0.0)
    fake.set(silent=["sacct"])
    with pytest.raises(Unreachable, match="Unable to contact"):
        asked(file, ["17"], every_s=0.0)
    assert queue.read_queue(file) == kept


def test_ranges_are_asked_for_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SLURM cuts them to 64 characters unless told not to."""
    sacct = tmp_path / "sacct"
    sacct.write_text("#!/bin/sh\necho $SLURM_BITSTR_LEN\n")
    sacct.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert slurm("sacct") == "0\n"


def test_a_job_that_seemed_over_may_have_been_queued_again(fake: FakeSlurm) -> None:
    fake.put("17_0", state="PENDING", accounted="NODE_FAIL")
    fake.put("17_1", state="RUNNING", accounted="PREEMPTED")
    fake.put("17_2", state="COMPLETED")
    fake.put("17_3", state="forgotten")
    assert still_queued(["17_0", "17_1", "17_2", "17_3"]) == {"17_0", "17_1"}
    assert still_queued(["99"]) == set()
    assert still_queued([]) == set()
    assert len(fake.calls("squeue")) == 2


def test_a_state_of_a_later_slurm_is_no_end_as_long_as_the_job_is_in_the_queue(fake: FakeSlurm) -> None:
    """A job that is taken for over while it lives would be submitted twice."""
    fake.put("17_0", state="EXPEDITING", accounted="EXPEDITING")
    assert still_queued(["17_0"]) == {"17_0"}


def test_a_scheduler_that_does_not_answer_is_not_asked_more_often_either(
    fake: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, now = tmp_path / "queue.json", 5000.0
    monkeypatch.setattr(queue.time, "time", lambda: now)
    fake.set(silent=["sacct"])
    for _ in range(3):
        with pytest.raises(Unreachable, match="Unable to contact"):
            asked(file, ["17"], every_s=60)
    assert len(fake.calls("sacct")) == 1
    fake.set(silent=[])
    now += 60
    assert len(asked(file, ["17"], every_s=60).elements) == 4


def test_whether_a_job_was_queued_again_is_asked_once_for_each_answer(fake: FakeSlurm, tmp_path: Path) -> None:
    file = tmp_path / "queue.json"
    fake.put("17_0", state="PENDING", accounted="NODE_FAIL")
    for _ in range(3):
        assert alive(file, asked(file, ["17"], every_s=60), ["17_0"], every_s=60) == {"17_0"}
    assert len(fake.calls("squeue")) == 1
    assert alive(file, asked(file, ["17"], every_s=0.0), ["17_0"], every_s=60) == {"17_0"}
    assert len(fake.calls("squeue")) == 2


@pytest.mark.parametrize(
    ("exit_code", "number"), [("0:9", 9), ("137:0", 9), ("192:0", 64), ("193:0", 0), ("255:0", 0), ("1:0", 0), ("", 0)]
)
def test_a_signal_is_known_by_itself_or_by_what_a_shell_makes_of_it(exit_code: str, number: int) -> None:
    """255 is any failure, and there is no signal 127."""
    assert Element(state="FAILED", exit_code=exit_code).signal == number


def test_whoever_may_only_read_keeps_answers_in_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each look of theirs would be a question to the scheduler."""
    shared, cache = tmp_path / "results" / "queue.json", tmp_path / "cache"
    shared.parent.mkdir()
    assert own_place(shared) == shared
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(os, "access", lambda path, mode: cache in Path(path).parents)
    place = own_place(shared)
    assert place.is_relative_to(cache)
    assert place == own_place(shared) != own_place(tmp_path / "other" / "queue.json")
