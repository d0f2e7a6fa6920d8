"""What difference in AP a study will be able to see, guessed before anything runs. Torch-free and light.

Only where earlier studies say how much figures vary: tiny models on drawn people. After the runs, reports say it from
the records (report/accuracy.py).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from gtpt_bench.data.config import DrawnData
from gtpt_bench.study.plan import Plan

IMAGES_SD = 6.0
"""AP points times the root of the number of images: spread of a paired difference over images. Measured in
results/records/pruning_ratio: 95 % intervals of ± 0.7 to 0.8 on 250 images."""

TRAINING_SD = 0.9
"""AP points: spread of one training over seeds. Measured in results/records/components_coco: eight variants of two
seeds, pooled."""

FOUR_OF_FIVE_AT_5_PERCENT = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)


def detectable_difference(num_images: int, num_seeds: int) -> float:
    """AP points that would be seen in four of five repetitions; for one seed, of other images alone."""
    variance = IMAGES_SD**2 / num_images
    if num_seeds > 1:
        variance += 2 * TRAINING_SD**2 / num_seeds
    return FOUR_OF_FIVE_AT_5_PERCENT * math.sqrt(variance)


def sensitivity_sentences(plan: Plan) -> list[str]:
    """A line under the plan; nothing where there is nothing to compare or to guess from."""
    trained = list(dict.fromkeys(run.variant for run in plan.runs))
    data = plan.runs[0].config.data if plan.runs else None
    if len(trained) < 2 or not isinstance(data, DrawnData):
        return []
    drawing, num_seeds = data.drawing, len(plan.study.seeds)
    num_images = drawing.num_train_images if data.evaluation.startswith("train") else drawing.num_val_images
    seeds = f"{num_seeds} seeds" if num_seeds > 1 else "1 seed (whose chance is not counted)"
    return [
        f"AP: with {num_images:,} images and {seeds}, a difference between two variants can be seen from about "
        f"{detectable_difference(num_images, num_seeds):.1f} AP on (a guess from earlier studies on drawn people)"
    ]
