"""Lite-HRNet: the authors' networks, by names, outputs and cost, and the fuse quirk their weights depend on."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from gtpt_bench.models.peers.litehrnet import LiteHRNetConfig, litehrnet_18, litehrnet_30
from gtpt_bench.models.peers.litehrnet_net import CrossResolutionWeighting, IterativeHead, fused, fused_as_released
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted_network
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {"litehrnet_18": litehrnet_18(), "litehrnet_30": litehrnet_30()}

# spec/baselines.md §1 and §6: params in M, full MACs in G as released and with each path once.
FIGURES = {"litehrnet_18": (1.131, 0.242, 0.1986), "litehrnet_30": (1.764, 0.386, 0.3095)}

SMALL = LiteHRNetConfig(modules=(1, 1, 1), width=16, input_size=Size(64, 64))


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(PRESETS[name].build(), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network_and_the_corrected_sum_gives_another() -> None:
    official = Official("litehrnet_18")
    theirs = official.outputs["out"]
    as_released = filled(litehrnet_18().build(), official.about["rule"])
    corrected = litehrnet_18().changed({"fuse": "corrected"}).build().eval()
    corrected.load_state_dict(as_released.state_dict())
    assert len(as_released.state_dict()) == 1418
    with torch.inference_mode():
        assert relative_difference(as_released(official.images()), theirs) < 1e-4
        assert relative_difference(corrected(official.images()), theirs) > 0.1


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    released, once = (PRESETS[name].changed({"fuse": fuse}) for fuse in ("as_released", "corrected"))
    params_m, executed_g, once_g = FIGURES[name]
    found = counted_network(released.build(), released.input_size)
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(executed_g, abs=1e-3)
    assert counted_network(once.build(), once.input_size).full_g == pytest.approx(once_g, abs=5e-5)


class Times(nn.Module):
    """A path that is easy to follow in a sum."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def paths_of_two(down: float, up: float) -> nn.ModuleList:
    """Paths by target, then source."""
    return nn.ModuleList([nn.ModuleList([nn.Identity(), Times(up)]), nn.ModuleList([Times(down), nn.Identity()])])


def test_the_corrected_sum_takes_every_path_once() -> None:
    maps = [torch.tensor(3.0), torch.tensor(5.0)]
    assert [float(x) for x in fused(paths_of_two(down=10, up=2), maps)] == [3 + 2 * 5, 10 * 3 + 5]


def test_the_released_sum_counts_the_finest_branch_twice_and_what_it_overwrote_it_with_twice() -> None:
    maps = [torch.tensor(3.0), torch.tensor(5.0)]
    overwritten = 2 * 3 + 2 * 5
    found = [float(x) for x in fused_as_released(paths_of_two(down=10, up=2), maps)]
    assert found == [overwritten, 2 * 10 * overwritten + 5]
    assert [float(x) for x in maps] == [3, 5], "the caller's maps are left alone"


def test_the_released_sum_goes_on_with_what_stands_before_the_relu() -> None:
    found = fused_as_released(paths_of_two(down=-1, up=1), [torch.tensor(-3.0), torch.tensor(1.0)])
    assert [float(x) for x in found] == [0, 2 * 5 + 1]


def test_all_branches_leave_the_last_module_because_the_head_reads_them() -> None:
    backbone = SMALL.build().eval().backbone
    finest = backbone.head_layer([torch.zeros(1, 16 * 2**k, 16 >> k, 16 >> k) for k in range(4)])
    changed = backbone.head_layer([torch.full((1, 16 * 2**k, 16 >> k, 16 >> k), float(k == 3)) for k in range(4)])
    assert len(backbone.stage2[-1].fuse_layers) == 4
    assert not torch.equal(finest, changed)


def test_the_head_widens_coarse_maps_from_corner_to_corner() -> None:
    head = IterativeHead([2, 2]).eval()
    head.projects = nn.ModuleList([nn.Identity(), nn.Identity()])
    coarse, fine = torch.tensor([[0.0, 3.0]]).expand(1, 2, 1, 2), torch.zeros(1, 2, 1, 4)
    torch.testing.assert_close(head([fine, coarse])[0, 0, 0], torch.tensor([0.0, 1.0, 2.0, 3.0]))


def test_weights_across_resolutions_are_shared_by_the_cells_under_one_of_the_coarsest() -> None:
    torch.manual_seed(0)
    weigh = CrossResolutionWeighting([8, 16]).eval()
    fine, coarse = weigh([torch.ones(1, 8, 4, 4), torch.randn(1, 16, 2, 2)])
    assert coarse.shape == (1, 16, 2, 2)
    blocks = fine.unflatten(2, (2, 2)).unflatten(4, (2, 2))
    torch.testing.assert_close(blocks, blocks[:, :, :, :1, :, :1].expand_as(blocks))
    assert ((fine > 0) & (fine < 1)).all()


def test_sizes_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(ValidationError, match="width 100 must be a multiple of 32; nearest: 96 or 128"):
        LiteHRNetConfig(input_size=Size(128, 100))
    with pytest.raises(ValidationError, match="multiple of 2"):
        LiteHRNetConfig(width=41)


def test_any_input_and_any_keypoints_give_maps_at_a_quarter_and_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = SMALL.changed({"keypoints": "mpii", "input_size": [64, 96]}).build()
    maps = network(torch.randn(2, 3, 64, 96))
    (maps - 1).square().mean().backward()
    assert maps.shape == (2, 16, 16, 24)
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
