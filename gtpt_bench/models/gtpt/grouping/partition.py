"""Groups of keypoints as data. Source: spec/gtpt.md §8 (groups), §10 (order of the output)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KeypointSet


@dataclass(frozen=True)
class Group:
    """One keypoint group of the fine encoder; keypoints are places in the data set's order, in slot order.

    Attributes:
        sparse: keypoints whose tokens all groups see.
        dense: keypoints whose tokens only this group sees.
    """

    name: str
    sparse: tuple[int, ...]
    dense: tuple[int, ...]

    @property
    def keypoints(self) -> tuple[int, ...]:
        return (*self.sparse, *self.dense)


class BaseGrouping(Frozen, ABC):
    """A partition of any keypoint set."""

    @abstractmethod
    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        """The groups, in order.

        Raises:
            ValueError: this grouping does not fit the keypoint set; says which would do.
        """


def partition(keypoints: KeypointSet, members: Mapping[str, Sequence[int]]) -> tuple[Group, ...]:
    """Groups from lists of keypoints; within a group sparse keypoints come first, each kind in the given order.

    Raises:
        ValueError: a keypoint stands in no group or in two, or a group is empty.
    """
    counts = Counter(keypoint for group in members.values() for keypoint in group)
    doubled = [keypoints.names[k] for k, count in counts.items() if count > 1]
    missing = [name for place, name in enumerate(keypoints.names) if place not in counts]
    empty = [name for name, group in members.items() if not group]
    if doubled:
        raise ValueError(f"keypoint {doubled[0]!r} stands in the groups twice; each belongs to exactly one")
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(f"keypoint {missing[0]!r}{more} of {keypoints.name!r} stands in no group")
    if empty:
        raise ValueError(f"group {empty[0]!r} has no keypoints; leave it out")
    sparse = set(keypoints.sparse)
    return tuple(
        Group(name, tuple(k for k in group if k in sparse), tuple(k for k in group if k not in sparse))
        for name, group in members.items()
    )


def output_order(groups: Sequence[Group]) -> tuple[int, ...]:
    """For each keypoint of the data set, its place in the concatenation of all groups' [sparse | dense] tokens."""
    slots = [keypoint for group in groups for keypoint in group.keypoints]
    return tuple(slots.index(keypoint) for keypoint in range(len(slots)))
