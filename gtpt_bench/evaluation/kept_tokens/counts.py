"""Counts of what survives, over the persons of a data set; whole numbers, so that parts of it add up in any order.

S token sets, N image tokens, J keypoints, R places relative to the person's box (places.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.crop import Matrix, map_points
from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.kept_tokens.places import BOX_CELLS, NOWHERE, tokens_at, tokens_by_box
from gtpt_bench.models.token_stages import TokenStages

Counted = NDArray[np.int64]

BOX_UNITS = 1000
"""Positions relative to the box are counted in thousandths of its width and height."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Attributes:
    people: how many persons were looked at.
    crop: of these, for how many each image token survives, `[S, N]`.
    covered: for how many each place relative to the box lies inside the crop, `[R]`.
    box: for how many the token at that place survives, `[S, R]`.
    inside: labelled keypoints inside the crop, `[J]`.
    outside: labelled keypoints that no token of the crop holds, `[J]`.
    survived: of those inside, how many lie on a token that survives in each token set, `[S, J]`.
    where: sum of their positions relative to the box, x and y, in thousandths of it, `[J, 2]`.
    """

    people: Counted
    crop: Counted
    covered: Counted
    box: Counted
    inside: Counted
    outside: Counted
    survived: Counted
    where: Counted

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @classmethod
    def nothing(cls, stages: TokenStages) -> Counts:
        sets, keypoints, places = len(stages.token_sets), len(stages.group_of), BOX_CELLS**2
        shapes = ((), (sets, stages.grid.area), (places,), (sets, places))
        of_keypoints = ((keypoints,), (keypoints,), (sets, keypoints), (keypoints, 2))
        return cls(*(np.zeros(shape, np.int64) for shape in (*shapes, *of_keypoints)))


class Seen(NamedTuple):
    """Places of one person's crop.

    Attributes:
        box_tokens: image token at each place relative to the box, `[R]`.
        keypoint_tokens: image token that holds each keypoint, `[J]`.
        labelled: whether a keypoint is, `[J]`.
        where: keypoints relative to the box, thousandths of it, `[J, 2]`.
    """

    box_tokens: NDArray[np.intp]
    keypoint_tokens: NDArray[np.intp]
    labelled: NDArray[np.bool_]
    where: Counted


def seen(person: Person, labels: Person | None, crop: Matrix, stages: TokenStages) -> Seen:
    """Places of a person.

    Args:
        person: as cropped.
        labels: who has this person's keypoints; None if nobody does.
        crop: map from the image into the crop.
    """
    known = labels or person
    labelled = (known.visibility > 0) & (labels is not None)
    relative = (known.keypoints - person.box[:2]) / np.maximum(person.box[2:], 1e-6)
    return Seen(
        tokens_by_box(person.box, crop, stages.grid, stages.cell),
        tokens_at(map_points(crop, known.keypoints), stages.grid, stages.cell),
        labelled,
        np.where(labelled[:, None], np.rint(BOX_UNITS * relative), 0).astype(np.int64),
    )


def counted(masks_BSN: NDArray[np.bool_], people: list[Seen]) -> Counts:
    """Counts of a batch: of each person's crop the survivors, and its places."""
    batch, num_sets = masks_BSN.shape[:2]
    box_BR = np.stack([one.box_tokens for one in people])
    tokens_BJ = np.stack([one.keypoint_tokens for one in people])
    labelled_BJ = np.stack([one.labelled for one in people])
    inside_BJ = labelled_BJ & (tokens_BJ != NOWHERE)
    where_BJ2 = np.stack([one.where for one in people])
    covered_BR = box_BR != NOWHERE
    return Counts(
        people=np.asarray(batch, np.int64),
        crop=masks_BSN.sum(0, dtype=np.int64),
        covered=covered_BR.sum(0, dtype=np.int64),
        box=_surviving(masks_BSN, box_BR, covered_BR, num_sets),
        inside=inside_BJ.sum(0, dtype=np.int64),
        outside=(labelled_BJ & ~inside_BJ).sum(0, dtype=np.int64),
        survived=_surviving(masks_BSN, tokens_BJ, inside_BJ, num_sets),
        where=(where_BJ2 * inside_BJ[..., None]).sum(0, dtype=np.int64),
    )


def _surviving(
    masks_BSN: NDArray[np.bool_], tokens_BX: NDArray[np.intp], asked_BX: NDArray[np.bool_], num_sets: int
) -> Counted:
    """How often the token at each of X places survives, `[S, X]`, of those that are asked about."""
    alive = [masks_BSN[:, place][np.arange(len(tokens_BX))[:, None], tokens_BX] & asked_BX for place in range(num_sets)]
    return np.stack([one.sum(0, dtype=np.int64) for one in alive])
