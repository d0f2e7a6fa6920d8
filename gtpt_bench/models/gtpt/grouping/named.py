"""Groupings by anatomy: the paper's three groups, one a limb, the two sides of the body."""

from __future__ import annotations

from typing import Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group, partition


class PaperGrouping(BaseGrouping):
    """The paper's: head, upper limbs, lower limbs, each with its parts of the whole body."""

    kind: Literal["paper"] = "paper"

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return named_groups(keypoints, self.kind)


class PerLimbGrouping(BaseGrouping):
    """Head, two arms, two legs."""

    kind: Literal["per_limb"] = "per_limb"

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return named_groups(keypoints, self.kind)


class PresetGrouping(BaseGrouping):
    """A partition that the user's own keypoint set has by name."""

    kind: Literal["preset"] = "preset"
    name: str

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return named_groups(keypoints, self.name)


class LeftRightGrouping(BaseGrouping):
    """The person's left, right, and what lies between."""

    kind: Literal["left_right"] = "left_right"

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return partition(keypoints, keypoints.left_right)


def named_groups(keypoints: KeypointSet, name: str) -> tuple[Group, ...]:
    """A partition that the keypoint set knows by name.

    Raises:
        ValueError: it does not; says what it knows.
    """
    if name not in keypoints.groups:
        presets = f"they have {', '.join(keypoints.groups)}; " if keypoints.groups else ""
        raise ValueError(
            f"grouping: the keypoints of {keypoints.name!r} have no partition {name!r}; {presets}or use grouping one, "
            "left_right, random, off, or own with groups of yours"
        )
    return partition(keypoints, keypoints.groups[name])
