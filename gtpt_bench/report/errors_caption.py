"""What tables and plots of errors mean, in sentences."""

from __future__ import annotations

from gtpt_bench.evaluation.analysis.pairs import LOOSE_OKS
from gtpt_bench.report.caption import data_words
from gtpt_bench.report.errors import StudyErrors
from gtpt_bench.report.plots.words import from_runs
from gtpt_bench.study.plan import Plan

KINDS = (
    "Good: a keypoint similarity (KS) of at least 0.85 to its label; jitter: at least 0.5; inversion: on its mirror "
    "partner, left for right; swap: on that keypoint of another person; miss: on neither. Person not found: no "
    f"prediction has an OKS of at least {LOOSE_OKS:g} with the person, left and right exchanged or not."
)
LITERATURE = "Kinds of errors as of Ronchi & Perona 2017."
FIXED = (
    "AP without a kind of error: its keypoints put exactly on their labels and everything scored again, scores left "
    "as they are. Gains do not add up."
)
CLASSES = (
    "AP of a class: others count neither way, a false alarm counts with the persons it overlaps. Visibility: OKS over "
    "keypoints labelled visible, or occluded, alone. Size: root of the person's area. Crowding: other persons whose "
    "boxes overlap with more than 0.1 of the union. Cut off: the box ends at the border of the image."
)
UNITS = "AP of a keypoint: OKS over this keypoint alone, predictions staying with the persons they are of."
LOST = "Lost: 100 · (1 − KS), mean over labelled keypoints, 100 for each keypoint of a person not found; 0 is perfect."


def origin(plan: Plan, errors: StudyErrors) -> str:
    """Model, data and labels that the figures come from."""
    numbers = sorted({len(variant.seeds) for variant in errors.variants.values()})
    seeds = f"{' or '.join(map(str, numbers))} seed{'' if numbers == [1] else 's'}"
    labels = f"{sum(errors.units.values()):,} labelled keypoints"
    folders = [found.file.partition("/")[0] for variant in errors.variants.values() for found in variant.found]
    return f"{plan.trained_model}, {seeds}; {data_words(plan)}, {labels}. {from_runs(folders)}"


def not_read(errors: StudyErrors) -> str:
    """Variants that there was no time for; empty where there was."""
    told, every = len(errors.variants), len(errors.variants) + errors.num_more
    return f"Of {every:,} variants {told:,} are told of, those of highest AP." if errors.num_more else ""


def compared(plan: Plan, errors: StudyErrors) -> str:
    """What differences are taken from and what their intervals cover."""
    other = "the variant compared with" if plan.study.report.against else plan.baseline
    covers = "images and training seeds" if errors.covers_seeds else "images; one training seed"
    return (
        f"Differences to {other}, with 95 % intervals (over {covers}; each by itself, not corrected for their number)."
    )
