"""GTPTConfig: the parts of a GTPT put together, torch-free. Whether they fit each other: checks.py.

Source: spec/gtpt.md §1 (sizes), §2 (overview), spec/ablations.md (what can be switched).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, field_validator, model_validator

from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import Keypoints, KeypointSet, keypoint_set_of
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.grouping import Group, Grouping, PaperGrouping
from gtpt_bench.models.gtpt.grouping.gate import ChannelGate
from gtpt_bench.models.gtpt.head import Head, PlainHead
from gtpt_bench.models.gtpt.initialisation import Initialisation
from gtpt_bench.models.gtpt.introduction import HumanSparse, Introduction
from gtpt_bench.models.gtpt.introduction.base import Layout, Phase
from gtpt_bench.models.gtpt.pruning import Pruning
from gtpt_bench.models.gtpt.schedule import Layers, TokenSchedule, token_schedule
from gtpt_bench.models.gtpt.tokenizer import ShuffleTokenizer, Tokenizer
from gtpt_bench.models.reading import SimccReading
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

    @model_validator(mode="wrap")
    @classmethod
    def _parts_fit(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Checked when it is made, and not again in everything that it becomes a part of."""
        from gtpt_bench.models.gtpt.checks import check_parts

        if isinstance(values, cls):
            return values
        config = handler(values)
        check_parts(config)
        return config

    @cached_property
    def keypoint_set(self) -> KeypointSet:
        return keypoint_set_of(self.keypoints)

    @property
    def reading(self) -> SimccReading:
        return SimccReading(self.split_ratio)

    @property
    def needs_truth(self) -> bool:
        """Whether it looks at the true keypoints, which only an upper bound may."""
        return self.pruning.score.needs_truth

    @property
    def authors_grid(self) -> GridName:
        """Where pixels lie in the crops that its authors train on (data/pixel_grid.py)."""
        return "corner"

    @property
    def counted_only(self) -> bool:
        """No GTPT is too large to be built."""
        return False

    @property
    def has_deployed_form(self) -> bool:
        """Whether `model.deploy()` gives a faster one."""
        return True

    @property
    def tokens_a_layer(self) -> tuple[int, ...]:
        """Image-token slots after each layer."""
        return self.schedule.image_slots

    @property
    def tokens_shown(self) -> tuple[int, ...]:
        """Of these, the ones that a table shows: at the end of each of the four stages."""
        ends = [sum(self.stage_depths[: stage + 1]) for stage in range(len(self.stage_depths))]
        return tuple(self.tokens_a_layer[end - 1] for end in ends)

    @property
    def planned_macs(self) -> dict[str, int]:
        """MACs that are known before anything runs, by convention."""
        return self.cost.macs()

    @property
    def pruning_words(self) -> str:
        """The keep rates as a table shows them."""
        return " ".join(f"{rate:g}" for rate in self.pruning.keep_rates)

    @cached_property
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

    @cached_property
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

    @cached_property
    def layout(self) -> Layout:
        return Layout(
            first_cut=self.stage_depths[0],
            num_mhsa=self.num_mhsa_layers,
            split=self.num_coarse_layers,
            grouped=bool(self.groups),
        )

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """When which keypoint tokens enter."""
        return self.introduction.phases(self.keypoint_set, self.layout)

    @property
    def fine_ffn_ratio(self) -> int:
        return self.ffn_ratio if self.fine_layers.ffn_ratio is None else self.fine_layers.ffn_ratio

    @cached_property
    def schedule(self) -> TokenSchedule:
        """Tokens of the pruned pass."""
        return self.schedule_at(self.pruning.keep_rates)

    @cached_property
    def full_schedule(self) -> TokenSchedule:
        """Tokens of the full pass of training; dense tokens still take slots."""
        return self.schedule_at(self.pruning.full_pass_keep_rates)

    @cached_property
    def unpruned_schedule(self) -> TokenSchedule:
        """Tokens of a pass that prunes nothing: the teacher's, and while keep rates warm up."""
        return self.schedule_at((1.0, 1.0, 1.0, 1.0))

    @cached_property
    def cost(self) -> Cost:
        """Of one image in evaluation mode, in closed form."""
        from gtpt_bench.models.gtpt.closed_form import gtpt_cost

        return gtpt_cost(self)

    @cached_property
    def full_pass_macs(self) -> int:
        """MACs of the full pass of training, which starts from the tokens of the pruned one."""
        from gtpt_bench.models.gtpt.closed_form import gtpt_cost, tokenizer_cost

        return gtpt_cost(self, self.full_schedule).full - tokenizer_cost(self).full

    @cached_property
    def unpruned_macs(self) -> int:
        """MACs of a whole pass that prunes nothing."""
        from gtpt_bench.models.gtpt.closed_form import gtpt_cost

        return gtpt_cost(self, self.unpruned_schedule).full

    @cached_property
    def has_second_pass(self) -> bool:
        """Whether a training step can run the transformer twice: where the first pass prunes, and prunes more."""
        return self.schedule not in (self.full_schedule, self.unpruned_schedule)

    def schedule_at(self, keep_rates: Sequence[float]) -> TokenSchedule:
        """Tokens at other keep rates, one a stage or one a layer."""
        rates = self.pruning.layer_rates(self.stage_depths, keep_rates)
        layers = Layers(self.num_mhsa_layers, self.num_coarse_layers)
        exchange = self.fine_layers.exchange
        return token_schedule(rates, self.phases, self.groups, exchange, layers, self.num_image_tokens)
