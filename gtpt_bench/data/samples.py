"""What a run's config asks of a data root: crops to train on, crops to evaluate on, and the truth to score against."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.config import RunConfig
from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.people import Person, annotated_people, detected_people, read_annotations
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.coco import KeypointTruth

MEMORY_BYTES = 2**30
"""Decoded images kept in memory a process; small data sets are decoded once."""


def training_crops(run: RunConfig, root: DataRoot) -> PersonCrops:
    """Augmented crops of the annotated people of the training split.

    Raises:
        DataError: files missing or broken, or nobody in them has keypoints.
    """
    return PersonCrops(
        _annotated(run, root, run.data.train),
        input_size=run.model.input_size,
        keypoints=run.model.keypoint_set,
        augmentation=run.training.augmentation,
        seed=run.seed,
        memory_bytes=MEMORY_BYTES,
    )


def evaluation_crops(run: RunConfig, root: DataRoot) -> PersonCrops:
    """Crops of the boxes that the protocol asks for; raises as `training_crops` does."""
    by_detector = run.evaluation.boxes == "detections"
    people = _detected(run, root) if by_detector else _annotated(run, root, run.data.evaluation)
    return PersonCrops(people, input_size=run.model.input_size, keypoints=run.model.keypoint_set)


def evaluation_truth(run: RunConfig, root: DataRoot) -> KeypointTruth:
    """Annotations of the evaluation split; raises as `training_crops` does."""
    path = _annotations(run, root, run.data.evaluation)
    content, image_ids = read_annotations(path), None
    if run.evaluation.boxes == "detections" and run.evaluation.images == "with_detections":
        image_ids = sorted({person.image_id for person in _detected(run, root)})
    return KeypointTruth(content, image_ids, source=str(path))


def _annotations(run: RunConfig, root: DataRoot, split: str) -> Path:
    return root.required(root.annotations(split, run.model.keypoint_set.name))


def _annotated(run: RunConfig, root: DataRoot, split: str) -> list[Person]:
    path = _annotations(run, root, split)
    people = annotated_people(read_annotations(path), root.images(split), run.model.keypoint_set, source=path)
    if not people:
        raise DataError(f"{path} has no person with labelled keypoints")
    return people


def _detected(run: RunConfig, root: DataRoot) -> list[Person]:
    content = read_annotations(_annotations(run, root, run.data.evaluation))
    path = root.required(root.detections(run.data.detections))
    people = detected_people(
        path,
        content,
        root.images(run.data.evaluation),
        run.model.keypoint_set,
        score_threshold=run.evaluation.detection_threshold,
    )
    if not people:
        raise DataError(f"{path} has no person above the score threshold {run.evaluation.detection_threshold:g}")
    return people
