"""Which data a run trains and is evaluated on; where they lie is said on the command line. Torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.frozen import Frozen


class CocoData(Frozen):
    """Real images in COCO's usual layout under a data root."""

    kind: Literal["coco"] = "coco"
    train: str = "train2017"
    """Split that is trained on; the name of its annotation file and image folder."""
    evaluation: str = "val2017"
    """Split that is evaluated on."""
    detections: str = "COCO_val2017_detections_AP_H_56_person.json"
    """File of detector boxes in `person_detection_results/`, used if the protocol asks for detections."""


class DrawnData(Frozen):
    """The embedded drawn people, written as COCO files when first needed."""

    kind: Literal["drawn"] = "drawn"
    drawing: DrawnConfig = DrawnConfig()
    train: str = "train2017"
    evaluation: str = "val2017"
    detections: str = "drawn_val2017_detections_person.json"


DataConfig = Annotated[CocoData | DrawnData, Field(discriminator="kind")]
