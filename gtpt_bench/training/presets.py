"""Named training recipes for studies and configs. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema import ShortEma
from gtpt_bench.training.peer_recipes import PEER_OVERFIT, PEER_QUICK
from gtpt_bench.training.rules import LossRules, TargetRules
from gtpt_bench.training.schedule import CosineDecay, StepDecay

TRAINING: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "paper": TrainingConfig(),
        # What the authors' programs seem to have meant: without the quirks of training listed in config.py.
        "paper_corrected": TrainingConfig(
            weight_decay=1e-4,
            schedule=StepDecay(one_epoch_early=False),
            targets=TargetRules(border_unit="bins", weak_label_limit=0),
            loss=LossRules(axes="alike", mean_over="labelled"),
            pixel_grid="centred",
            augmentation=Augmentation(half_body_counts="body", upper_half_below=0, mirrored_labels="exact"),
        ),
        # Minutes on two CPU cores: a crop that changes little, and help with where to look.
        "quick": TrainingConfig(
            epochs=4,
            batch_size=16,
            learning_rate=3e-3,
            schedule=CosineDecay(),
            ema=ShortEma(),
            sigma_bins=3.0,
            attention_guidance=0.03,
            augmentation=Augmentation(
                half_body_probability=0.0, scale_factor=0.15, rotation_factor_deg=0, mirror_probability=0.5
            ),
        ),
        # Learns its few training crops by heart, to prove that the chain from file to AP is right.
        "overfit": TrainingConfig(
            epochs=60,
            batch_size=16,
            learning_rate=2e-3,
            schedule=CosineDecay(),
            ema=ShortEma(),
            sigma_bins=2.0,
            attention_guidance=0.03,
            augmentation=None,
        ),
        # The same two for networks that are no GTPT; `own` is what the model's family was published with.
        "peer_quick": PEER_QUICK,
        "peer_overfit": PEER_OVERFIT,
    }
)
