"""HEViTPose, a reconstruction: the published totals, what each of its fields costs, and how its attention is built."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from gtpt_bench.models.peers.hevitpose import HEViTPoseConfig, hevitpose_b, hevitpose_s, hevitpose_t
from gtpt_bench.models.peers.hevitpose_net import CascadedGroupAttention, Embedding, ReducedAttention
from gtpt_bench.models.sizes import Size
from gtpt_bench.models.sources import source_of
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.hevitpose_closed_form import hevitpose_cost

PRESETS = {"t": hevitpose_t(), "s": hevitpose_s(), "b": hevitpose_b()}
SMALL: dict[str, Any] = {"widths": (16, 24, 32), "groups": (2, 2, 2), "heads": (2, 2, 2), "depths": (1, 1, 1)}


def totals(config: HEViTPoseConfig) -> tuple[float, float]:
    """Parameters in millions and MACs of convolutions and linear layers in G, as spec/hevitpose.md prints them."""
    cost = hevitpose_cost(config)
    return round(cost.params / 1e6, 3), round((cost.conv_macs + cost.linear_macs) / 1e9, 3)


# Published totals and the reconstruction's


@pytest.mark.parametrize(
    ("name", "params_m", "macs_g", "attention_g", "thop_g"),
    [
        ("t", 3.202, 1.744, 0.120, 2.91),
        ("s", 5.978, 3.638, 0.193, 4.93),
        ("b", 10.734, 5.567, 0.235, 7.08),
    ],
)
def test_totals_under_the_stated_convention_attention_apart(
    name: str, params_m: float, macs_g: float, attention_g: float, thop_g: float
) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    assert found.cost == hevitpose_cost(config)
    assert totals(config) == (params_m, macs_g)
    assert round(found.printed("E"), 3) == macs_g
    assert round(found.cost.attention / 1e9, 3) == attention_g
    assert round(found.printed("thop"), 2) == thop_g  # it counts deconvolutions at their output


@pytest.mark.parametrize(("name", "params_m", "macs_g"), [("t", 3.21, 1.75), ("s", 5.88, 3.64), ("b", 10.63, 5.58)])
def test_published_totals_are_met_within_two_percent(name: str, params_m: float, macs_g: float) -> None:
    own_params, own_macs = totals(PRESETS[name])
    assert own_params == pytest.approx(params_m, rel=0.02)
    assert own_macs == pytest.approx(macs_g, rel=0.004)


@pytest.mark.parametrize(
    ("name", "macs_g", "attention_g"), [("t", 1.308, 0.067), ("s", 2.729, 0.109), ("b", 4.175, 0.132)]
)
def test_macs_of_the_coco_crop(name: str, macs_g: float, attention_g: float) -> None:
    config = PRESETS[name].changed({"input_size": (256, 192)})
    assert totals(config)[1] == macs_g
    assert round(hevitpose_cost(config).attention / 1e9, 3) == attention_g


@pytest.mark.parametrize(
    ("side", "macs_g", "with_attention_g"),
    [(320, 8.70, 9.27), (480, 19.57, 22.47), (640, 34.79, 43.97), (800, 54.36, 76.76), (960, 78.28, 124.73)],
)
def test_macs_of_b_lie_on_the_published_curve_without_attention(
    side: int, macs_g: float, with_attention_g: float
) -> None:
    cost = hevitpose_cost(hevitpose_b().changed({"input_size": (side, side)}))
    assert round((cost.full - cost.attention) / 1e9, 2) == macs_g
    assert round(cost.full / 1e9, 2) == with_attention_g


def test_every_row_must_say_that_it_is_a_reconstruction() -> None:
    assert all("reconstruction" in source_of(f"hevitpose_{size}").note for size in "tsb")


# Overlap of patches (PEOW)


@pytest.mark.parametrize(
    ("overlap", "t", "s", "b"),
    [
        (0, (3.196, 1.718), (5.967, 3.593), (10.722, 5.515)),
        (1, (3.198, 1.726), (5.970, 3.605), (10.725, 5.529)),
        (2, (3.200, 1.734), (5.973, 3.620), (10.730, 5.546)),
        (3, (3.202, 1.744), (5.978, 3.638), (10.734, 5.567)),
        (4, (3.205, 1.756), (5.983, 3.659), (10.740, 5.590)),
        (5, (3.208, 1.770), (5.988, 3.682), (10.747, 5.617)),
        (6, (3.212, 1.784), (5.995, 3.708), (10.754, 5.647)),
        (7, (3.216, 1.801), (6.002, 3.737), (10.762, 5.680)),
    ],
)
def test_overlap_of_stage_1(overlap: int, t: Any, s: Any, b: Any) -> None:
    found = {name: totals(config.changed({"overlaps": (overlap, 1, 1)})) for name, config in PRESETS.items()}
    assert found == {"t": t, "s": s, "b": b}


@pytest.mark.parametrize(
    ("overlap", "t", "s", "b"),
    [
        (0, (3.038, 1.671), (5.624, 3.465), (10.120, 5.292)),
        (1, (3.202, 1.744), (5.978, 3.638), (10.734, 5.567)),
        (2, (3.432, 1.847), (6.472, 3.880), (11.595, 5.952)),
        (3, (3.727, 1.979), (7.108, 4.192), (12.701, 6.448)),
    ],
)
def test_overlap_of_stages_2_and_3(overlap: int, t: Any, s: Any, b: Any) -> None:
    found = {name: totals(config.changed({"overlaps": (3, overlap, overlap)})) for name, config in PRESETS.items()}
    assert found == {"t": t, "s": s, "b": b}


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("overlap", range(8))
@pytest.mark.parametrize("image", [Size(256, 256), Size(256, 192)], ids=str)
def test_any_overlap_gives_whole_maps(image: Size, overlap: int, stride: int) -> None:
    embedding = Embedding(3, 8, stride, overlap, sandwich_expansion=0).to("meta")
    out = embedding(torch.empty(1, 3, *image, device="meta"))
    assert embedding.proj.kernel_size == (stride + overlap, stride + overlap)
    assert out.shape == (1, 8, image.height // stride, image.width // stride)


# Sensitivity of the totals to the other fields


@pytest.mark.parametrize(
    ("changes", "t", "s", "b"),
    [
        ({"groups": (1, 1, 1)}, (4.775, 1.974), (9.543, 4.181), (16.788, 6.446)),
        ({"groups": (2, 2, 2)}, (3.727, 1.821), (7.166, 3.819), (12.752, 5.860)),
        ({"groups": (8, 8, 8), "heads": (2, 2, 2)}, (2.940, 1.706), (5.383, 3.548), (9.726, 5.420)),
        ({"reductions": (1, 1, 1)}, (2.829, 1.763), (5.083, 3.686), (9.305, 5.639)),
        ({"reductions": (4, 2, 1)}, (2.895, 1.752), (5.258, 3.654), (9.552, 5.595)),
        ({"reduction_conv": "depthwise"}, (2.844, 1.721), (5.108, 3.582), (9.336, 5.477)),
        ({"depths": (1, 2, 3)}, (3.093, 1.576), (5.646, 3.129), (10.302, 4.903)),
        ({"sandwich": False}, (2.899, 1.500), (5.358, 3.055), (9.601, 4.666)),
        ({"head_filters": (256, 256)}, (4.385, 2.659), (7.291, 4.586), (12.310, 6.582)),
    ],
    ids=str,
)
def test_what_each_field_costs(changes: dict[str, Any], t: Any, s: Any, b: Any) -> None:
    found = {name: totals(config.changed(changes)) for name, config in PRESETS.items()}
    assert found == {"t": t, "s": s, "b": b}


def test_the_alternative_with_a_wide_head() -> None:
    config = HEViTPoseConfig(widths=(32, 64, 160), depths=(1, 2, 3), groups=(2, 2, 2), head_filters=(256, 256))
    assert totals(config) == (3.199, 1.750)


@settings(max_examples=6, deadline=None)
@given(
    widths=st.tuples(*[st.sampled_from([16, 24, 32])] * 3),
    groups=st.tuples(*[st.sampled_from([1, 2, 4])] * 3),
    heads=st.tuples(*[st.sampled_from([1, 2])] * 3),
    depths=st.tuples(*[st.integers(1, 2)] * 3),
    reductions=st.sampled_from([(8, 4, 2), (4, 2, 1), (1, 1, 1), (2, 2, 2)]),
    reduction_conv=st.sampled_from(["full", "depthwise"]),
    overlaps=st.tuples(*[st.integers(0, 4)] * 3),
    expansion=st.integers(1, 3),
    sandwich=st.booleans(),
    keypoints=st.sampled_from(["mpii", "coco"]),
)
def test_closed_form_of_these_tables_equals_the_operators_for_any_config(**fields: Any) -> None:
    config = HEViTPoseConfig(input_size=Size(64, 96), head_filters=(8, 12), **fields)
    assert counted(config.build, config.input_size).cost == hevitpose_cost(config)


# How it is built


@pytest.mark.parametrize(
    ("keypoints", "input_size", "shape"),
    [
        ("mpii", (256, 256), (1, 16, 64, 64)),
        ("coco", (256, 192), (1, 17, 64, 48)),
        ("wholebody", (384, 288), (1, 133, 96, 72)),
    ],
)
def test_maps_are_a_quarter_of_the_crop(keypoints: Any, input_size: Any, shape: tuple[int, ...]) -> None:
    config = HEViTPoseConfig(keypoints=keypoints, input_size=input_size)
    images = torch.empty(1, 3, *config.input_size, device="meta")
    assert on_meta(config.build).eval()(images).shape == shape


@pytest.mark.parametrize("stage", [0, 1, 2])
@pytest.mark.parametrize("image", [Size(256, 256), Size(256, 192)], ids=str)
def test_every_stage_has_a_key_for_each_cell_of_stride_32(image: Size, stage: int) -> None:
    net = on_meta(HEViTPoseConfig(depths=(1, 1, 1)).build)
    attention = net.get_submodule(f"stages.{stage}.blocks.0.attn.groups.0")
    seen = []
    attention.get_submodule("k").register_forward_hook(lambda layer, args, out: seen.append(out.shape[1]))
    net.eval()(torch.empty(1, 3, *image, device="meta"))
    assert seen == [image.height // 32 * (image.width // 32)]


@pytest.mark.parametrize("perturbed", range(4))
def test_a_group_reaches_itself_and_the_later_groups_only(perturbed: int) -> None:
    attention = CascadedGroupAttention(16, 4, 2, 2, depthwise_reduction=False)
    before_B16HW = torch.randn(2, 16, 4, 6)
    after_B16HW = before_B16HW.clone()
    after_B16HW[:, 4 * perturbed : 4 * perturbed + 4] += torch.randn(2, 4, 4, 6)
    changes = (attention.cascade(after_B16HW) - attention.cascade(before_B16HW)).unflatten(1, (4, 4))
    reached = changes.abs().amax(dim=(0, 2, 3, 4))
    assert (reached[:perturbed] == 0).all()
    assert (reached[perturbed:] > 0).all()


@pytest.mark.parametrize("reduction", [1, 2])
def test_one_group_is_a_plain_reduced_attention_unit(reduction: int) -> None:
    attention = CascadedGroupAttention(8, 1, 2, reduction, depthwise_reduction=False)
    x_BCHW = torch.randn(2, 8, 4, 6)
    (group,) = attention.groups
    assert isinstance(group, ReducedAttention)
    torch.testing.assert_close(attention.cascade(x_BCHW), written_out(group, x_BCHW))


def written_out(group: ReducedAttention, x_BCHW: Tensor) -> Tensor:
    """spec/hevitpose.md §3, CGSR-MHA, steps 3 to 6, each head by itself."""
    z_BChw = group.sr(x_BCHW)
    y_BNC, z_BKC = x_BCHW.flatten(2).mT, z_BChw.flatten(2).mT
    q, k, v = group.q(group.norm_q(y_BNC)), group.k(group.norm_k(z_BKC)), group.v(group.norm_v(z_BKC))
    d = q.shape[-1] // group.heads
    per_head = []
    for start in range(0, q.shape[-1], d):
        one = slice(start, start + d)
        probabilities_BNK = (q[..., one] @ k[..., one].mT / d**0.5).softmax(-1)
        per_head.append(probabilities_BNK @ v[..., one])
    return group.norm_out(group.out(torch.cat(per_head, -1))).mT.unflatten(2, x_BCHW.shape[2:])


def test_no_reduction_has_no_parameters() -> None:
    names = {name for name, _ in on_meta(HEViTPoseConfig(reductions=(8, 4, 1)).build).named_parameters()}
    assert any(".sr." in name for name in names if name.startswith("stages.1"))
    assert not any(".sr." in name for name in names if name.startswith("stages.2"))


def test_every_weight_learns() -> None:
    net = HEViTPoseConfig(input_size=Size(64, 64), **SMALL).build()
    net(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None] == []


# What does not fit


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_size": (256, 250)}, "input_size: width 250 must be a multiple of 32; nearest: 224 or 256"),
        ({"reductions": (8, 4, 4)}, "input_size: height 224 must be a multiple of 64; nearest: 192 or 256"),
        ({"groups": (4, 3, 4)}, "stage 2 with width 128 cannot be cut in 3 groups"),
        ({"heads": (3, 2, 4)}, "stage 1 with a group's width 16 cannot be cut in 3 heads"),
        ({"overlaps": (-1, 1, 1)}, "greater than or equal to 0"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        HEViTPoseConfig(input_size=Size(224, 224)).changed(changes)
