"""A comparison of AP for people: the table, and what its numbers mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gtpt_bench.compare.accuracy import AccuracyCompared
from gtpt_bench.compare.run import PairCompared
from gtpt_bench.evaluation.intervals import Interval
from gtpt_bench.report.caption import COMPARABLE_AP
from gtpt_bench.shown import Section


def accuracy_table(pair: PairCompared) -> Section:
    found = pair.accuracy
    if found is None:
        return Section(notes=(f"accuracy is not compared: {pair.no_accuracy}",))
    row = ("AP", *ap_words(found), ap_difference(found), p_words(found.p_value), f"B is {found.verdict}")
    return Section("Accuracy", ("", "A", "B", "B − A", "p", "verdict"), (row,), tuple(accuracy_notes([found])))


def ap_words(found: AccuracyCompared) -> Iterator[str]:
    """Of both sides; the spread over seeds where there are several."""
    for ap, seed_sd in zip((found.first, found.second), found.seed_sd, strict=True):
        spread = "" if seed_sd is None else f" ± {seed_sd:.1f}"
        yield f"{ap.value:.1f}{spread} {_range(ap)}".strip()


def _range(ap: Interval) -> str:
    return f"({ap.low:.1f}–{ap.high:.1f})" if math.isfinite(ap.standard_error) else ""


def ap_difference(found: AccuracyCompared) -> str:
    error = f" ± {found.half_width:.1f}" if math.isfinite(found.half_width) else ""
    return f"{round(found.difference, 1) + 0.0:+.1f}{error}"


def p_words(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def accuracy_notes(compared: Sequence[AccuracyCompared]) -> Iterator[str]:
    """Of one comparison or several on the same images; the least certain one says what could be seen."""
    first = compared[0]
    covered = (
        "other images and other training seeds"
        if first.covers_seeds
        else "other images only: one seed says nothing of how AP moves from one training to the next"
    )
    best = max(max(found.first.value, found.second.value) for found in compared)
    if best < COMPARABLE_AP:
        yield f"warning: the models learned too little to be compared: the better AP is {best:.1f} of 100"
    seeds, spread = " and ".join(map(str, first.num_seeds)), " ± standard deviation over seeds"
    yield (
        f"AP in points, mean over {seeds} seed(s){spread if first.covers_seeds else ''}, on {first.num_people:,} "
        f"persons in {first.num_images:,} images; 95 % intervals of AP count other images, that of the paired "
        f"difference {covered}"
    )
    if any(found.identical for found in compared):
        yield "same: every seed has the same AP on every resample of the images, to the last digit"
    detectable = max(found.detectable for found in compared)
    if math.isfinite(detectable):
        yield (
            f"p: two-sided, of no difference; a true difference of {detectable:.1f} AP would be found in four of five "
            "such comparisons"
        )
    num_corrected = sum(not found.identical for found in compared)
    if num_corrected > 1:
        yield f"p and verdicts are corrected for {num_corrected} comparisons (Holm); intervals stand for themselves"
