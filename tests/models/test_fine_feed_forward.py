"""Regularisation and width of the fine layers' feed-forward net (ablations.md §3.9)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from gtpt_bench.models.gtpt.fine_layers import FineLayers
from gtpt_bench.models.gtpt.fine_layers.layer_net import FineLayer, drop_path
from gtpt_bench.models.gtpt.tokens import GroupTokens
from tests.models.small import BODY, built, pictures, shapes

GROUPS = (GroupTokens(1, 0, 1), GroupTokens(1, 0, 1))
MANY = 20_000


def fine_layer(**switches: float) -> Any:
    torch.manual_seed(0)
    return FineLayer(8, 2, 16, 2, FineLayers.model_validate(switches)).double()


def one_image_many_times() -> Tensor:
    image = torch.randn(1, 4, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return image.expand(MANY, -1, -1)


@pytest.mark.parametrize("switch", ["ffn_dropout", "ffn_drop_path"])
def test_regularisation_has_no_effect_in_evaluation(switch: str) -> None:
    with torch.no_grad():
        plain, regular = (built(BODY, {f"fine_layers.{switch}": rate})(pictures(BODY)).x for rate in (0.0, 0.5))
    assert torch.equal(plain, regular)


@pytest.mark.parametrize("switch", ["ffn_dropout", "ffn_drop_path"])
def test_regularisation_leaves_the_mean_as_it_is(switch: str) -> None:
    x, layer = one_image_many_times(), fine_layer(**{switch: 0.1})
    with torch.no_grad():
        expected = layer.eval().fed_forward(x[:1], GROUPS)[0]
        drawn = layer.train().fed_forward(x, GROUPS)
    assert (drawn - expected).abs().max() > 0.01
    standard_error = drawn.std(0) / MANY**0.5
    assert ((drawn.mean(0) - expected).abs() < 5 * standard_error).all()


def test_dropout_strikes_single_values_after_the_activation_and_after_the_second_linear_layer() -> None:
    x, layer = one_image_many_times(), fine_layer(ffn_dropout=0.1).train()
    with torch.no_grad():
        branch = layer.feed_forward(x, [2, 2])
        assert (branch == 0).double().mean().item() == pytest.approx(0.1, abs=0.003)
        kept = branch[:, 0, 0][branch[:, 0, 0] != 0]
    assert len(kept.round(decimals=9).unique()) > 100  # which of 16 hidden values were dropped makes a difference


def test_drop_path_skips_the_whole_branch_of_an_image_and_enlarges_the_others() -> None:
    torch.manual_seed(0)
    drawn = drop_path(torch.ones(MANY, 4, 8), 0.1)
    assert torch.equal(drawn, drawn[:, :1, :1].expand_as(drawn))
    torch.testing.assert_close(drawn.unique(), torch.tensor([0.0, 1 / 0.9]))
    assert (drawn[:, 0, 0] == 0).double().mean().item() == pytest.approx(0.1, abs=0.01)


def test_drop_path_spares_the_residual() -> None:
    x, layer = one_image_many_times()[:200], fine_layer(ffn_drop_path=0.5)
    with torch.no_grad():
        branch = layer.eval().fed_forward(x, GROUPS) - x
        drawn = layer.train().fed_forward(x, GROUPS)
    skipped = (drawn == x).all(2).all(1)
    assert 60 < int(skipped.sum()) < 140
    torch.testing.assert_close(drawn[~skipped], (x + 2 * branch)[~skipped])


def test_regularisation_stays_out_of_attention_and_of_plain_layers() -> None:
    switches = {"fine_layers.ffn_dropout": 0.5, "fine_layers.ffn_drop_path": 0.5}
    model = built(BODY, switches).train()
    x = torch.randn(1, 65, 16, dtype=torch.float64)
    for layer in model.coarse.layers:
        assert torch.equal(layer.fed_forward(x), layer.fed_forward(x))
    attention, groups = model.fine.layers[0].attention, model.schedule.split
    tokens = torch.randn(1, sum(group.queries for group in groups), 16, dtype=torch.float64)
    assert torch.equal(attention(tokens, groups), attention(tokens, groups))


def test_the_fine_ffn_ratio_changes_fine_layers_only() -> None:
    usual, wide = shapes(built(BODY)), shapes(built(BODY, {"fine_layers.ffn_ratio": 3}))
    changed = {name: wide[name] for name in usual if usual[name] != wide[name]}
    hidden = {"feed_forward.0.weight": (48, 16), "feed_forward.0.bias": (48,), "feed_forward.2.weight": (16, 48)}
    assert changed == {f"fine.layers.{k}.{name}": shape for k in (0, 1) for name, shape in hidden.items()}
