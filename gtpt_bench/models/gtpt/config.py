"""GTPTConfig: the parts of a GTPT put together, checked against each other, torch-free.

Source: spec/gtpt.md §1 (sizes), §2 (overview).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KEYPOINT_SETS, KeypointSet
from gtpt_bench.models.gtpt.grouping import ChannelGate, Group, PaperGrouping
from gtpt_bench.models.gtpt.initialisation import Initialisation
from gtpt_bench.models.gtpt.introduction import HumanSparse, Introduction
from gtpt_bench.models.gtpt.pruning import Pruning, kept
from gtpt_bench.models.gtpt.schedule import TokenSchedule, coarse_schedule, fine_schedule
from gtpt_bench.models.gtpt.tokenizer import ShuffleTokenizer, Tokenizer
from gtpt_bench.models.sizes import Size

FULL_RATES = (1.0, 1.0, 1.0, 1.0)


class GTPTConfig(Frozen):
    """Everything that makes one GTPT; the defaults are GTPT-S for COCO."""

    family: Literal["gtpt"] = "gtpt"
    keypoints: Literal["coco", "wholebody"] = "coco"
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
    grouping: PaperGrouping = PaperGrouping()
    channel_gate: ChannelGate = ChannelGate()
    pruning: Pruning = Pruning()
    split_ratio: int = Field(2, ge=1)
    """SimCC bins per pixel."""
    initialisation: Initialisation = Initialisation()

    @field_validator("stage_depths")
    @classmethod
    def _stages_have_layers(cls, depths: tuple[int, ...]) -> tuple[int, ...]:
        if min(depths) < 1:
            raise ValueError(f"every stage needs at least one layer, got {list(depths)}")
        if depths[1] < 2:
            raise ValueError(
                f"the second stage needs at least two layers, got {depths[1]}: its first one prunes and introduces the "
                "sparse tokens, and the split ranks image tokens by the attention of its last one"
            )
        return depths

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} cannot be cut in {self.heads} heads: not divisible")
        if not self.introduction.accepts(self.keypoint_set):
            raise ValueError(
                f"introduction {self.introduction.kind!r} does not fit the {len(self.keypoint_set)} keypoints "
                f"of {self.keypoints!r}; coco takes human_sparse, wholebody human_sparse_dense"
            )
        self._check_input_size()
        self._check_slots()
        return self

    def _check_input_size(self) -> None:
        if min(self.input_size) < 1 or min(self.patch_size) < 1:
            raise ValueError("input_size and patch_size must be positive")
        stride, deepest = self.tokenizer.stride, self.tokenizer.deepest_stride
        for name in ("height", "width"):
            length, unit = getattr(self.input_size, name), stride * getattr(self.patch_size, name)
            if length % unit or length % deepest:
                raise ValueError(
                    f"input_size: {name} {length} must be a multiple of {unit} (stride {stride} x patch_size) "
                    f"and of {deepest} (stride of tokenizer {self.tokenizer.kind})"
                )

    def _check_slots(self) -> None:
        """Each stage needs an image token, and in fine stages a slot for each dense token of every group."""
        for stage, keep_rate in enumerate(self.pruning.keep_rates):
            slots = kept(self.num_image_tokens, keep_rate)
            largest = max(self.groups, key=lambda group: len(group.dense))
            needed = max(1, len(largest.dense) if stage >= 2 else 0)
            if slots < needed:
                least = -(-needed * 1000 // self.num_image_tokens) / 1000
                raise ValueError(
                    f"pruning.keep_rates: {keep_rate:g} of {self.num_image_tokens} image tokens leaves {slots} "
                    f"slots, but group {largest.name!r} needs {needed}; "
                    f"use at least {least:g} in this stage or a larger input_size"
                )

    @property
    def keypoint_set(self) -> KeypointSet:
        return KEYPOINT_SETS[self.keypoints]

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.grouping.groups(self.keypoint_set)

    @property
    def feature_size(self) -> Size:
        """Size of the map that is cut in patches."""
        return self.input_size.divided(Size(self.tokenizer.stride, self.tokenizer.stride))

    @property
    def grid_size(self) -> Size:
        """Rows and columns of image tokens."""
        return self.feature_size.divided(self.patch_size)

    @property
    def num_image_tokens(self) -> int:
        return self.grid_size.area

    @property
    def num_coarse_layers(self) -> int:
        return self.stage_depths[0] + self.stage_depths[1]

    @property
    def num_fine_layers(self) -> int:
        return self.stage_depths[2] + self.stage_depths[3]

    @property
    def introduction_layer(self) -> int:
        """Coarse layer after whose pruning the sparse tokens replace the human token."""
        return self.stage_depths[0]

    @property
    def schedule(self) -> TokenSchedule:
        """Tokens of the pruned pass."""
        return self._schedule(self.pruning.keep_rates)

    @property
    def full_schedule(self) -> TokenSchedule:
        """Tokens of the full pass of training: no rate below 1, dense tokens still take slots."""
        return self._schedule(FULL_RATES)

    def _schedule(self, stage_rates: tuple[float, ...]) -> TokenSchedule:
        rates = [rate for rate, depth in zip(stage_rates, self.stage_depths, strict=True) for _ in range(depth)]
        return TokenSchedule(
            coarse=coarse_schedule(
                rates[: self.num_coarse_layers],
                num_image_tokens=self.num_image_tokens,
                introduction_layer=self.introduction_layer,
                keypoints_at_start=self.introduction.num_tokens_at_start(),
                keypoints_after=self.introduction.num_tokens_after(self.keypoint_set),
            ),
            fine=fine_schedule(rates[self.num_coarse_layers :], self.groups, num_image_tokens=self.num_image_tokens),
        )
