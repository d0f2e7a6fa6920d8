"""What cannot be measured is refused in one line before any model is built; hurried settings keep the rules."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.measure import run
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.within import comparing_within, explaining_within, timing_within
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.errors import InputError
from tests.efficiency.fakes import FakeClock, FakeModel
from tests.training.small import small_model

IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"options": InferenceOptions(cuda_graph=True)}, "cuda_graph"),
    ({"options": InferenceOptions(dtype="tf32")}, "dtype tf32"),
    ({"parts": frozenset({"energy"})}, "energy"),
    ({"parts": frozenset({"explain"}), "options": InferenceOptions(compile="default")}, "no stages to be told apart"),
]


@pytest.mark.parametrize(("values", "words"), IMPOSSIBLE)
def test_what_a_cpu_cannot_do_is_refused_before_a_model_is_built(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(run, "built", lambda config: pytest.fail("a model was built"))
    with pytest.raises(InputError, match=words):
        run.measured({"small": small_model()}, MeasureRequest(**values))


def test_an_attention_kernel_that_a_model_never_calls_is_refused_before_time_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the model's first call, which is told apart and must be the first."""
    monkeypatch.setattr(run, "built", lambda config: FakeModel(FakeClock()))
    request = MeasureRequest(parts=frozenset({"time"}), options=InferenceOptions(attention="flash"))
    with pytest.raises(InputError, match="attention flash changes nothing"):
        run.measured({"small": small_model()}, request, lambda title: nullcontext(_nothing_is_timed))


def _nothing_is_timed(done: int, total: int, words: str) -> None:
    pytest.fail("a round was taken")


def test_a_card_can_be_asked_for_what_a_cpu_cannot() -> None:
    for values, _ in IMPOSSIBLE[:3]:
        MeasureRequest(**values).check("cuda")


def test_twenty_seconds_are_the_defaults() -> None:
    assert timing_within(20, batch=8) == TimingSettings()
    assert explaining_within(20) == ExplainSettings()
    assert timing_within(100, batch=8) == TimingSettings(timeout_s=100)


def test_fewer_seconds_make_everything_shorter_but_never_nothing() -> None:
    hurried = timing_within(2, batch=4)
    assert (hurried.timeout_s, hurried.round_s, hurried.warmup_s) == (2, pytest.approx(0.04), pytest.approx(0.1))
    assert hurried.min_rounds == TimingSettings().min_rounds
    assert explaining_within(0.1).rounds == 2
    assert comparing_within(1, batch=3).batch == 3
