"""What is kept beside an evaluation's record of the image tokens that survived: a few kilobytes of JSON.

`share_kept` is what a choice by chance would reach, `share_survived` what the model reaches. S token sets, N image
tokens, J keypoints, R places relative to the person's box (places.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.evaluation.kept_tokens.counts import BOX_UNITS, Counts
from gtpt_bench.evaluation.kept_tokens.places import BOX_CELLS
from gtpt_bench.models.sizes import Size
from gtpt_bench.models.token_stages import TokenGroup, TokenStages

Shares = NDArray[np.float64]

POSE_DIGITS = 2
"""Decimals of a keypoint's place, in pixels of the crop."""


@dataclass(frozen=True, eq=False)
class ShownPerson:
    """Somebody whose crop a report draws.

    Attributes:
        file_name: of the image.
        box: x, y, width, height as cropped, in pixels of the image.
        masks: which image tokens survive, `[S, N]`.
        pose: predicted keypoints with flip test if the protocol has it, crop pixels and confidence, `[J, 3]`.
    """

    image_id: int
    file_name: str
    box: tuple[float, float, float, float]
    masks: NDArray[np.bool_]
    pose: Shares


@dataclass(frozen=True, eq=False)
class TokenSurvival:
    """Of one evaluated model.

    Attributes:
        keypoints: their names.
        input_size: of the crop, in pixels.
        pixel_grid: where pixels of the crop lie, by its name in data/pixel_grid.py.
        persons: a few to draw, the same ones whatever the model.
    """

    stages: TokenStages
    keypoints: tuple[str, ...]
    input_size: Size
    pixel_grid: GridName
    counts: Counts
    persons: tuple[ShownPerson, ...] = ()

    def share_kept(self, token_set: int) -> float:
        """Mean share of the image tokens that survive: where a choice by chance would end up."""
        people = int(self.counts.people)
        return float(self.counts.crop[token_set].sum() / max(1, people * self.stages.grid.area))

    def share_survived(self, token_set: int, keypoints: Sequence[int]) -> float | None:
        """Share of the labelled keypoints inside their crops whose image token survives; None where there is none."""
        places = list(keypoints)
        inside = int(self.counts.inside[places].sum())
        return float(self.counts.survived[token_set, places].sum() / inside) if inside else None

    def crop_map(self, token_set: int) -> Shares:
        """Share of the persons for whom each image token survives, rows and columns of the grid."""
        return np.asarray(self.counts.crop[token_set] / max(1, int(self.counts.people))).reshape(self.stages.grid)

    def box_map(self, token_set: int) -> Shares:
        """Share of the persons for whom the token at a place relative to the box survives; NaN outside all crops."""
        with np.errstate(invalid="ignore"):
            shares = self.counts.box[token_set] / self.counts.covered
        return np.asarray(shares, np.float64).reshape(BOX_CELLS, BOX_CELLS)

    @property
    def mean_pose(self) -> Shares:
        """Mean place of each keypoint relative to the box, `[J, 2]`; NaN where none was labelled."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts.where / BOX_UNITS / self.counts.inside[:, None], np.float64)


def survival_to_json(survival: TokenSurvival) -> dict[str, Any]:
    """Plain lists and mappings; masks as hexadecimal digits, four tokens each."""
    return {
        "stages": asdict(survival.stages),
        "keypoints": survival.keypoints,
        "input_size": survival.input_size,
        "pixel_grid": survival.pixel_grid,
        "counts": {name: value.tolist() for name, value in vars(survival.counts).items()},
        "persons": [_person_to_json(person) for person in survival.persons],
    }


def survival_from_json(content: dict[str, Any]) -> TokenSurvival:
    """Inverse of `survival_to_json`, but for rounding of poses."""
    stages = _stages(content["stages"])
    counts = {name: np.asarray(values, np.int64) for name, values in content["counts"].items()}
    return TokenSurvival(
        stages=stages,
        keypoints=tuple(content["keypoints"]),
        input_size=Size(*content["input_size"]),
        pixel_grid=content["pixel_grid"],
        counts=Counts(**counts),
        persons=tuple(_person(one, stages.grid.area) for one in content["persons"]),
    )


def _stages(content: dict[str, Any]) -> TokenStages:
    return TokenStages(
        grid=Size(*content["grid"]),
        cell=Size(*content["cell"]),
        names=tuple(content["names"]),
        ends=tuple(content["ends"]),
        groups=tuple(TokenGroup(name, tuple(keypoints)) for name, keypoints in content["groups"]),
        left=tuple(tuple(left) for left in content["left"]),
    )


def _person_to_json(person: ShownPerson) -> dict[str, Any]:
    return {
        "image_id": person.image_id,
        "file_name": person.file_name,
        "box": person.box,
        "masks": [np.packbits(mask).tobytes().hex() for mask in person.masks],
        "pose": _rounded(person.pose),
    }


def _rounded(pose_J3: Shares) -> list[list[float]]:
    return [[round(x, POSE_DIGITS), round(y, POSE_DIGITS), round(score, 4)] for x, y, score in pose_J3.tolist()]


def _person(content: dict[str, Any], num_tokens: int) -> ShownPerson:
    masks = [np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8), count=num_tokens) for text in content["masks"]]
    x, y, width, height = content["box"]
    return ShownPerson(
        image_id=content["image_id"],
        file_name=content["file_name"],
        box=(x, y, width, height),
        masks=np.asarray(masks, bool),
        pose=np.asarray(content["pose"], np.float64).reshape(-1, 3),
    )
