"""The tokenizer axis of the ablations: sizes, exact cost, official names, and what sets each value apart."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from gtpt_bench.efficiency.counting.macs import cost_of
from gtpt_bench.efficiency.counting.trace import trace_forward
from gtpt_bench.models.blocks import hrnet_cost, residual_cost
from gtpt_bench.models.blocks.channel_norm import ChannelNorm
from gtpt_bench.models.blocks.convnext import ConvNextBlock, GlobalResponseNorm
from gtpt_bench.models.blocks.hrnet import HighResolutionTrunk
from gtpt_bench.models.blocks.residual import BasicBlock, bottleneck_stage
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.tokenizer import (
    ConvNextBatchNormTokenizer,
    ConvNextV2Tokenizer,
    HRNetTokenizer,
    LinearTokenizer,
    PyramidTokenizer,
    ResNetTokenizer,
    ShuffleTokenizer,
    Tokenizer,
    UShuffleTokenizer,
)
from gtpt_bench.models.gtpt.tokenizer.patch_cost import patch_embedding_cost
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding
from gtpt_bench.models.sizes import Size

PEERS = Path(__file__).parents[2].parent / "shared" / "parity" / "peers"
IMAGE = Size(256, 192)
PATCH = Size(4, 3)

# By the values of the ablation catalogue, with the channels of the map that is cut in patches.
CATALOGUE: dict[str, tuple[Tokenizer, int]] = {
    "shuffle (S)": (ShuffleTokenizer(), 256),
    "shuffle (T)": (ShuffleTokenizer(channels=128), 128),
    "shuffle, 8 units": (ShuffleTokenizer(blocks=8), 256),
    "shuffle, 8 units, kernel 7": (ShuffleTokenizer(blocks=8, dw_kernel=7), 256),
    "u_shuffle (B)": (UShuffleTokenizer(), 256),
    "u_shuffle, kernel 7": (UShuffleTokenizer(dw_kernel=7), 256),
    "u_shuffle, large": (UShuffleTokenizer(down_channels=(384, 576, 768)), 384),
    "resnet": (ResNetTokenizer(), 256),
    "hrnet, W32": (HRNetTokenizer(), 32),
    "hrnet, W18": (HRNetTokenizer(width=18), 18),
    "convnext_v2": (ConvNextV2Tokenizer(), 96),
    "convnext_bn": (ConvNextBatchNormTokenizer(), 96),
    "linear": (LinearTokenizer(), 48),
    "pyramid": (PyramidTokenizer(), 128),
}
every_value = pytest.mark.parametrize("name", CATALOGUE)


def traced(net: nn.Module, image: Size) -> Cost:
    """Cost of a network by itself, from its operators."""
    return cost_of(trace_forward(net, image), net)


def shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in net.state_dict().items()}


def official_shapes(system: str, prefix: str = "") -> dict[str, tuple[int, ...]]:
    """Official state dict of a published system, as far as its keys begin with `prefix`, which is cut off."""
    path = PEERS / f"{system}.json"
    if not path.exists():
        pytest.skip("../shared/parity/peers is not here; a few keys are checked in another test")
    entries = json.loads(path.read_text())
    return {key.removeprefix(prefix): tuple(shape) for key, shape in entries if key.startswith(prefix)}


# What all values have in common


@every_value
@pytest.mark.parametrize("image", [IMAGE, Size(128, 96)], ids=str)
def test_closed_form_equals_the_trace(name: str, image: Size) -> None:
    tokenizer, _ = CATALOGUE[name]
    assert traced(tokenizer.build(), image) == tokenizer.cost(image)


@every_value
@pytest.mark.parametrize("image", [IMAGE, Size(128, 96)], ids=str)
def test_the_map_has_the_size_and_channels_that_the_config_says(name: str, image: Size) -> None:
    tokenizer, channels = CATALOGUE[name]
    features = tokenizer.build().to("meta")(torch.empty(2, 3, *image, device="meta"))
    assert features.shape == (2, channels, *image.divided(Size(tokenizer.stride, tokenizer.stride)))
    assert tokenizer.channels == channels


@every_value
def test_patch_embedding_of_every_value_costs_what_its_norm_says(name: str) -> None:
    tokenizer, channels = CATALOGUE[name]
    norm, cells = tokenizer.patch_norm, IMAGE.divided(Size(tokenizer.stride, tokenizer.stride))
    embedding = patch_embedding_cost(
        norm, channels=channels, patch=PATCH, width=24, tokens=cells.divided(PATCH).area, pixels=cells.area
    )
    net = nn.Sequential(tokenizer.build(), PatchEmbedding(channels, PATCH, 24, norm))
    assert traced(net, IMAGE) == tokenizer.cost(IMAGE) + embedding


@every_value
def test_every_weight_has_a_part_in_the_map(name: str) -> None:
    net = CATALOGUE[name][0].build()
    images = torch.randn(2, 3, 32, 32, requires_grad=True)  # the linear tokenizer has no weights
    net(images).sum().backward()
    assert [key for key, weight in net.named_parameters() if weight.grad is None] == []


@every_value
def test_a_config_survives_being_written_and_read(name: str) -> None:
    tokenizer, _ = CATALOGUE[name]
    assert TypeAdapter(Tokenizer).validate_python(tokenizer.model_dump(mode="json")) == tokenizer


@pytest.mark.parametrize("kind", ["resnet", "hrnet", "convnext_v2", "convnext_bn"])
def test_convolutions_start_as_the_authors_start_theirs(kind: str) -> None:
    """Normal with standard deviation 0.001 (spec/gtpt.md §12), which the norms after them undo."""
    torch.manual_seed(0)
    net = TypeAdapter(Tokenizer).validate_python({"kind": kind}).build()
    weights = torch.cat([m.weight.detach().flatten() for m in net.modules() if isinstance(m, nn.Conv2d)])
    assert 0.00098 < weights.std() < 0.00102
    assert abs(weights.mean()) < 1e-4
    maps = net(torch.randn(4, 3, 64, 48))
    assert (maps - maps.mean(0)).std() > 0.5 * maps.std()  # the image, not the biases, makes most of the map


small = st.integers(1, 6)


@settings(max_examples=12)
@given(
    tokenizer=st.one_of(
        st.builds(
            ShuffleTokenizer,
            first_channels=small.map(lambda n: 2 * n),
            channels=small.map(lambda n: 2 * n),
            blocks=small,
            dw_kernel=st.sampled_from((3, 7)),
        ),
        st.builds(
            UShuffleTokenizer,
            first_channels=small.map(lambda n: 2 * n),
            down_channels=st.tuples(*(small.map(lambda n: 2 * n) for _ in range(3))),
            blocks=small,
            fuse_blocks=st.integers(0, 2),
            dw_kernel=st.sampled_from((3, 7)),
        ),
        st.builds(ResNetTokenizer, first_channels=small, middle=small, blocks=small),
        *(
            st.builds(
                kind,
                channels=small,
                blocks=st.integers(0, 2),
                kernel=st.sampled_from((3, 5, 7, 9, 11)),
                expansion=st.integers(1, 5),
            )
            for kind in (ConvNextV2Tokenizer, ConvNextBatchNormTokenizer)
        ),
    )
)
def test_closed_form_equals_the_trace_at_any_setting(tokenizer: Tokenizer) -> None:
    assert traced(tokenizer.build(), Size(32, 48)) == tokenizer.cost(Size(32, 48))


@pytest.mark.parametrize("width", [1, 10])
def test_closed_form_of_hrnet_equals_the_trace_at_any_width(width: int) -> None:
    tokenizer = HRNetTokenizer(width=width)
    assert traced(tokenizer.build(), Size(32, 16)) == tokenizer.cost(Size(32, 16))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("shuffle", {"dw_kernel": 5}),
        ("resnet", {"blocks": 0}),
        ("hrnet", {"width": 0}),
        ("convnext_v2", {"kernel": 4}),
        ("convnext_bn", {"expansion": 0}),
        ("linear", {"channels": 48}),
    ],
)
def test_impossible_settings_are_refused(kind: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Tokenizer).validate_python({"kind": kind, **changes})


# shuffle and u_shuffle


@pytest.mark.parametrize("kind", [ShuffleTokenizer, UShuffleTokenizer])
def test_kernel_7_changes_the_depth_wise_convolution_of_each_main_branch_and_nothing_else(
    kind: type[ShuffleTokenizer] | type[UShuffleTokenizer],
) -> None:
    narrow, wide = shapes(kind().build()), shapes(kind(dw_kernel=7).build())
    changed = {key for key in narrow if narrow[key] != wide[key]}
    assert changed == {key for key in narrow if key.endswith("main.3.weight")}
    for key in changed:
        assert narrow[key][1:] == (1, 3, 3)
        assert wide[key] == (narrow[key][0], 1, 7, 7)
    assert all(shape[1:] == (1, 3, 3) for key, shape in wide.items() if key.endswith("shortcut.0.weight"))


def test_kernel_7_costs_40_more_taps_in_each_unit() -> None:
    narrow, wide = ShuffleTokenizer().cost(IMAGE), ShuffleTokenizer(dw_kernel=7).cost(IMAGE)
    assert wide.params - narrow.params == 4 * 128 * (49 - 9)
    assert wide.conv_macs - narrow.conv_macs == 4 * 128 * (49 - 9) * 64 * 48
    assert wide.norm_elements == narrow.norm_elements


# resnet


def test_resnet_has_the_parameters_that_arithmetic_gives() -> None:
    """Two convolutions of 64, a bottleneck with a projection, three without; two parameters a normalised channel."""
    convolutions = 64 * 3 * 9 + 64 * 64 * 9 + 2 * (64 + 64)
    first = 64 * 64 + 64 * 64 * 9 + 64 * 256 + 64 * 256 + 2 * (64 + 64 + 256 + 256)
    other = 256 * 64 + 64 * 64 * 9 + 64 * 256 + 2 * (64 + 64 + 256)
    assert ResNetTokenizer().cost(IMAGE).params == convolutions + first + 3 * other == 325_056


def test_a_bottleneck_whose_input_fits_the_sum_has_no_projection() -> None:
    fitting = ResNetTokenizer(first_channels=8, middle=2, blocks=2)
    assert not any("downsample" in key for key in shapes(fitting.build()))
    assert traced(fitting.build(), Size(32, 32)) == fitting.cost(Size(32, 32))


def test_resnet_tokenizer_is_the_convolutional_part_of_tokenpose_s() -> None:
    official = official_shapes("tokenpose_s_v1", "features.")
    stem = {key: shape for key, shape in official.items() if key.startswith(("conv", "bn", "layer1"))}
    assert shapes(ResNetTokenizer().build()) == stem


# hrnet


def test_hrnet_tokenizer_has_official_names_and_shapes() -> None:
    found = shapes(HRNetTokenizer().build())
    assert found["conv1.weight"] == (64, 3, 3, 3)
    assert found["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert found["transition1.0.0.weight"] == (32, 256, 3, 3)
    assert found["transition1.1.0.0.weight"] == (64, 256, 3, 3)
    assert found["transition2.2.0.0.weight"] == (128, 64, 3, 3)
    assert found["stage2.0.branches.1.3.conv2.weight"] == (64, 64, 3, 3)
    assert found["stage3.2.fuse_layers.2.0.1.0.weight"] == (128, 32, 3, 3)
    assert found["stage3.3.fuse_layers.0.2.0.weight"] == (32, 128, 1, 1)


def test_last_module_of_hrnet_fuses_into_the_highest_resolution_only() -> None:
    keys = shapes(HRNetTokenizer().build())
    targets = {key.split(".")[3] for key in keys if key.startswith("stage3.3.fuse_layers")}
    assert targets == {"0"}
    assert not any(key.startswith(("stage4", "transition3")) for key in keys)


def test_narrow_hrnet_differs_in_widths_only() -> None:
    wide, narrow = shapes(HRNetTokenizer().build()), shapes(HRNetTokenizer(width=18).build())
    assert wide.keys() == narrow.keys()
    branches = [f"stage3.0.branches.{branch}.0.conv1.weight" for branch in range(3)]
    assert [narrow[key] for key in branches] == [(18, 18, 3, 3), (36, 36, 3, 3), (72, 72, 3, 3)]


def test_hrnet_tokenizer_is_a_part_of_the_published_hrnet() -> None:
    official = official_shapes("hrnet_w32")
    assert shapes(HRNetTokenizer().build()).items() <= official.items()


def test_hrnet_tokenizer_is_the_convolutional_part_of_tokenpose_b() -> None:
    assert shapes(HRNetTokenizer().build()) == official_shapes("tokenpose_b", "pre_feature.")


@pytest.mark.parametrize(("system", "width"), [("hrnet_w32", 32), ("hrnet_w48", 48)])
def test_whole_trunk_is_the_published_hrnet_without_its_head(system: str, width: int) -> None:
    trunk = HighResolutionTrunk(width, (1, 4, 3))
    official = {key: shape for key, shape in official_shapes(system).items() if not key.startswith("final_layer")}
    assert shapes(trunk) == official
    assert traced(trunk, IMAGE) == hrnet_cost.trunk(IMAGE, width, (1, 4, 3))


def test_whole_trunk_gives_the_numbers_of_the_published_hrnet() -> None:
    official = official_shapes("hrnet_w32")
    state = {key: filled(key, shape) for key, shape in official.items()}
    trunk = HighResolutionTrunk(32, (1, 4, 3)).eval()
    trunk.load_state_dict({key: value for key, value in state.items() if not key.startswith("final_layer")})
    image = np.random.RandomState(0).standard_normal((1, 3, *IMAGE)).astype(np.float32)
    with torch.no_grad():
        heatmaps = F.conv2d(trunk(torch.from_numpy(image)), state["final_layer.weight"], state["final_layer.bias"])
    expected = np.load(PEERS / "hrnet_w32.npz")["out"]
    assert np.abs(heatmaps.numpy() - expected).max() < 1e-4 * expected.std()


def filled(key: str, shape: tuple[int, ...]) -> Tensor:
    """Deterministic weights, drawn from their names (rule "fanin" of parity/README.md)."""
    if key.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    r = np.random.RandomState(zlib.crc32(key.encode())).standard_normal(shape)
    if key.endswith("running_var"):
        values = 1 + 0.02 * np.abs(r)
    elif key.endswith("weight"):
        values = 1 + 0.02 * r if len(shape) == 1 else r / np.sqrt(np.prod(shape[1:]))
    else:
        values = 0.02 * r
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


@pytest.mark.parametrize("stride", [1, 2])
def test_strided_residual_blocks_cost_what_their_closed_forms_say(stride: int) -> None:
    out = Size(8 // stride, 16 // stride)
    stage, block = bottleneck_stage(3, 5, 3, stride=stride), BasicBlock(3, 7, stride=stride)
    assert traced(stage, Size(8, 16)) == residual_cost.bottleneck_stage(3, 5, 3, out, stride=stride)
    assert traced(block, Size(8, 16)) == residual_cost.basic_block(3, 7, out, stride=stride)


# convnext_v2 and convnext_bn


def test_convnext_v2_has_layer_norms_and_convnext_bn_has_batch_norms_and_no_response_norm() -> None:
    def norms(net: nn.Module) -> list[str]:
        kinds = (nn.BatchNorm2d, nn.LayerNorm, GlobalResponseNorm)
        return sorted(type(module).__name__ for module in net.modules() if isinstance(module, kinds))

    v2, bn = ConvNextV2Tokenizer(), ConvNextBatchNormTokenizer()
    assert norms(v2.build()) == ["ChannelNorm"] * 4 + ["GlobalResponseNorm"] * 3
    assert norms(bn.build()) == ["BatchNorm2d"] * 4
    assert (v2.patch_norm, bn.patch_norm) == ("layer", "batch")
    assert v2.cost(IMAGE).params - bn.cost(IMAGE).params == 3 * 2 * 4 * 96
    assert v2.cost(IMAGE).macs() == bn.cost(IMAGE).macs()


def test_a_convnext_block_costs_what_arithmetic_gives() -> None:
    none, one = (ConvNextBatchNormTokenizer(blocks=blocks).cost(IMAGE) for blocks in (0, 1))
    cells = 64 * 48
    assert none == Cost(params=48 * 96 + 96 + 2 * 96, conv_macs=48 * 96 * cells, norm_elements=96 * cells)
    assert one.conv_macs - none.conv_macs == 49 * 96 * cells
    assert one.linear_macs == 2 * 96 * 384 * cells
    assert one.params - none.params == 49 * 96 + 96 + 2 * 96 + (96 * 384 + 384) + (384 * 96 + 96)


def test_a_convnext_block_adds_to_its_input() -> None:
    block = ConvNextBlock(8, 2, 7, norm=ChannelNorm(8), response=nn.Identity())
    for weight in block.mix[-1].parameters():
        nn.init.zeros_(weight)
    features = torch.randn(2, 8, 5, 6)
    assert torch.equal(block(features), features)


def test_global_response_norm_starts_as_the_identity() -> None:
    norm, features = GlobalResponseNorm(6), torch.randn(2, 4, 3, 6)
    assert torch.equal(norm(features), features)


def test_global_response_norm_amplifies_the_channel_that_responds_most() -> None:
    """Responses 3 and 1 over the map, 2 on average: factors 1.5 and 0.5 beside the identity."""
    norm = GlobalResponseNorm(2)
    nn.init.ones_(norm.gamma)
    features = torch.tensor([[3.0, 1.0], [0.0, 0.0]]).view(1, 2, 1, 2)
    torch.testing.assert_close(norm(features), features * torch.tensor([2.5, 1.5]))


def test_channel_norm_treats_every_cell_by_itself() -> None:
    features = torch.randn(2, 8, 4, 3)
    normed = ChannelNorm(8)(features)
    torch.testing.assert_close(normed.mean(1), torch.zeros(2, 4, 3), atol=1e-6, rtol=0)
    by_hand = F.layer_norm(features[1, :, 2, 1], (8,))
    torch.testing.assert_close(normed[1, :, 2, 1], by_hand)
