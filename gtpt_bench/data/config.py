"""Which data a run trains and is evaluated on; where they lie is said on the command line. Torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.frozen import Frozen


class PhotoReading(Frozen):
    """How real images are read while training; evaluation decodes in full and fails at the first broken image."""

    broken_images: Literal["fail", "skip"] = "fail"
    """What an image file that cannot be decoded, or ends too early, does to training. `skip`: it is listed once, and
    the next person of the data set whose image is whole stands in for everyone on it (data/skipping.py)."""
    reduced_decoding: Literal[1, 2, 4, 8] = 1
    """Decode a JPEG at up to this fraction of its size where the crop shrinks it at least as much. 1: never, as the
    paper; more is faster and smooths where the paper skips pixels (data/reduction.py)."""


class CocoData(PhotoReading):
    """Real images in COCO's usual layout under a data root."""

    kind: Literal["coco"] = "coco"
    train: str = "train2017"
    """Split that is trained on; the name of its annotation file and image folder."""
    evaluation: str = "val2017"
    """Split that is evaluated on."""
    detections: str = "COCO_val2017_detections_AP_H_56_person.json"
    """File of detector boxes in `person_detection_results/`, used if the protocol asks for detections."""


class MpiiData(PhotoReading):
    """MPII under a data root: `annot/{split}.json` and `annot/gt_{split}.mat`, all images in `images/`."""

    kind: Literal["mpii"] = "mpii"
    train: str = "train"
    """Split that is trained on; the name of its annotation file."""
    evaluation: str = "valid"
    """Split that is evaluated on; people are always cropped where the annotations say."""


class DrawnData(Frozen):
    """The embedded drawn people, written as COCO files when first needed."""

    kind: Literal["drawn"] = "drawn"
    drawing: DrawnConfig = DrawnConfig()
    train: str = "train2017"
    evaluation: str = "val2017"
    detections: str = "drawn_val2017_detections_person.json"


DataConfig = Annotated[CocoData | MpiiData | DrawnData, Field(discriminator="kind")]
