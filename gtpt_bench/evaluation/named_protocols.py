"""Which protocol scores which keypoints, by name and version, and how it is stated beside every result. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.evaluation.detectors import detector_of
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import MPII, WHOLEBODY, KeypointSet
from gtpt_bench.models.reading import Reading

ProtocolName = Literal["coco", "wholebody", "mpii"]

BOX_SCORE = "box score"
RESCORED = f"{BOX_SCORE} times mean confidence of the keypoints above keypoint_threshold"


@dataclass(frozen=True)
class NamedProtocol:
    """What is measured, against what.

    Attributes:
        version: raised when figures of the same predictions may change.
        measures: in a sentence.
    """

    name: ProtocolName
    version: int
    measures: str


PROTOCOLS: Mapping[ProtocolName, NamedProtocol] = MappingProxyType(
    {
        "coco": NamedProtocol(
            "coco", 1, "AP and AR by OKS at 0.50, 0.55, …, 0.95, pycocotools; OKS by the keypoints' sigmas"
        ),
        "wholebody": NamedProtocol(
            "wholebody",
            1,
            "as coco, of 133 keypoints and of each part with its sigmas; feet, face and hands by their own scores "
            "where given; detections' areas from the body's extent; hand: mean of left and right (an assumption)",
        ),
        "mpii": NamedProtocol(
            "mpii",
            1,
            "PCKh at 0.5 and 0.1 of 0.6 times the diagonal of the head box, per cent, without pelvis and thorax",
        ),
    }
)


def protocol_of(keypoints: KeypointSet) -> NamedProtocol:
    """The protocol of a keypoint set; sets of a user's own are scored as COCO's is, with their sigmas."""
    names: dict[str, ProtocolName] = {WHOLEBODY.name: "wholebody", MPII.name: "mpii"}
    return PROTOCOLS[names.get(keypoints.name, "coco")]


def stated(
    protocol: Protocol,
    keypoints: KeypointSet,
    *,
    detections: str | None,
    input_size: tuple[int, int],
    pixel_grid: GridName,
    reading: Reading,
) -> dict[str, Any]:
    """Everything that predictions and their figures depend on besides model and data, for records and people.

    Args:
        detections: name of the detection file; None where there is none.
        input_size: of the crops, height and width in pixels.
        pixel_grid: in which crops are cut and bins read, as in training.
        reading: of the network's output.
    """
    named = protocol_of(keypoints)
    common = {
        "name": named.name,
        "version": named.version,
        "measures": named.measures,
        "input_size": list(input_size),
        "pixel_grid": pixel_grid,
        "flip_test": protocol.flip_test,
        "flip_shift": protocol.flip_shift,
        "reading": reading.stated(),
    }
    if named.name == "mpii":
        return common | {"boxes": {"source": "ground_truth"}}
    return common | {
        "boxes": stated_boxes(protocol, detections),
        "images": protocol.images,
        "score": BOX_SCORE if protocol.keypoint_threshold is None else RESCORED,
        "keypoint_threshold": protocol.keypoint_threshold,
        "oks_nms": {
            "kind": protocol.oks_nms,
            "threshold": protocol.oks_nms_threshold,
            "area": protocol.oks_nms_area,
        },
        "max_detections": protocol.max_detections,
    }


def stated_boxes(protocol: Protocol, detections: str | None) -> dict[str, Any]:
    """Where the boxes come from; of a detector its name and AP, None where nobody said."""
    if protocol.boxes == "ground_truth" or detections is None:
        return {"source": "ground_truth"}
    known = detector_of(detections)
    return {
        "source": "detections",
        "file": detections,
        "detector": protocol.detector or known.name,
        "person_ap": known.person_ap if protocol.detector_ap is None else protocol.detector_ap,
        "threshold": protocol.detection_threshold,
    }


def in_words(protocol: Mapping[str, Any]) -> str:
    """A stated protocol as a line for people."""
    return ", ".join(
        [
            f"protocol {protocol['name']} version {protocol['version']}",
            boxes_in_words(protocol["boxes"]),
            "flip test" if protocol["flip_test"] else "no flip test",
            *_reading_in_words(protocol.get("reading", {})),
            *(["no rescoring"] if protocol.get("score") == BOX_SCORE else []),
            *([nms_in_words(protocol["oks_nms"])] if "oks_nms" in protocol else []),
            *([f"{protocol['max_detections']} persons an image"] if "max_detections" in protocol else []),
        ]
    )


def _reading_in_words(reading: Mapping[str, Any]) -> list[str]:
    """Of GTPT's kind of output nothing is said."""
    if reading.get("output", "simcc") == "simcc":
        return []
    return [f"{reading['output']} ({reading['keypoint']})"]


def boxes_in_words(boxes: Mapping[str, Any]) -> str:
    if boxes["source"] == "ground_truth":
        return "ground-truth boxes"
    name = f"{boxes['detector']}, " if boxes["detector"] else ""
    known = "unknown" if boxes["person_ap"] is None else f"{boxes['person_ap']:g}"
    return f"boxes of {boxes['file']} ({name}person AP {known})"


def nms_in_words(oks_nms: Mapping[str, Any]) -> str:
    return "no OKS-NMS" if oks_nms["kind"] == "off" else f"{oks_nms['kind']} OKS-NMS at {oks_nms['threshold']:g}"
