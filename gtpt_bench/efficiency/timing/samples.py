"""The raw samples of one model in a session, from which every statistic is derived later."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gtpt_bench.efficiency.timing.statistics import median_error, summary
from gtpt_bench.efficiency.timing.stopping import Stop
from gtpt_bench.efficiency.timing.waiting import DISTURBED


@dataclass(frozen=True)
class TimingSamples:
    """Raw samples of one model.

    Attributes:
        first_call_ms: the very first call, apart from everything else.
        latency_ns: nanoseconds of each call on one image, a list a round.
        throughput_images_per_s: images a second at `throughput_batch` images a call, one figure a round.
        first_batch_call_ms: the first call on a batch of that size.
        threads: of the CPU, the same in all rounds.
        num_compiled: graphs that the two first calls compiled.
        num_recompiled: graphs compiled while time was taken; the samples are worth nothing unless 0.
        num_refused: slices measured again, because the guard would not have them.
        waited_share: of each round, time that its threads waited for a core taken by other processes, summed over
            threads, relative to the time taken.
        load_average: of the machine over a minute, at the start of each round, this process included; empty if unknown.
        stopped: why rounds ended.
    """

    first_call_ms: float
    throughput_batch: int
    latency_ns: list[list[int]] = field(default_factory=list)
    throughput_images_per_s: list[float] = field(default_factory=list)
    first_batch_call_ms: float = 0.0
    threads: int = 0
    num_compiled: int = 0
    num_recompiled: int = 0
    num_refused: int = 0
    waited_share: list[float] = field(default_factory=list)
    load_average: list[float] = field(default_factory=list)
    stopped: Stop | None = None

    @property
    def calls_ns(self) -> list[int]:
        """Latencies of all rounds."""
        return [call for calls in self.latency_ns for call in calls]

    @property
    def round_latencies_ms(self) -> list[float]:
        """Median latency of each round."""
        return [float(np.median(calls)) / 1e6 for calls in self.latency_ns]

    @property
    def latency_ms(self) -> float:
        """Median over all calls."""
        return float(np.median(self.calls_ns)) / 1e6

    @property
    def throughput(self) -> float:
        """Median over rounds, images a second."""
        return float(np.median(self.throughput_images_per_s))

    @property
    def compile_ms(self) -> float | None:
        """What the first call on one image took beyond a usual one; None if it compiled nothing."""
        return self.first_call_ms - self.latency_ms if self.num_compiled else None

    @property
    def valid(self) -> bool:
        """Whether the figures may be shown as this model's."""
        return self.num_recompiled == 0

    @property
    def problems(self) -> list[str]:
        """What a reader of the figures should know, a few words each; none if all went well."""
        found = []
        if self.num_recompiled:
            found.append(f"invalid: {self.num_recompiled} recompilations while time was taken")
        disturbed = sum(share > DISTURBED for share in self.waited_share)
        if 2 * disturbed > len(self.waited_share):
            found.append(f"other processes took the cores in {disturbed} of {len(self.waited_share)} rounds")
        for name, samples in (("latency", self.calls_ns), ("throughput", self.throughput_images_per_s)):
            warning = summary(samples).warning
            found += [f"{name} {warning}"] * bool(warning)
        return found


def relative_error(samples: TimingSamples) -> float:
    """Standard error of the median over rounds, relative; the larger of latency's and throughput's."""
    return max(map(median_error, (samples.round_latencies_ms, samples.throughput_images_per_s)))
