"""How predictions are made and scored: every choice that moves AP, as fields. Torch-free.

Source: spec/training_and_evaluation.md §5 and §6, spec/measurement.md §4 (protocol to record).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen


class Protocol(Frozen):
    """COCO keypoint protocol; the defaults are the paper's."""

    kind: Literal["coco"] = "coco"
    boxes: Literal["ground_truth", "detections"] = "detections"
    detection_threshold: float = Field(0.0, ge=0)
    """Detections of lower score are not cropped."""
    images: Literal["all", "with_detections"] = "all"
    """`with_detections` scores only images that the detection file speaks of, for partial files."""
    flip_test: bool = True
    """Average the logits of the crop and its mirror image."""
    flip_shift: bool = True
    """Shift the mirrored x logits (by one bin at two bins a pixel), which aligns pixel x with W − 1 − x."""
    keypoint_threshold: float = Field(0.01, ge=0)
    """Keypoints of lower confidence do not count in a person's score."""
    oks_nms_threshold: float = Field(0.9, gt=0)
    """Of two persons more similar than this the weaker is dropped."""
    max_detections: int = Field(20, ge=1)
    """Persons an image that the evaluator looks at."""
