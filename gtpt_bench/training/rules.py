"""What the authors' program does to targets and loss that one may want otherwise, each with its corrected form.

Torch-free. Source: spec/training_and_evaluation.md §2.6, §3 and the numbered quirks of §12.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen


class TargetRules(Frozen):
    """Which labels count, and which of them have a target."""

    border_unit: Literal["pixels", "bins"] = "pixels"
    """A keypoint counts while the square of three sigmas around it touches the crop. Sigma is in bins, but read as
    pixels: at sigma 4 up to 12 pixels outside, not 6 (quirk 4). `bins` measures in bins."""
    weak_label_limit: float = Field(0.5, ge=0, lt=1)
    """Labels of at most this weight have no target and are only distilled (quirk 5); 0 gives all labels a target."""


class LossRules(Frozen):
    """Over what the divergences are averaged."""

    axes: Literal["by_length", "alike"] = "by_length"
    """A divergence is divided by the bins of its axis, so that y weighs W / H of x (quirk 6). `alike` divides those of
    both axes by their mean number of bins, which keeps the loss about as large."""
    mean_over: Literal["all_keypoints", "labelled"] = "all_keypoints"
    """Unlabelled keypoints count in the mean with a loss of 0, so that a person with few labels teaches little
    (quirk 7). `labelled` takes the mean over the labelled keypoints of each person, then over persons; terms of a
    distillation that ask no label (visible_only: false) stay as they are."""
