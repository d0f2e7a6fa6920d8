"""Latency and throughput by the clock: models in turn, round after round, raw samples kept.

Latency is one image at a time, the device synchronised at each call; throughput is a stream of batches,
synchronised at its ends only. Source: spec/measurement.md §1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.efficiency.settings import TimingSettings
from gtpt_bench.efficiency.uncertainty import median_error


@dataclass(frozen=True)
class TimingSamples:
    """Raw samples of one model.

    Attributes:
        first_call_ms: the very first call, apart from everything else.
        latency_ns: nanoseconds of each call on one image, a list a round.
        throughput_images_per_s: images a second at `throughput_batch` images a call, one figure a round.
    """

    first_call_ms: float
    throughput_batch: int
    latency_ns: list[list[int]] = field(default_factory=list)
    throughput_images_per_s: list[float] = field(default_factory=list)

    @property
    def round_latencies_ms(self) -> list[float]:
        """Median latency of each round."""
        return [float(np.median(calls)) / 1e6 for calls in self.latency_ns]

    @property
    def latency_ms(self) -> float:
        """Median over all calls."""
        return float(np.median([call for calls in self.latency_ns for call in calls])) / 1e6

    @property
    def throughput(self) -> float:
        """Median over rounds, images a second."""
        return float(np.median(self.throughput_images_per_s))


class _Subject:
    """One model under the clock."""

    def __init__(self, model: nn.Module, settings: TimingSettings, device: torch.device) -> None:
        self.model = model.to(device).eval()
        self.device = device
        size = tuple(model.config.input_size)  # type: ignore[union-attr, arg-type]
        generator = torch.Generator().manual_seed(0)
        batch = torch.randn(settings.throughput_batch, 3, *size, generator=generator)
        self.one, self.batch = (sample_inputs(model, images.to(device)) for images in (batch[:1], batch))
        self.batch_size = settings.throughput_batch
        self.samples = TimingSamples(self._call_ns(self.one) / 1e6, settings.throughput_batch)
        self.batch_call_ns = 0

    def _call_ns(self, inputs: Sequence[object]) -> int:
        start = time.perf_counter_ns()
        self.model(*inputs)
        self._wait()
        return time.perf_counter_ns() - start

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def warm_up(self, seconds: float) -> None:
        """Half the time on single images, half on batches, at least two calls of each."""
        for inputs in (self.one, self.batch):
            end = time.perf_counter() + seconds / 2
            self._call_ns(inputs)
            call_ns = self._call_ns(inputs)
            while time.perf_counter() < end:
                call_ns = self._call_ns(inputs)
        self.batch_call_ns = call_ns

    def measure_round(self, seconds: float) -> None:
        self.samples.latency_ns.append(self._latencies(seconds))
        self.samples.throughput_images_per_s.append(self._throughput(seconds))

    def _latencies(self, seconds: float) -> list[int]:
        end, calls = time.perf_counter() + seconds, [self._call_ns(self.one)]
        while time.perf_counter() < end:
            calls.append(self._call_ns(self.one))
        return calls

    def _throughput(self, seconds: float) -> float:
        """The number of calls is fixed beforehand by the warm-up's last, so that nothing synchronises in between."""
        calls = max(1, math.ceil(seconds / (self.batch_call_ns / 1e9)))
        start = time.perf_counter_ns()
        for _ in range(calls):
            self.model(*self.batch)
        self._wait()
        return calls * self.batch_size / (time.perf_counter_ns() - start) * 1e9


@torch.inference_mode()
def time_models(
    models: Sequence[nn.Module],
    settings: TimingSettings,
    *,
    device: torch.device,
    on_round: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> list[TimingSamples]:
    """Samples of each model, interleaved: every other round runs backwards, so that drift meets all alike.

    Args:
        on_round: told the models measured, those planned for, and a few words.
    """
    subjects = [_Subject(model, settings, device) for model in models]
    for subject in subjects:
        subject.warm_up(settings.warmup_s)
    for number in range(settings.max_rounds):
        for subject in subjects[:: -1 if number % 2 else 1]:
            subject.measure_round(settings.round_s)
        error = max(relative_error(subject.samples) for subject in subjects)
        on_round(number + 1, settings.max_rounds, f"uncertainty {error:.1%}")
        if number + 1 >= settings.min_rounds and error < settings.precision:
            break
    return [subject.samples for subject in subjects]


def relative_error(samples: TimingSamples) -> float:
    """Standard error of the median over rounds, relative; the larger of latency's and throughput's."""
    return max(map(median_error, (samples.round_latencies_ms, samples.throughput_images_per_s)))


def paired_ratios(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """Ratio of two models' figures round by round, in which a drift of the machine cancels."""
    return [a / b for a, b in zip(first, second, strict=True)]
