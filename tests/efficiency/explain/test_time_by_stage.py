"""Time of each stage, by a clock that the model's own parts move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain import moments, stage_times
from gtpt_bench.efficiency.explain.stage_times import StageClock, StageRound, StageTimes
from gtpt_bench.efficiency.explain.usage import Usage
from gtpt_bench.models import create_model
from tests.efficiency.explain.staged import Staged
from tests.efficiency.fakes import MS, FakeClock

CPU = torch.device("cpu")
X = (torch.ones(1, 3, 4),)


def takes(clock: FakeClock, ms: float) -> Callable[[], None]:
    def run() -> None:
        clock.now_ns += round(ms * MS)

    return run


def staged(clock: FakeClock) -> Staged:
    """Two layers of 10 ms with 5 ms between them, 2 ms between the stages, then 13 ms: 40 ms a call."""
    return Staged(first=takes(clock, 10), within=takes(clock, 5), between=takes(clock, 2), second=takes(clock, 13))


def times_of(model: nn.Module, inputs: tuple[Any, ...], *, rounds: int, seconds: float) -> StageTimes:
    stage_clock = StageClock(model, inputs, CPU)
    for _ in range(rounds):
        stage_clock.round(seconds)
    return stage_clock.times()


def test_each_stage_has_its_own_time_and_what_lies_within_it(clock: FakeClock) -> None:
    times = times_of(staged(clock), X, rounds=2, seconds=0.2)
    assert times.seconds == pytest.approx(0.040)
    assert times.stage_seconds == pytest.approx({"first": 0.025, "second": 0.013, ELSEWHERE: 0.002})
    assert sum(times.shares.values()) == pytest.approx(1)
    assert times.overhead == 0


def test_half_of_a_round_goes_to_plain_calls_and_half_to_marked_ones(clock: FakeClock) -> None:
    times = times_of(staged(clock), X, rounds=3, seconds=0.2)
    assert [(len(one.plain_ns), len(one.marked_ns), len(one.stage_ns)) for one in times.rounds] == [(3, 3, 3)] * 3


def test_what_marks_cost_lengthens_no_stage_of_the_plain_call(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mark takes 1 ms: shares shift a little, the whole does not, and the overhead is told."""

    class Slow(moments.HostMoments):
        def now(self) -> int:
            clock.now_ns += MS
            return super().now()

    monkeypatch.setattr(stage_times, "moments_of", lambda device: Slow())
    times = times_of(staged(clock), X, rounds=2, seconds=0.2)
    marks = 6  # both ends, and into and out of each stage
    assert times.seconds == pytest.approx(0.040)
    assert times.overhead == pytest.approx(marks / 40)
    assert sum(times.stage_seconds.values()) == pytest.approx(0.040)


def test_on_a_device_with_a_stream_its_own_moments_count(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that lags 100 ms behind the host and works at half its pace, told only when it is waited for."""
    waited: list[int] = []

    class Lagging:
        def now(self) -> dict[str, Any]:
            return {"host_ns": clock.now_ns, "known": len(waited)}

        def between_ns(self, first: dict[str, Any], second: dict[str, Any]) -> int:
            assert len(waited) > second["known"], "read before the device was done"
            return 2 * int(second["host_ns"] - first["host_ns"])

    monkeypatch.setattr(stage_times, "moments_of", lambda device: Lagging())
    monkeypatch.setattr(stage_times, "wait_for", lambda device: waited.append(clock.now_ns))
    stage_clock = StageClock(staged(clock), X, CPU)
    found = stage_clock.round(0.1)
    assert found.stage_ns[0] == {ELSEWHERE: 4 * MS, "first": 50 * MS, "second": 26 * MS}
    assert stage_clock.times().stage_seconds["first"] == pytest.approx(0.025)


def test_a_round_without_time_still_has_a_call_of_each_kind(clock: FakeClock) -> None:
    found = StageClock(staged(clock), X, CPU).round(1e-9)
    assert (len(found.plain_ns), len(found.marked_ns)) == (1, 1)


def a_round(plain_ms: float, first_share: float, *, waited: float = 0.0, usage: Usage | None = None) -> StageRound:
    ns = round(plain_ms * MS)
    stages = {"first": round(ns * first_share), "second": round(ns * (1 - first_share))}
    return StageRound((ns, ns), (ns,), (stages,), usage or Usage(0, 0.0, 1.0), waited)


def test_disturbed_rounds_do_not_count_once_there_are_two_others() -> None:
    disturbed, quiet = a_round(500, 0.9, waited=0.4), a_round(10, 0.25)
    times = StageTimes(("first", "second"), (disturbed, quiet, disturbed, quiet, disturbed))
    assert times.seconds == pytest.approx(0.010)
    assert times.shares["first"] == pytest.approx(0.25)
    assert StageTimes(("first", "second"), (disturbed, quiet, disturbed)).seconds == pytest.approx(0.5)


def test_waiting_for_a_core_is_noticed_while_measuring(clock: FakeClock) -> None:
    def robbed() -> None:
        clock.now_ns += 10 * MS
        clock.waited_ns += 1 * MS

    found = StageClock(Staged(second=robbed), X, CPU).round(0.1)
    assert found.waited_share == pytest.approx(0.1)


def test_the_operating_system_is_told_by_pages_a_call_and_its_share_of_the_time() -> None:
    usage = Usage(page_faults=600, system_s=0.1, user_s=0.3)
    times = StageTimes(("first", "second"), (a_round(10, 0.5, usage=usage), a_round(10, 0.5, usage=usage)))
    assert times.page_faults_per_call == 300
    assert times.system_share == pytest.approx(0.25)


def test_a_real_model_spends_all_of_its_time_somewhere() -> None:
    model = create_model("gtpt_tiny_coco").eval()
    times = times_of(model, (torch.randn(1, 3, 128, 96),), rounds=2, seconds=0.1)
    assert {stage for stage, share in times.shares.items() if share > 0} == set(times.stages)
    assert times.shares["tokenizer"] > times.shares["head"]
    assert times.shares[ELSEWHERE] < 0.2
    assert abs(sum(times.stage_seconds.values()) - times.seconds) < 1e-9
