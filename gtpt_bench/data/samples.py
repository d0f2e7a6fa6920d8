"""What a run's config asks of a data root: crops to train on, crops to evaluate on, and the truth to score against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import MpiiData, PhotoReading
from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.mpii import mpii_people
from gtpt_bench.data.people import Person, annotated_people, detected_people, read_annotations
from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.data.skipping import IntactCrops
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.kept_tokens.labels import labels_behind
from gtpt_bench.evaluation.mpii import MpiiTruth
from gtpt_bench.evaluation.mpii_files import read_mpii_truth
from gtpt_bench.keypoints import MPII, KeypointSet

MEMORY_BYTES = 2**30
"""Decoded images kept in memory a process; small data sets are decoded once."""


def training_crops(run: RunConfig, root: DataRoot) -> PersonCrops:
    """Augmented crops of the annotated people of the training split.

    Raises:
        DataError: files missing or broken, or nobody in them has keypoints.
    """
    reading = run.data if isinstance(run.data, PhotoReading) else PhotoReading()
    crops = {"fail": PersonCrops, "skip": IntactCrops}[reading.broken_images]
    return crops(
        people_of_split(root, run.data.train, run.model.keypoint_set),
        input_size=run.model.input_size,
        keypoints=run.model.keypoint_set,
        augmentation=run.training.augmentation,
        seed=run.seed,
        memory_bytes=MEMORY_BYTES,
        reduced_decoding=reading.reduced_decoding,
        grid=GRIDS[run.training.pixel_grid],
    )


def evaluation_crops(run: RunConfig, root: DataRoot) -> PersonCrops:
    """Crops of the boxes that the protocol asks for, decoded in full; raises as `training_crops` does.

    A broken image ends the evaluation, whatever training does with it: nobody may go missing from a score unseen.
    """
    by_detector = run.evaluation.boxes == "detections"
    keypoints = run.model.keypoint_set
    people = _detected(run, root) if by_detector else people_of_split(root, run.data.evaluation, keypoints)
    grid = GRIDS[run.training.pixel_grid]
    return PersonCrops(people, input_size=run.model.input_size, keypoints=keypoints, grid=grid)


def labels_to_evaluate(run: RunConfig, root: DataRoot, people: Sequence[Person]) -> list[Person | None]:
    """Who has the keypoints of each person of `evaluation_crops`: the same, or the annotated one in a detector's box.

    Raises:
        DataError: files missing or broken.
    """
    if run.evaluation.boxes == "ground_truth":
        return list(people)
    path = _annotations(run, root, run.data.evaluation)
    images, keypoints = root.images(run.data.evaluation), run.model.keypoint_set
    return labels_behind(people, annotated_people(read_annotations(path), images, keypoints, source=path))


def evaluation_truth(run: RunConfig, root: DataRoot) -> KeypointTruth | MpiiTruth:
    """Annotations of the evaluation split; raises as `training_crops` does."""
    if isinstance(run.data, MpiiData):
        return read_mpii_truth(root.required(root.mpii_truth(run.data.evaluation)))
    path = _annotations(run, root, run.data.evaluation)
    content, image_ids = read_annotations(path), None
    if run.evaluation.boxes == "detections" and run.evaluation.images == "with_detections":
        image_ids = sorted({person.image_id for person in _detected(run, root)})
    return KeypointTruth(content, image_ids, source=str(path))


def _annotations(run: RunConfig, root: DataRoot, split: str) -> Path:
    return root.required(root.annotations(split, run.model.keypoint_set.name))


def people_of_split(root: DataRoot, split: str, keypoints: KeypointSet) -> list[Person]:
    """Annotated people with their labels; raises as `training_crops` does."""
    path = root.required(root.annotations(split, keypoints.name))
    if keypoints.name == MPII.name:
        people = mpii_people(path, root.mpii_images(), keypoints)
    else:
        people = annotated_people(read_annotations(path), root.images(split), keypoints, source=path)
    if not people:
        raise DataError(f"{path} has no person with labelled keypoints")
    return people


def _detected(run: RunConfig, root: DataRoot) -> list[Person]:
    if isinstance(run.data, MpiiData):
        raise DataError("MPII has no boxes of a detector; use evaluation.boxes: ground_truth")
    content = read_annotations(_annotations(run, root, run.data.evaluation))
    path = root.required(root.detections(run.data.detections))
    people = detected_people(
        path,
        content,
        root.images(run.data.evaluation),
        run.model.keypoint_set,
        score_threshold=run.evaluation.detection_threshold,
        elsewhere="leave_out" if run.evaluation.images == "with_detections" else "fail",
    )
    if not people:
        raise DataError(f"{path} has no person above the score threshold {run.evaluation.detection_threshold:g}")
    return people
