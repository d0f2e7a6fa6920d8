"""GTPTConfig: the parts of a GTPT put together, torch-free. Whether they fit each other: checks.py.

Source: spec/gtpt.md §1 (sizes), §2 (overview), spec/ablations.md (what can be switched).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import Keypoints, KeypointSet, keypoint_set_of
from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.grouping import Group, Grouping, PaperGrouping
from gtpt_bench.models.gtpt.grouping.gate import ChannelGate
from gtpt_bench.models.gtpt.head import Head, PlainHead
from gtpt_bench.models.gtpt.initialisation import Initialisation
from gtpt_bench.models.gtpt.introduction import HumanSparse, Introduction
from gtpt_bench.models.gtpt.introduction.base import Layout, Phase
from gtpt_bench.models.gtpt.pruning import Pruning
from gtpt_bench.models.gtpt.schedule import (
    LayerTokens,
    TokenSchedule,
    fine_schedule,
    mhsa_schedule,
    split_tokens,
)
from gtpt_bench.models.gtpt.tokenizer import ShuffleTokenizer, Tokenizer
from gtpt_bench.models.sizes import Size


class GTPTConfig(Frozen):
    """Everything that makes one GTPT; the defaults are GTPT-S for COCO."""

    family: Literal["gtpt"] = "gtpt"
    keypoints: Keypoints = "coco"
    """A keypoint set by name, or the user's own spelled out."""
    input_size: Size = Size(256, 192)
    """Height and width of the crop in pixels."""
    patch_size: Size = Size(4, 3)
    """Height and width of a patch in cells of the feature map (stride 4; 16 for the pyramid tokenizer)."""
    tokenizer: Tokenizer = ShuffleTokenizer()
    width: int = Field(192, ge=4, multiple_of=4)
    """Channels of a token (D)."""
    heads: int = Field(8, ge=1)
    ffn_ratio: int = Field(3, ge=1)
    """Hidden width of the feed-forward net over the token width."""
    stage_depths: tuple[int, int, int, int] = (3, 3, 3, 3)
    """Layers of the four stages; the first two are coarse (MHSA), the last two fine (MHGA)."""
    introduction: Introduction = HumanSparse()
    grouping: Grouping = PaperGrouping()
    split_point: Literal["before_fine_layers", "inside_first_fine_layer"] = "before_fine_layers"
    """The second: the layer after the coarse ones attends plainly, and splits before its feed-forward net."""
    channel_gate: ChannelGate | None = ChannelGate()
    """None: each group's copy of the image tokens is the same at first."""
    fine_layers: FineLayers = FineLayers()
    pruning: Pruning = Pruning()
    head: Head = PlainHead()
    split_ratio: int = Field(2, ge=1)
    """SimCC bins per pixel."""
    initialisation: Initialisation = Initialisation()

    @field_validator("channel_gate", mode="before")
    @classmethod
    def _gate_off(cls, value: Any) -> Any:
        """`channel_gate: off` as for other parts."""
        return None if value == "off" else value

    @model_validator(mode="before")
    @classmethod
    def _groups_in_short(cls, values: Any) -> Any:
        """`groups: {head: [...], …}` in place of `grouping: {kind: own, groups: {...}}`."""
        if isinstance(values, dict) and "groups" in values:
            if "grouping" in values:
                raise ValueError("groups and grouping both say which keypoints go together; give one of them")
            values = dict(values)
            values["grouping"] = {"kind": "own", "groups": values.pop("groups")}
        return values

    def values_to_change(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        values = super().values_to_change(changes)
        if "groups" in changes:  # takes the place of the present grouping
            del values["grouping"]
        return values

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        from gtpt_bench.models.gtpt.checks import check_parts

        check_parts(self)
        return self

    @property
    def keypoint_set(self) -> KeypointSet:
        return keypoint_set_of(self.keypoints)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups after the split; none where nothing is split."""
        return self.grouping.of(self.keypoint_set)

    @property
    def feature_size(self) -> Size:
        """Size of the map that is cut in patches."""
        return self.input_size.divided(Size(self.tokenizer.stride, self.tokenizer.stride))

    @property
    def grid_size(self) -> Size:
        """Rows and columns of image tokens."""
        return self.feature_size.divided(self.patch_size)

    @property
    def cell_size(self) -> Size:
        """Height and width in pixels of what one image token covers."""
        stride = self.tokenizer.stride
        return Size(stride * self.patch_size.height, stride * self.patch_size.width)

    @property
    def num_image_tokens(self) -> int:
        return self.grid_size.area

    @property
    def num_layers(self) -> int:
        return sum(self.stage_depths)

    @property
    def num_coarse_layers(self) -> int:
        """Layers before the split, or before where it would be."""
        return self.stage_depths[0] + self.stage_depths[1]

    @property
    def num_mhsa_layers(self) -> int:
        """Layers of plain attention: the coarse ones, one more if the split lies inside, all without grouping."""
        if not self.groups:
            return self.num_layers
        return self.num_coarse_layers + (self.split_point == "inside_first_fine_layer")

    @property
    def layout(self) -> Layout:
        return Layout(
            first_cut=self.stage_depths[0],
            num_mhsa=self.num_mhsa_layers,
            split=self.num_coarse_layers,
            grouped=bool(self.groups),
        )

    @property
    def phases(self) -> tuple[Phase, ...]:
        """When which keypoint tokens enter."""
        return self.introduction.phases(self.keypoint_set, self.layout)

    @property
    def fine_ffn_ratio(self) -> int:
        return self.ffn_ratio if self.fine_layers.ffn_ratio is None else self.fine_layers.ffn_ratio

    @property
    def schedule(self) -> TokenSchedule:
        """Tokens of the pruned pass."""
        return self.schedule_at(self.pruning.keep_rates)

    @property
    def full_schedule(self) -> TokenSchedule:
        """Tokens of the full pass of training; dense tokens still take slots."""
        return self.schedule_at(self.pruning.full_pass_keep_rates)

    @property
    def unpruned_schedule(self) -> TokenSchedule:
        """Tokens of a pass that prunes nothing: the teacher's, and while keep rates warm up."""
        return self.schedule_at((1.0, 1.0, 1.0, 1.0))

    @property
    def has_second_pass(self) -> bool:
        """Whether a training step can run the transformer twice: where the first pass prunes, and prunes more."""
        return self.schedule not in (self.full_schedule, self.unpruned_schedule)

    def schedule_at(self, keep_rates: Sequence[float]) -> TokenSchedule:
        """Tokens at other keep rates, one a stage or one a layer."""
        rates, phases = self.pruning.layer_rates(self.stage_depths, keep_rates), self.phases
        num_mhsa, num_image = self.num_mhsa_layers, self.num_image_tokens
        plain = mhsa_schedule(rates[:num_mhsa], phases, num_image_tokens=num_image)
        if not self.groups:
            return TokenSchedule(plain, ())
        num_beside = sum(not scope for scope in phases[-1].scopes)
        after = [
            split_tokens(self.groups, rate, num_beside=num_beside, num_image_tokens=num_image)
            for rate in rates[self.num_coarse_layers :]
        ]
        if num_mhsa > self.num_coarse_layers:
            inside = LayerTokens(plain[-1].attention, after[0], plain[-1].keys, splits=True)
            return TokenSchedule((*plain[:-1], inside), fine_schedule(after[0], after[1:], self.fine_layers.exchange))
        return TokenSchedule(plain, fine_schedule(after[0], after, self.fine_layers.exchange))
