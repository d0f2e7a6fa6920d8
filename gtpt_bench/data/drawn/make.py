"""Writes a drawn data set in COCO's layout, on several processor cores, all or nothing."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

from gtpt_bench.data.drawn import coco_format
from gtpt_bench.data.drawn.annotate import DrawnPerson
from gtpt_bench.data.drawn.coco_format import Json
from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.detector import Detection, detect_persons
from gtpt_bench.data.drawn.scene import DETECTOR_STREAM, Split, draw_scene, scene_rng
from gtpt_bench.errors import DataError

CARD_FILE = "dataset.json"
DETECTIONS_FILE = "drawn_val2017_detections_person.json"
_JPEG_QUALITY = 92
_CHUNK = 16
"""Pictures in one task of a worker."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Job:
    split: Split
    index: int
    image_id: int


@dataclass(frozen=True)
class _Drawn:
    """What a worker hands back; the picture itself is already on disk."""

    job: _Job
    persons: tuple[DrawnPerson, ...]
    detections: tuple[Detection, ...]


def make_drawn_dataset(
    root: Path,
    config: DrawnConfig,
    *,
    on_image: Callable[[int, int], None] | None = None,
    num_workers: int | None = None,
) -> None:
    """Draw all pictures and write them with their annotations and detections.

    Written into a folder beside and renamed at the end, so that a half-written data set is never seen.
    If the very same data set is already there, nothing is done.

    Args:
        root: the folder to make; may exist if it is empty.
        on_image: called with (pictures done, pictures in all) after each picture.
        num_workers: processes; by default one for each core this process may use. The output does not
            depend on it. More than one imports the caller's main module again (multiprocessing's "spawn"),
            so scripts need the usual `if __name__ == "__main__"`.
    Raises:
        DataError: there is something else at `root`.
    """
    if is_drawn_dataset(root, config):
        return
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DataError(f"{root} is not empty and not this drawn data set; choose another folder or remove it")
    root.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(root) as folder:
        _write(folder, config, on_image, num_workers or _num_cores())
        _put_in_place(folder, root, config)


def is_drawn_dataset(root: Path, config: DrawnConfig) -> bool:
    """Whether `root` holds the complete data set of this configuration and of this version of the code."""
    try:
        card = json.loads((root / CARD_FILE).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and card == coco_format.dataset_card(config, card.get("counts", {}))


@contextmanager
def _folder_beside(root: Path) -> Iterator[Path]:
    """A new folder next to root, so that renaming it stays on one file system; removed if it is still there."""
    folder = root.with_name(f".{root.name}.{uuid.uuid4().hex[:8]}.partial")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, root: Path, config: DrawnConfig) -> None:
    try:
        folder.rename(root)
    except OSError as error:
        # Somebody else may have finished the same data set in the meantime.
        if not is_drawn_dataset(root, config):
            raise DataError(f"cannot move the finished data set to {root}: {error}") from error


def _write(folder: Path, config: DrawnConfig, on_image: Callable[[int, int], None] | None, num_workers: int) -> None:
    for split in ("train", "val"):
        (folder / "images" / f"{split}2017").mkdir(parents=True)
    jobs = _jobs(config)
    drawn: list[_Drawn] = []
    for result in _draw_all(folder, config, jobs, num_workers):
        drawn.append(result)
        if on_image:
            on_image(len(drawn), len(jobs))
    for name, content in _files(config, drawn).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, separators=(",", ":")))
    _log.info("drew %d pictures with %d people", len(drawn), sum(len(d.persons) for d in drawn))


def _jobs(config: DrawnConfig) -> list[_Job]:
    """All pictures; ids run on from the training to the validation split."""
    train = [_Job("train", i, i + 1) for i in range(config.num_train_images)]
    return train + [_Job("val", i, config.num_train_images + i + 1) for i in range(config.num_val_images)]


def _draw_all(folder: Path, config: DrawnConfig, jobs: list[_Job], num_workers: int) -> Iterator[_Drawn]:
    """Results in the order of the jobs."""
    chunks = [jobs[i : i + _CHUNK] for i in range(0, len(jobs), _CHUNK)]
    if num_workers == 1 or len(chunks) == 1:
        for job in jobs:
            yield _draw(folder, config, job)
        return
    # Not "fork": the caller may hold torch's threads, which do not survive it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_workers, mp_context=context, initializer=_prepare_worker) as pool:
        tasks = [pool.submit(_draw_chunk, folder, config, chunk) for chunk in chunks]
        try:
            for task in tasks:
                yield from task.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _prepare_worker() -> None:
    """Workers share the cores between them, and leave Ctrl-C to the process that waits for them."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _draw_chunk(folder: Path, config: DrawnConfig, jobs: list[_Job]) -> list[_Drawn]:
    return [_draw(folder, config, job) for job in jobs]


def _draw(folder: Path, config: DrawnConfig, job: _Job) -> _Drawn:
    scene = draw_scene(config, job.split, job.index)
    path = folder / "images" / f"{job.split}2017" / coco_format.file_name(job.image_id)
    bgr = cv2.cvtColor(scene.image_HW3, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert done, "OpenCV cannot write JPEG"
    path.write_bytes(data.tobytes())
    detections: tuple[Detection, ...] = ()
    if job.split == "val":
        rng = scene_rng(config, job.split, job.index, DETECTOR_STREAM)
        detections = detect_persons(rng, scene.persons, width=config.width, height=config.height)
    return _Drawn(job, scene.persons, detections)


def _files(config: DrawnConfig, drawn: list[_Drawn]) -> dict[str, Json | list[Json]]:
    """Every JSON file by its path below the root; the card comes last, as the sign that all is there."""
    files: dict[str, Json | list[Json]] = {}
    counts: dict[str, int] = {}
    annotation_id = 1
    for split in ("train", "val"):
        part = [d for d in drawn if d.job.split == split]
        images = [coco_format.image_entry(d.job.image_id, config) for d in part]
        people = [(d.job.image_id, person) for d in part for person in d.persons]
        numbered = [(annotation_id + i, image_id, person) for i, (image_id, person) in enumerate(people)]
        annotation_id += len(people)
        files[f"annotations/person_keypoints_{split}2017.json"] = coco_format.annotation_file(
            images, [coco_format.body_annotation(*entry) for entry in numbered]
        )
        files[f"annotations/coco_wholebody_{split}_v1.0.json"] = coco_format.annotation_file(
            images, [coco_format.wholebody_annotation(*entry) for entry in numbered]
        )
        counts |= {f"{split}_images": len(part), f"{split}_persons": len(people)}
    detections = [coco_format.detection_entry(d.job.image_id, found) for d in drawn for found in d.detections]
    files[f"person_detection_results/{DETECTIONS_FILE}"] = detections
    counts["val_detections"] = len(detections)
    files[CARD_FILE] = coco_format.dataset_card(config, counts)
    return files


def _num_cores() -> int:
    """Cores this process may run on, which on a cluster are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
