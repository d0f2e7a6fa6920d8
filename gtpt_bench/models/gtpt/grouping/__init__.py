"""Which keypoints form a group after the split. One file a grouping; each is a config that partitions a keypoint set.

`of(keypoints)` gives the groups in order, empty where there is no split at all.
"""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.gtpt.grouping.named import LeftRightGrouping, PaperGrouping, PerLimbGrouping, PresetGrouping
from gtpt_bench.models.gtpt.grouping.off import NoGrouping
from gtpt_bench.models.gtpt.grouping.one import OneGroup
from gtpt_bench.models.gtpt.grouping.own import OwnGroups
from gtpt_bench.models.gtpt.grouping.partition import Group, output_order
from gtpt_bench.models.gtpt.grouping.random import RandomGrouping

Grouping = Annotated[
    PaperGrouping
    | OneGroup
    | PerLimbGrouping
    | LeftRightGrouping
    | RandomGrouping
    | PresetGrouping
    | OwnGroups
    | NoGrouping,
    Field(discriminator="kind"),
    BY_NAME,
]

__all__ = [
    "Group",
    "Grouping",
    "LeftRightGrouping",
    "NoGrouping",
    "OneGroup",
    "OwnGroups",
    "PaperGrouping",
    "PerLimbGrouping",
    "PresetGrouping",
    "RandomGrouping",
    "output_order",
]
