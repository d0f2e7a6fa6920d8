"""Detectors whose boxes are known by their file: AP of poses means nothing without AP of the boxes.

Source: spec/training_and_evaluation.md §2.1 (person AP 56.4 on COCO val2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Detector:
    """A detector of persons.

    Attributes:
        name: None where nobody said.
        person_ap: AP of its boxes of persons on the whole data set, per cent; None where nobody said.
    """

    name: str | None = None
    person_ap: float | None = None


KNOWN: Mapping[str, Detector] = MappingProxyType(
    {
        "COCO_val2017_detections_AP_H_56_person.json": Detector("person detector of SimpleBaseline and HRNet", 56.4),
        "drawn_val2017_detections_person.json": Detector("drawn boxes, disturbed", None),
    }
)
"""By the name of the detection file."""


def detector_of(file: str) -> Detector:
    """What is known of the detector behind a file."""
    return KNOWN.get(file, Detector())
