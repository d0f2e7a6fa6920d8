"""Which keypoints go into which group when the encoder splits, and what dense keypoints each group brings.

Torch-free; the split itself is split_net.py. Source: spec/gtpt.md §8 (groups), §10 (order of the output).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, linear


@dataclass(frozen=True)
class BodyPart:
    """A part token and the dense keypoints that grow out of it at the split.

    Attributes:
        keypoints: indices of the dense keypoints in the data set's order.
    """

    name: str
    keypoints: range


@dataclass(frozen=True)
class Group:
    """One keypoint group of the fine encoder.

    Attributes:
        sparse: body keypoints of the group, in the data set's order.
        parts: indices into the list of body parts (see `body_parts`).
        dense: dense keypoints in slot order, as indices in the data set's order.
    """

    name: str
    sparse: tuple[int, ...]
    parts: tuple[int, ...]
    dense: tuple[int, ...]


WHOLEBODY_PARTS = (
    BodyPart("face", range(23, 91)),
    BodyPart("left hand", range(91, 112)),
    BodyPart("right hand", range(112, 133)),
    BodyPart("left foot", range(17, 20)),
    BodyPart("right foot", range(20, 23)),
)

_PAPER_GROUPS: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("head", (0, 1, 2, 3, 4), (0,)),
    ("upper limbs", (5, 6, 7, 8, 9, 10), (1, 2)),
    ("lower limbs", (11, 12, 13, 14, 15, 16), (3, 4)),
)


def body_parts(keypoints: KeypointSet) -> tuple[BodyPart, ...]:
    """Parts with dense keypoints, in the order of the part tokens; none for body-only data sets."""
    return WHOLEBODY_PARTS if keypoints.name == "wholebody" else ()


class PaperGrouping(Frozen):
    """The paper's three groups: head, upper limbs, lower limbs, each with its parts of the whole body."""

    kind: Literal["paper"] = "paper"

    def groups(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        parts = body_parts(keypoints)
        return tuple(
            Group(
                name,
                sparse,
                parts=part_indices if parts else (),
                dense=tuple(k for i in part_indices for k in parts[i].keypoints) if parts else (),
            )
            for name, sparse, part_indices in _PAPER_GROUPS
        )


class ChannelGate(Frozen):
    """A sigmoid gate per image token, channel and group, computed once at the split (spec/gtpt.md §8)."""

    reduction: int = Field(2, ge=1)
    """Token width divided by this is the width of the gate's hidden layer."""

    def cost(self, width: int, *, num_groups: int, tokens: int) -> Cost:
        hidden = width // self.reduction
        return linear(width, hidden, tokens=tokens) + linear(hidden, num_groups * width, tokens=tokens)


def output_order(groups: Sequence[Group]) -> tuple[int, ...]:
    """For each keypoint of the data set, its place in the concatenation of all groups' [sparse | dense] tokens."""
    slots = [keypoint for group in groups for keypoint in (*group.sparse, *group.dense)]
    return tuple(slots.index(keypoint) for keypoint in range(len(slots)))
