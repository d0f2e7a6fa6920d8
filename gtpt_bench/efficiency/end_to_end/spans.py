"""How long each span of the pipeline takes, and how long the whole. Source: spec/measurement.md §1 (end-to-end)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gtpt_bench.efficiency.end_to_end.pipeline import MODEL_SPANS, SPANS, EncodedPicture, PosePipeline, Span


@dataclass(frozen=True)
class ImageSample:
    """One picture, timed twice.

    Attributes:
        num_people: crops in the batch.
        span_ns: of each span, the device synchronised at its ends.
        spanned_ns: of that same run as a whole; the spans lie within it.
        whole_ns: of another run, synchronised at its two ends only. It is what a user waits for; on a GPU less than
            the spans' sum, because the processor goes on while the device works.
    """

    num_people: int
    span_ns: dict[Span, int]
    spanned_ns: int
    whole_ns: int

    @property
    def model_ns(self) -> int:
        """The spans in which the network runs."""
        return sum(self.span_ns.get(span, 0) for span in MODEL_SPANS)


@dataclass(frozen=True)
class EndToEnd:
    """All pictures, round after round.

    Attributes:
        rounds: raw samples; every round has the same pictures in the same order.
    """

    rounds: tuple[tuple[ImageSample, ...], ...]

    @property
    def samples(self) -> list[ImageSample]:
        return [sample for one_round in self.rounds for sample in one_round]

    @property
    def span_ms(self) -> dict[Span, float]:
        """Median of each span over pictures, in the order of the pipeline; medians do not add up to the whole's."""
        present = [span for span in SPANS if all(span in sample.span_ns for sample in self.samples)]
        return {span: _median_ms(sample.span_ns[span] for sample in self.samples) for span in present}

    @property
    def whole_ms(self) -> float:
        """Median of a picture, from bytes to poses."""
        return _median_ms(sample.whole_ns for sample in self.samples)

    @property
    def model_ms(self) -> float:
        """Median of a picture's time in the network, both passes of a flip test."""
        return _median_ms(sample.model_ns for sample in self.samples)

    @property
    def whole_ms_per_person(self) -> float:
        return _median_ms(sample.whole_ns / sample.num_people for sample in self.samples)

    @property
    def model_ms_per_person(self) -> float:
        return _median_ms(sample.model_ns / sample.num_people for sample in self.samples)

    @property
    def model_share(self) -> float:
        """Of all time in spans, the share that the network has."""
        everything = sum(sum(sample.span_ns.values()) for sample in self.samples)
        return sum(sample.model_ns for sample in self.samples) / everything


def time_end_to_end(
    pipeline: PosePipeline,
    pictures: Sequence[EncodedPicture],
    *,
    rounds: int,
    wait: Callable[[], None],
    clock_ns: Callable[[], int] = time.perf_counter_ns,
) -> EndToEnd:
    """Samples of every picture in every round, after one round that does not count.

    That first round meets every number of people there is, since compiled and tuned models start anew at each shape.

    Args:
        wait: returns when the device has done all that was asked of it.
    """
    for picture in pictures:
        pipeline.poses(picture)
    timed = [
        tuple(
            _sample(pipeline, picture, spans_first=number % 2 == 1, wait=wait, clock_ns=clock_ns)
            for picture in pictures
        )
        for number in range(rounds)
    ]
    return EndToEnd(tuple(timed))


def _sample(
    pipeline: PosePipeline,
    picture: EncodedPicture,
    *,
    spans_first: bool,
    wait: Callable[[], None],
    clock_ns: Callable[[], int],
) -> ImageSample:
    """Every other round times the spans first, so that neither way profits from the other's warm caches."""
    if spans_first:
        stopwatch = _spanned(pipeline, picture, wait, clock_ns)
        whole_ns = _whole(pipeline, picture, wait, clock_ns)
    else:
        whole_ns = _whole(pipeline, picture, wait, clock_ns)
        stopwatch = _spanned(pipeline, picture, wait, clock_ns)
    return ImageSample(len(picture.people), stopwatch.span_ns, stopwatch.total_ns, whole_ns)


class _Stopwatch:
    """Notes the time at each border of a span, when the device has caught up."""

    def __init__(self, wait: Callable[[], None], clock_ns: Callable[[], int]) -> None:
        self._wait, self._clock_ns = wait, clock_ns
        self.span_ns: dict[Span, int] = {}
        self.total_ns = 0
        wait()
        self._start_ns = self._last_ns = clock_ns()

    def border(self, span: Span) -> None:
        self._wait()
        now_ns = self._clock_ns()
        self.span_ns[span] = now_ns - self._last_ns
        self._last_ns = now_ns

    def stop(self) -> None:
        self._wait()
        self.total_ns = self._clock_ns() - self._start_ns


def _spanned(
    pipeline: PosePipeline, picture: EncodedPicture, wait: Callable[[], None], clock_ns: Callable[[], int]
) -> _Stopwatch:
    stopwatch = _Stopwatch(wait, clock_ns)
    pipeline.poses(picture, border=stopwatch.border)
    stopwatch.stop()
    return stopwatch


def _whole(
    pipeline: PosePipeline, picture: EncodedPicture, wait: Callable[[], None], clock_ns: Callable[[], int]
) -> int:
    wait()
    start_ns = clock_ns()
    pipeline.poses(picture)
    wait()
    return clock_ns() - start_ns


def _median_ms(times_ns: Iterable[float]) -> float:
    return statistics.median(times_ns) / 1e6
