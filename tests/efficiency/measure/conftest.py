"""One session in which everything is measured that a CPU can, of two small models, by the real clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.measure.figures import Measured
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.run import measured
from gtpt_bench.efficiency.measure.running import Update
from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.timing.settings import ComparisonSettings, TimingSettings
from tests.training.small import small_model

QUICK = TimingSettings(throughput_batch=2, warmup_s=0, round_s=0.02, min_rounds=2, max_rounds=2)
MODELS = {"small": small_model(), "dense": small_model(**{"pruning.keep_rates": (1, 1, 1, 1)})}
EVERYTHING = MeasureRequest(
    parts=frozenset(
        {"cost", "conventions", "stages", "modules", "check", "time", "explain", "sweep", "end_to_end"},
    ),
    options=InferenceOptions(threads=1),
    timing=QUICK,
    explaining=ExplainSettings(rounds=2, round_s=0.01, warmup_s=0, profiled_calls=1),
    comparing=ComparisonSettings(warmup_s=0, slice_s=0.005, min_rounds=9, timeout_s=2),
    max_batch=2,
)


class Told:
    """Steps that remember their titles."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    @contextmanager
    def __call__(self, title: str) -> Iterator[Update]:
        self.titles.append(title)
        yield lambda done, total, words: None


@pytest.fixture(scope="session", autouse=True)
def _on_the_cpu() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        patch.setenv("KINETO_LOG_LEVEL", "99")
        yield


@pytest.fixture(scope="session")
def told() -> Told:
    return Told()


@pytest.fixture(scope="session")
def everything(told: Told) -> Measured:
    return measured(MODELS, EVERYTHING, told)
