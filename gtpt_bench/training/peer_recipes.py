"""What peers are trained by: their published recipes as far as this trainer has the parts, and one for minutes.

Optimiser, schedule, epochs, targets and flip test are theirs where the source tells; augmentation is the suite's for
all. What is not built stands in `LEFT_OUT`, and is said beside what was trained here. Torch-free.
Source: spec/baselines.md §3, spec/hevitpose.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.distillation import DISTILLATIONS
from gtpt_bench.training.ema import NoEma, ShortEma
from gtpt_bench.training.schedule import CosineDecay, StepDecay

SIGMA_CELLS = 2.0
"""Of heatmap targets, in cells."""


def published(
    epochs: int,
    *,
    learning_rate: float = 1e-3,
    milestones: tuple[int, ...] = (),
    floor: float = 0.01,
    sigma: float = SIGMA_CELLS,
    grid: GridName = "corner",
) -> TrainingConfig:
    """Adam with steps, or half a cosine where there are none; no moving average, nothing of GTPT's own.

    Args:
        floor: last learning rate of the cosine over the first.
    """
    cosine = CosineDecay(warmup=0.0, floor=floor)
    schedule = StepDecay(milestones=milestones, one_epoch_early=False) if milestones else cosine
    return TrainingConfig(
        epochs=epochs,
        learning_rate=learning_rate,
        schedule=schedule,
        ema=NoEma(),
        sigma_bins=sigma,
        pixel_grid=grid,
        distillation=DISTILLATIONS["none"],
    )


RECIPES: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "simplebaseline": published(140, milestones=(90, 120)),
        "hrnet": published(210, milestones=(170, 200)),
        "litehrnet": published(210, learning_rate=2e-3, milestones=(170, 200)),
        "tokenpose": published(300, milestones=(200, 260)),
        "ppt": published(300, milestones=(200, 260)),
        "transpose": published(240, learning_rate=1e-4, floor=0.1),
        "distilpose": published(300, milestones=(200, 260)),
        "efficientpose": published(210, milestones=(170, 200)),
        "rtmpose": published(270, learning_rate=4e-3, sigma=5.3),
        "vitpose": published(210, learning_rate=5e-4, milestones=(170, 200), grid="centred"),
        "vitpose_plus": published(210, learning_rate=5e-4, milestones=(170, 200), grid="centred"),
        "deeppose": published(210, learning_rate=5e-4, milestones=(170, 200)),
        "pvt": published(210, learning_rate=5e-4, milestones=(170, 200)),
        "fastpose": published(270, milestones=(170, 200)),
        "hevitpose": published(210, milestones=(170, 200)),
    }
)
"""By family. Where the source is silent (EfficientPose, DeepPose, PVT, HEViTPose, FastPose in part), HRNet's steps."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "distilpose": "the teacher and its losses; the score learns from labels",
        "rtmpose": "AdamW, the softened loss, a sigma for each axis (4.9 and 5.66 bins; here 5.3 for both) and the "
        "last epochs' weaker augmentation",
        "vitpose": "AdamW and a learning rate that differs by layer",
        "vitpose_plus": "AdamW, a learning rate that differs by layer, and the other five data sets",
        "fastpose": "the gradient made symmetric in amplitude",
    }
)
"""By family, what its authors train with and this suite does not."""

PEER_QUICK = TrainingConfig(
    epochs=4,
    batch_size=16,
    learning_rate=1e-3,
    schedule=CosineDecay(),
    ema=ShortEma(),
    sigma_bins=SIGMA_CELLS,
    distillation=DISTILLATIONS["none"],
    augmentation=Augmentation(
        half_body_probability=0.0, scale_factor=0.15, rotation_factor_deg=0, mirror_probability=0.5
    ),
)
"""Minutes on two CPU cores, as `quick` is for a GTPT, without what only a GTPT has."""

PEER_OVERFIT = PEER_QUICK.model_copy(update={"epochs": 60, "learning_rate": 2e-3, "augmentation": None})
"""Learns its few training crops by heart, to prove that the chain from file to AP is right."""


def recipe_of(family: str) -> TrainingConfig:
    """The recipe that a family was published with; the paper's for a GTPT."""
    return RECIPES.get(family, TrainingConfig())
