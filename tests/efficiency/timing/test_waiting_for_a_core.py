"""What the kernel tells of threads that stood ready without a core."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.efficiency.timing import waiting
from gtpt_bench.efficiency.timing.waiting import waited_ns, waits_are_known
from gtpt_bench.efficiency.timing.workload import Sample


@pytest.fixture
def threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two threads of a made-up process that have run 900 and 500 ns and waited 30 and 4."""
    tasks = tmp_path / "task"
    for number, numbers in (("1", "900 30 7"), ("2", "500 4 1")):
        (tasks / number).mkdir(parents=True)
        (tasks / number / "schedstat").write_text(numbers + "\n")
    (tmp_path / "schedstat").write_text("900 30 7\n")
    monkeypatch.setattr(waiting, "TASKS", tasks)
    return tasks


def test_waiting_is_summed_over_threads_and_told_anew_each_time(threads: Path) -> None:
    with waited_ns() as waited:
        assert waited() == 34
        (threads / "2" / "schedstat").write_text("800 9 2\n")
        assert waited() == 39


def test_a_thread_that_ends_counts_no_more(threads: Path) -> None:
    with waited_ns() as waited:
        (threads / "1" / "schedstat").write_text("")
        assert waited() == 4


def test_where_the_kernel_does_not_count_nobody_waits(threads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert waits_are_known()
    (threads.parent / "schedstat").write_text("0 0 0\n")
    assert not waits_are_known()
    monkeypatch.setattr(waiting, "TASKS", threads / "none")
    assert not waits_are_known()
    with waited_ns() as waited:
        assert waited() == 0


def test_this_process_waits_ever_longer() -> None:
    with waited_ns() as waited:
        before = waited()
        assert 0 <= before <= waited()


@pytest.mark.parametrize(("waited", "disturbed"), [(0, False), (20, False), (21, True), (2000, True)])
def test_a_call_is_disturbed_if_it_waited_for_more_than_a_fiftieth_of_its_time(waited: int, disturbed: bool) -> None:
    assert Sample(ns=1000, num_calls=1, waited_ns=waited).disturbed == disturbed
    assert Sample(ns=100, num_calls=10, waited_ns=waited).disturbed == disturbed, "of all calls timed together"


def test_of_several_threads_only_an_undisturbed_call_is_known_to_be_their_own() -> None:
    assert Sample(ns=1000, num_calls=1, waited_ns=20).own_ns == 1000
    assert Sample(ns=1000, num_calls=1, waited_ns=400).own_ns is None


def test_of_one_thread_waiting_is_subtracted() -> None:
    assert Sample(ns=1000, num_calls=1, waited_ns=400, one_thread=True).own_ns == 600
    assert Sample(ns=100, num_calls=10, waited_ns=400, one_thread=True).own_ns == 60
