"""Where the files of a data set in COCO layout lie, and what identifies their content.

root/annotations/person_keypoints_{split}.json; coco_wholebody_{train,val}_v1.0.json for whole bodies
root/images/{split}/
root/person_detection_results/

MPII lies otherwise: root/annot/{split}.json and gt_{split}.mat, all images in root/images/
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.errors import DataError
from gtpt_bench.files import write_json


@dataclass(frozen=True)
class DataRoot:
    """A data set in COCO layout."""

    path: Path

    def annotations(self, split: str, keypoints: str) -> Path:
        """Annotation file of a split for a keypoint set by name; whole bodies and MPII have files of other names."""
        if keypoints == "mpii":
            return self.path / "annot" / f"{split}.json"
        name = f"person_keypoints_{split}.json"
        if keypoints == "wholebody":
            name = f"coco_wholebody_{split.removesuffix('2017')}_v1.0.json"
        return self.path / "annotations" / name

    def images(self, split: str) -> Path:
        return self.path / "images" / split

    def mpii_images(self) -> Path:
        return self.path / "images"

    def mpii_truth(self, split: str) -> Path:
        """Positions and head boxes that PCKh is scored against."""
        return self.path / "annot" / f"gt_{split}.mat"

    def detections(self, name: str) -> Path:
        return self.path / "person_detection_results" / name

    def required(self, path: Path) -> Path:
        """The path if it exists.

        Raises:
            DataError: it does not; says what a data root looks like.
        """
        if not path.exists():
            raise DataError(
                f"{path} does not exist; a data root holds annotations/, images/train2017/, images/val2017/ "
                "and person_detection_results/ as COCO is usually laid out (MPII: annot/ and images/)"
            )
        return path


def fingerprint(path: Path, cache: Path) -> str:
    """SHA-256 of a file's content; remembered in `cache` by path, size and time of change."""
    stat = path.stat()
    key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    known = _read_cache(cache)
    if key not in known:
        with path.open("rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        write_json(cache, known)
    return known[key]


def _read_cache(cache: Path) -> dict[str, str]:
    """Known fingerprints; a cache that cannot be read is as good as none."""
    try:
        content: dict[str, str] = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content
