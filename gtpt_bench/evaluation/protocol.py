"""How predictions are made and scored: every choice that moves AP, as fields. Torch-free.

What is compared with what follows from the keypoints (named_protocols.py).
Source: spec/training_and_evaluation.md §5 and §6, spec/measurement.md §4 (protocol to record).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen

OksNms = Literal["greedy", "soft", "off"]


class Protocol(Frozen):
    """The defaults are the paper's. MPII's people are one a crop, so that boxes, NMS and limits have no say there."""

    boxes: Literal["ground_truth", "detections"] = "detections"
    detector: str | None = None
    """Name of the detector that found the boxes; by default that of the file, where it is known."""
    detector_ap: float | None = Field(None, ge=0, le=100)
    """Its AP of persons in per cent, to be recorded; by default that of the file, where it is known."""
    detection_threshold: float = Field(0.0, ge=0)
    """Detections of lower score are not cropped."""
    images: Literal["all", "with_detections"] = "all"
    """`with_detections` scores only images that both the annotations and the detection file speak of, for partial
    files."""
    flip_test: bool = True
    """Average what the model says of the crop and of its mirror image: logits, maps or coordinates."""
    flip_shift: bool = True
    """Shift what the model says of the mirror image, which aligns pixel x with W − 1 − x: logits of x by one bin at two
    bins a pixel, maps by one cell unless their ends are aligned with the crop's."""
    keypoint_threshold: float | None = Field(0.01, ge=0)
    """Keypoints of lower confidence do not count in a person's score. `null`: no rescoring at all, a person's score is
    that of its box."""
    oks_nms: OksNms = "greedy"
    """What happens to the weaker of two similar persons: `greedy` drops it, `soft` lowers its score and keeps 20
    persons an image, `off` lets it be."""
    oks_nms_threshold: float = Field(0.9, gt=0)
    """Greedy: of two persons more similar than this the weaker is dropped. Soft: scores fall by exp(−OKS² / this)."""
    oks_nms_area: Literal["crop", "box"] = "crop"
    """Area by which their similarity is scaled. The authors take the crop's, padded and in the input's aspect ratio,
    so that persons are more similar and more of them dropped than by the area of the box (quirk 11)."""
    max_detections: int = Field(20, ge=1)
    """Persons an image that the evaluator looks at."""
