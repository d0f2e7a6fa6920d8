"""AP of each variant with its uncertainty, and what differences a study can see.

All variants and seeds are resampled with the same draws of images, so differences are paired; spread over training
seeds is pooled over variants (evaluation/differences.py). All figures in AP points, 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gtpt_bench.evaluation.differences import (
    LEVEL,
    Difference,
    SeedValues,
    ap_by_seed,
    holm,
    paired_difference,
    seed_variance,
)
from gtpt_bench.evaluation.intervals import Interval, interval
from gtpt_bench.report.records import Evaluated


@dataclass(frozen=True)
class VariantAccuracy:
    """AP of one variant.

    Attributes:
        over_images: mean over seeds, with the interval that other images would give.
        seed_sd: standard deviation over seeds, None for a single one.
        compared: with the baseline or the variant before; None for the baseline itself.
        p_corrected: p-value of that difference, after Holm's correction for all comparisons of the study.
    """

    over_images: Interval
    seed_sd: float | None
    num_seeds: int
    compared: Difference | None = None
    p_corrected: float | None = None

    @property
    def ap(self) -> float:
        """Mean over seeds."""
        return self.over_images.value

    @property
    def difference(self) -> float | None:
        return None if self.compared is None else self.compared.value

    @property
    def half_width(self) -> float | None:
        """Of the 95 % interval of the difference; None where there is no difference, or nothing known of its error."""
        if self.compared is None or not math.isfinite(self.compared.half_width):
            return None
        return self.compared.half_width

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference is there, at 5 % over all comparisons of the study."""
        return self.p_corrected is not None and self.p_corrected < LEVEL


@dataclass(frozen=True)
class StudyAccuracy:
    """All variants, and what differences the study can see.

    Attributes:
        smallest_visible: detectable difference of the least certain comparison; None without comparisons.
        covers_seeds: whether intervals hold for other training seeds too, or for other images only.
        num_comparisons: differences that the p-values are corrected for.
    """

    variants: dict[str, VariantAccuracy]
    smallest_visible: float | None
    covers_seeds: bool
    num_images: int
    num_people: int
    num_comparisons: int = 0


def study_accuracy(
    evaluated: Mapping[str, Sequence[Evaluated]], reference: Callable[[str], str]
) -> StudyAccuracy | None:
    """Accuracy of all variants that were evaluated; None if none was.

    Args:
        evaluated: evaluations by variant; variants without any are left out.
        reference: the variant that another one is compared with; its own name for none.
    """
    known = {variant: runs for variant, runs in evaluated.items() if runs}
    if not known:
        return None
    kept = {variant: [run.kept.resampled() for run in runs] for variant, runs in known.items()}
    first = next(iter(kept.values()))[0]
    values = {variant: ap_by_seed(aps) for variant, aps in kept.items()}
    seeds = seed_variance(values.values())
    differences = {
        variant: paired_difference(values[reference(variant)], own, seeds, num_images=first.num_images)
        for variant, own in values.items()
        if reference(variant) != variant and reference(variant) in values
    }
    detectable = [found.detectable for found in differences.values() if math.isfinite(found.detectable)]
    return StudyAccuracy(
        _variants(values, differences),
        smallest_visible=max(detectable, default=None),
        covers_seeds=seeds is not None,
        num_images=first.num_images,
        num_people=first.num_people,
        num_comparisons=len(differences),
    )


def _variants(values: Mapping[str, SeedValues], differences: Mapping[str, Difference]) -> dict[str, VariantAccuracy]:
    corrected = dict(zip(differences, holm([found.p_value for found in differences.values()]), strict=True))
    return {
        variant: VariantAccuracy(
            interval(own.mean, own.mean_resampled),
            own.seed_sd,
            len(own.observed),
            differences.get(variant),
            corrected.get(variant),
        )
        for variant, own in values.items()
    }
