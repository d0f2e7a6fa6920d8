"""What the configs of all peers have in common. Torch-free.

Each family has a config (`NAME.py`) with its sizes, its presets under their published names and where its figures come
from, and a network beside it (`NAME_net.py`). All see RGB normalised by ImageNet's mean and deviation
(data/dataset.py), as every family here was published. Source: spec/baselines.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import Keypoints, KeypointSet, keypoint_set_of
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.reading import HeatmapReading, Reading, RegressionReading, SimccReading
from gtpt_bench.models.sizes import Size

Positive = Annotated[int, Field(ge=1)]

Output = Literal["heatmap", "simcc", "regression"]
"""What a network says of a crop: maps `[B, J, H / 4, W / 4]`, `SimccLogits`, or coordinates as shares of the crop."""


READINGS: Mapping[Output, Reading] = MappingProxyType(
    {"heatmap": HeatmapReading(), "simcc": SimccReading(), "regression": RegressionReading()}
)


class PeerConfig(Frozen, ABC):
    """Everything that makes one network of a family; a family adds `family: Literal[...]` and its own sizes."""

    keypoints: Keypoints = "coco"
    """A keypoint set by name, or the user's own spelled out."""
    input_size: Size = Size(256, 192)
    """Height and width of the crop in pixels."""

    output: ClassVar[Output] = "heatmap"

    @cached_property
    def keypoint_set(self) -> KeypointSet:
        return keypoint_set_of(self.keypoints)

    @property
    def num_keypoints(self) -> int:
        return len(self.keypoint_set.names)

    @property
    def needs_truth(self) -> bool:
        """Whether it looks at the true keypoints; only an upper bound may."""
        return False

    @property
    def authors_grid(self) -> GridName:
        """Where pixels lie in the crops that its authors train on (data/pixel_grid.py)."""
        return "corner"

    @property
    def has_deployed_form(self) -> bool:
        """Whether `model.deploy()` gives a faster one."""
        return False

    @property
    def counted_only(self) -> bool:
        """Whether its weights are gigabytes, so that it is counted without memory and never built with it."""
        return False

    @property
    def tokens_a_layer(self) -> tuple[int, ...]:
        """Image tokens after each layer; none in a network that has no tokens, or never drops one."""
        return ()

    @property
    def tokens_shown(self) -> tuple[int, ...]:
        """Of these, the ones that a table shows."""
        return self.tokens_a_layer

    @property
    def num_image_tokens(self) -> int:
        """At the start."""
        return 0

    @property
    def pruning_words(self) -> str:
        """What is pruned, as a table shows it."""
        return ""

    @cached_property
    def cost(self) -> Cost:
        """Parameters and MACs, counted by tracing the network, which is not built for it (counted.py)."""
        from gtpt_bench.models.peers.counted import counted_cost

        return counted_cost(self)

    @property
    def planned_macs(self) -> dict[str, int]:
        """MACs that are known before anything runs, by convention; `thop` needs the whole trace (measure)."""
        return {"full": self.cost.full, "attention": self.cost.attention}

    @abstractmethod
    def build(self) -> Any:
        """The network, an `nn.Module`."""

    @property
    def reading(self) -> Reading:
        """How the output is read; a family with a rule of its own overrides it."""
        return READINGS[self.output]
