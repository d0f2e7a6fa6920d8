"""What is known of the keypoints of a data set: name, mirror partner, OKS sigma, body part, group.

Source: spec/training_and_evaluation.md §2 (order, flip pairs, half body), §8 (sigmas); spec/gtpt.md §8 (dense parts,
groups).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from gtpt_bench.keypoints.references import place_in

Partition = Mapping[str, tuple[int, ...]]
"""Name of a group to its keypoints: sparse ones in order, then dense ones in the order of the dense parts."""


@dataclass(frozen=True)
class DensePart:
    """Keypoints that GTPT introduces late, as dense tokens that grow out of one part token.

    Attributes:
        anchor: the sparse keypoint that the part hangs on, such as the wrist of a hand.
    """

    name: str
    keypoints: tuple[int, ...]
    anchor: int


@dataclass(frozen=True)
class KeypointSet:
    """The keypoints of one data set, in the order of its annotation files.

    Attributes:
        flip_pairs: keypoints that swap when the image is mirrored, the person's left one first; all others are their
            own mirror image.
        sigmas: OKS fall-off of each keypoint (Greek sigma, not variance); scaled by the root of the area.
        upper_body: what the half-body augmentation calls upper; the rest is lower.
        parts: name of a body part to its indices, as annotation files part them; they cover all keypoints.
        skeleton: pairs of keypoints joined by a line when a pose is drawn.
        dense_parts: in the order of the part tokens; what is in none of them is sparse.
        groups: partitions of all keypoints, by name.
    """

    name: str
    names: tuple[str, ...]
    flip_pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]
    upper_body: frozenset[int]
    parts: Mapping[str, range]
    skeleton: tuple[tuple[int, int], ...]
    dense_parts: tuple[DensePart, ...] = ()
    groups: Mapping[str, Partition] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.names)

    @property
    def mirror(self) -> tuple[int, ...]:
        """Index of each keypoint's mirror partner, itself where there is none; an involution."""
        partner = list(range(len(self)))
        for left, right in self.flip_pairs:
            partner[left], partner[right] = right, left
        return tuple(partner)

    @cached_property
    def dense(self) -> tuple[int, ...]:
        """Keypoints of all dense parts, part by part."""
        return tuple(keypoint for part in self.dense_parts for keypoint in part.keypoints)

    @cached_property
    def sparse(self) -> tuple[int, ...]:
        """Keypoints in no dense part, in order."""
        dense = set(self.dense)
        return tuple(keypoint for keypoint in range(len(self)) if keypoint not in dense)

    @property
    def left_right(self) -> Partition:
        """The person's left and right by the flip pairs, and the middle; without those of them that are empty."""
        left, right = [pair[0] for pair in self.flip_pairs], [pair[1] for pair in self.flip_pairs]
        middle = [keypoint for keypoint in range(len(self)) if keypoint not in (*left, *right)]
        sides = {"left": left, "right": right, "middle": middle}
        return {name: in_token_order(side, self.dense_parts) for name, side in sides.items() if side}

    def place_of(self, reference: int | str) -> int:
        """Index of a keypoint by its index or name.

        Raises:
            ValueError: there is none; names the nearest one and what is known.
        """
        return place_in(self.names, reference)


def in_token_order(keypoints: Iterable[int], dense_parts: Sequence[DensePart]) -> tuple[int, ...]:
    """Keypoints as a group holds them: sparse ones in order, then dense ones in the order of the dense parts."""
    dense = [keypoint for part in dense_parts for keypoint in part.keypoints]
    rank = {keypoint: place for place, keypoint in enumerate(dense)}
    return tuple(sorted(keypoints, key=lambda keypoint: (keypoint in rank, rank.get(keypoint, keypoint))))
