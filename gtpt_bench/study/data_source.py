"""Where the data of a study's runs lie, what identifies them, and drawing the embedded ones when first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gtpt_bench.config import DataIdentity, RunConfig
from gtpt_bench.data.config import DrawnData, MpiiData
from gtpt_bench.data.drawn import config as drawn
from gtpt_bench.data.layout import DataRoot, fingerprint
from gtpt_bench.errors import DataError
from gtpt_bench.frozen import signature

DIGITS = 8


@dataclass(frozen=True)
class DataSource:
    """Answers for one results folder.

    Attributes:
        data_root: real data in COCO layout, if any were given.
        cache: folder for drawn data and fingerprints.
        known: fingerprints told already, by file; a study of many variants asks for the same few each time.
    """

    data_root: Path | None
    cache: Path
    known: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    def folder(self, run: RunConfig) -> Path:
        """The data root of a run.

        Raises:
            DataError: the run needs real data and no data root was given.
        """
        if isinstance(run.data, DrawnData):
            signed = signature(run.data.drawing, {"version": drawn.VERSION})
            return self.cache / f"drawn-{signed[:DIGITS]}"
        if self.data_root is None:
            raise DataError(
                "this needs real data: give the folder that holds annotations/ and images/ with --data-root DIR "
                "or GTPT_DATA_ROOT"
            )
        return self.data_root

    def identity(self, run: RunConfig) -> DataIdentity:
        """Content of a run's real data, by hashes of the annotation files that it reads.

        Raises:
            DataError: a file is missing.
        """
        if isinstance(run.data, DrawnData):
            return DataIdentity()
        root = DataRoot(self.folder(run))
        keypoints = run.model.keypoint_set.name
        train, evaluation = (root.annotations(split, keypoints) for split in (run.data.train, run.data.evaluation))
        hashes = [self._hash(root, evaluation)]
        if isinstance(run.data, MpiiData):
            hashes.append(self._hash(root, root.mpii_truth(run.data.evaluation)))
        elif run.evaluation.boxes == "detections":
            hashes.append(self._hash(root, root.detections(run.data.detections)))
        return DataIdentity(train=self._hash(root, train), evaluation=" ".join(hashes))

    def _hash(self, root: DataRoot, path: Path) -> str:
        if path not in self.known:
            self.known[path] = fingerprint(root.required(path), self.cache / "fingerprints.json")
        return self.known[path]

    def draw_if_missing(self, run: RunConfig, *, on_image: Callable[[int, int], None]) -> Path:
        """The data root of a run, with drawn data made first if they are not there yet."""
        folder = self.folder(run)
        if isinstance(run.data, DrawnData) and not folder.exists():
            from gtpt_bench.data.drawn.make import make_drawn_dataset

            make_drawn_dataset(folder, run.data.drawing, on_image=on_image)
        return folder
