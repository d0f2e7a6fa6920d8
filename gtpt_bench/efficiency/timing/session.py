"""Latency and throughput of models in turn, round after round, until they are known well enough; raw samples kept.

Latency is one image at a time, the device synchronised at each call; throughput is a stream of batches,
synchronised at its ends only. Source: spec/measurement.md §1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn

from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.samples import TimingSamples, relative_error
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.efficiency.timing.stopping import stop_reason
from gtpt_bench.efficiency.timing.workload import Sample, Workload
from gtpt_bench.errors import MeasurementRejected

OnRound = Callable[[int, int, str], None]
"""Told the rounds measured, those planned for at most, and a few words."""

Guard = Callable[[], str]
"""Asked after each slice of time: why it must not count (the card throttles, say), empty if it may."""

REFUSED_AT_MOST = 20
"""Times in turn that a slice is measured again before the session is given up."""
PAUSE_AFTER_REFUSAL_S = 0.05

Measured = TypeVar("Measured")


def time_models(
    models: Sequence[nn.Module],
    settings: TimingSettings,
    *,
    device: torch.device,
    options: InferenceOptions = PLAIN,
    on_round: OnRound = lambda done, total, words: None,
    guard: Guard = lambda: "",
) -> list[TimingSamples]:
    """Samples of each model, all of them run in the same way.

    Raises:
        InputError: the device cannot do what the options ask.
        MeasurementRejected: the guard refused too often.
    """
    ready = [prepared(model, options, device) for model in models]
    return time_prepared(ready, settings, on_round=on_round, guard=guard)


def time_prepared(
    models: Sequence[Prepared],
    settings: TimingSettings,
    *,
    on_round: OnRound = lambda done, total, words: None,
    guard: Guard = lambda: "",
) -> list[TimingSamples]:
    """Samples of each model, interleaved: every other round runs backwards, so that drift meets all alike.

    Raises:
        ValueError: there is no model.
        MeasurementRejected: the guard refused too often.
    """
    if not models:
        raise ValueError("there is no model to time")
    subjects = [_Subject(model, settings, guard) for model in models]
    for subject in subjects:
        subject.warm_up(settings.warmup_s)
    errors: list[float] = []
    with clock.no_garbage_collection():
        start, stopped = clock.now_ns(), None
        while stopped is None:
            for subject in subjects[:: -1 if len(errors) % 2 else 1]:
                subject.measure_round(settings.round_s)
            errors.append(max(relative_error(subject.samples()) for subject in subjects))
            stopped = stop_reason(
                errors,
                settings,
                num_calls=min(subject.num_calls for subject in subjects),
                measured_s=min(subject.measured_s for subject in subjects),
                elapsed_s=clock.seconds_since(start) / len(subjects),
            )
            on_round(len(errors), settings.max_rounds, f"uncertainty {errors[-1]:.1%}")
    return [replace(subject.samples(), stopped=stopped) for subject in subjects]


class _Subject:
    """One model under the clock: one image, and a batch."""

    def __init__(self, model: Prepared, settings: TimingSettings, guard: Guard) -> None:
        self.one, self.batch = Workload(model, 1), Workload(model, settings.throughput_batch)
        self.threads = model.threads
        self.guard = guard
        self.latencies: list[list[Sample]] = []
        self.streams: list[Sample] = []
        self.load_average: list[float] = []
        self.num_refused = 0

    def warm_up(self, seconds: float) -> None:
        for workload in (self.one, self.batch):
            workload.warm_up(seconds / 2)

    def measure_round(self, seconds: float) -> None:
        load = clock.load_average()
        self.load_average += [] if load is None else [load]
        self.latencies.append(self._accepted(lambda: self.one.latencies(seconds)))
        self.streams.append(self._accepted(lambda: self.batch.stream(seconds)))

    def _accepted(self, measure: Callable[[], Measured]) -> Measured:
        """A slice that the guard has nothing against."""
        reason = ""
        for _ in range(REFUSED_AT_MOST):
            measured = measure()
            reason = self.guard()
            if not reason:
                return measured
            self.num_refused += 1
            clock.pause(PAUSE_AFTER_REFUSAL_S)
        raise MeasurementRejected(f"no time could be taken in {REFUSED_AT_MOST} attempts: {reason}")

    @property
    def num_calls(self) -> int:
        return sum(map(len, self.latencies))

    @property
    def measured_s(self) -> float:
        """Of latency or of throughput, whichever was measured less."""
        latency_ns = sum(sample.total_ns for calls in self.latencies for sample in calls)
        return min(latency_ns, sum(sample.total_ns for sample in self.streams)) / 1e9

    def samples(self) -> TimingSamples:
        return TimingSamples(
            first_call_ms=self.one.first_call_ms,
            throughput_batch=self.batch.batch,
            latency_ns=[[int(sample.ns) for sample in calls] for calls in self.latencies],
            throughput_images_per_s=[self.batch.batch / sample.ns * 1e9 for sample in self.streams],
            first_batch_call_ms=self.batch.first_call_ms,
            threads=self.threads,
            num_compiled=self.one.num_compiled + self.batch.num_compiled,
            num_recompiled=self.one.num_recompiled + self.batch.num_recompiled,
            num_refused=self.num_refused,
            waited_share=[
                waited_share([*calls, stream]) for calls, stream in zip(self.latencies, self.streams, strict=True)
            ],
            load_average=self.load_average,
        )


def waited_share(samples: Sequence[Sample]) -> float:
    """Time that threads waited for a core, summed over threads, relative to the time that the samples took."""
    return sum(sample.waited_ns for sample in samples) / sum(sample.total_ns for sample in samples)
