"""The inference form gives what the trained network gives, whatever is switched, and runs without host syncs."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn
from torch._dynamo.testing import CompileCounter

from gtpt_bench.errors import InputError
from gtpt_bench.models import create_model, list_models
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.deploy.linear import PackedLinear
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.models.gtpt.stages import stage_of
from tests.models.small_gtpt import pictures, small_gtpt
from tests.models.spiced import spiced

MAPPED = {"input_size": (128, 96), "patch_size": (4, 3)}
AXES = [
    {},
    *({"tokenizer": t} | MAPPED for t in ("shuffle", "u_shuffle", "hrnet", "resnet", "convnext_v2", "convnext_bn")),
    {"tokenizer": "pyramid", "input_size": (128, 96), "patch_size": (1, 1)},
    *({"grouping": g} for g in ("off", "one")),
    *({"fine_layers.weights": w} for w in ("ffn", "attn_ffn", "ffn_residual")),
    *({"fine_layers.exchange": e} for e in ("isolated", "full")),
    *({"pruning.score": s} for s in ("attention_mean", "attention_max", "human", "feature_norm", "oracle")),
    *({"pruning.dropped": d} for d in ("fused", "merged")),
    *({"head": h} for h in ("split", "two_head")),
    {"channel_gate": "off"},
    {"split_point": "inside_first_fine_layer"},
    {"introduction": "human_sparse_keep_human"},
]


def largest_difference(one: SimccLogits, other: SimccLogits) -> float:
    """Of the largest logit."""
    return max(float((a - b).abs().max() / a.abs().max()) for a, b in zip(one, other, strict=True))


def arguments(model: GTPT, batch: int) -> tuple[object, ...]:
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(batch, 3, *model.config.input_size, generator=generator)
    if not model.config.pruning.score.needs_truth:
        return (images,)
    points = 40 * torch.rand(batch, 17, 2, generator=generator)
    return images, Truth(points, torch.ones(batch, 17, dtype=torch.bool))


@pytest.mark.parametrize("changes", AXES, ids=lambda changes: " ".join(map(str, changes.values())) or "plain")
@torch.no_grad()
def test_every_axis_has_an_inference_form_with_the_same_outputs(changes):
    model = spiced(small_gtpt(**changes))
    deployed = model.deploy()
    given = arguments(model, batch=11)
    assert largest_difference(model(*given), deployed(*given)) < 1e-4


@pytest.mark.parametrize("name", [name for name in list_models() if name.startswith("gtpt") and "tiny" not in name])
@torch.no_grad()
def test_released_models_agree_to_rounding(name):
    torch.manual_seed(0)
    model = spiced(create_model(name)).eval()
    images = torch.randn(3, 3, 256, 192, generator=torch.Generator().manual_seed(3))
    assert largest_difference(model(images), model.deploy()(images)) < 1e-4


@torch.no_grad()
def test_keep_rates_can_be_given_with_the_images():
    model = spiced(small_gtpt())
    rates = (1, 0.9, 0.6, 0.4)
    assert largest_difference(model(pictures(), keep_rates=rates), model.deploy()(pictures(), keep_rates=rates)) < 1e-4


@torch.no_grad()
def test_the_trained_network_is_left_alone_and_deployed_in_training_mode_too():
    model = spiced(small_gtpt()).train()
    before = copy.deepcopy(model.state_dict())
    state = torch.random.get_rng_state()
    deployed = model.deploy()
    assert model.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert largest_difference(model.eval()(pictures()), deployed(pictures())) < 1e-4


def test_nothing_of_it_is_trainable_and_no_norm_of_a_convolution_is_left():
    deployed = small_gtpt(tokenizer="u_shuffle", **MAPPED).deploy()
    assert not any(parameter.requires_grad for parameter in deployed.parameters())
    assert not any(isinstance(module, nn.BatchNorm2d | nn.Linear) for module in deployed.modules())
    with pytest.raises(InputError, match="for inference"):
        deployed.train()


def test_its_modules_belong_to_the_same_stages():
    model = small_gtpt()
    deployed = model.deploy()
    stages = [{stage_of(m.config, path) for path, _ in m.named_modules()} for m in (model, deployed)]
    assert stages[0] == stages[1]


def test_images_of_another_size_are_refused_as_before():
    with pytest.raises(InputError, match="takes images"):
        small_gtpt().deploy()(torch.zeros(1, 3, 32, 32))


@torch.no_grad()
def test_a_copy_or_a_pickle_works_like_the_original():
    deployed = spiced(small_gtpt()).deploy()
    expected = deployed(pictures())
    for twin in (copy.deepcopy(deployed), pickle.loads(pickle.dumps(deployed))):
        assert largest_difference(expected, twin(pictures())) == 0


@torch.no_grad()
def test_weights_changed_by_a_conversion_are_packed_anew():
    deployed = spiced(small_gtpt()).deploy()
    in_double = deployed.double()(pictures().double())
    assert largest_difference(in_double, SimccLogits(*(t.double() for t in deployed.float()(pictures())))) < 1e-4


@torch.no_grad()
def test_weights_filled_in_later_are_packed_anew():
    one, other = spiced(small_gtpt()).deploy(), small_gtpt().deploy()
    assert largest_difference(one(pictures()), other(pictures())) > 1e-2
    other.load_state_dict(one.state_dict())
    assert largest_difference(one(pictures()), other(pictures())) == 0


@torch.no_grad()
def test_nothing_waits_for_the_device():
    """On the meta device there are no values, so whatever asks for one fails."""
    logits = small_gtpt(tokenizer="u_shuffle", **MAPPED).deploy().to("meta")(torch.empty(20, 3, 128, 96, device="meta"))
    assert logits.x.shape == (20, 17, 192)


@pytest.mark.long
@torch.no_grad()
def test_compiles_to_one_graph_a_schedule_and_never_again():
    torch._dynamo.reset()
    deployed, graphs = spiced(small_gtpt()).deploy(), CompileCounter()
    compiled = torch.compile(deployed, backend=graphs, fullgraph=True)
    for rates in (None, (1, 0.9, 0.5, 0.3), None, (1, 0.9, 0.5, 0.3), None):
        assert largest_difference(deployed(pictures(), keep_rates=rates), compiled(pictures(), keep_rates=rates)) < 1e-5
    assert graphs.frame_count == 2


@torch.no_grad()
def test_a_linear_layer_without_one_dnn_is_an_ordinary_one(monkeypatch):
    layer = PackedLinear(nn.Linear(8, 5), "gelu")
    x = torch.randn(3, 4, 8)
    packed = layer(x)
    monkeypatch.setattr("gtpt_bench.models.deploy.linear._HAS_ONE_DNN_LINEAR", False)
    assert torch.allclose(packed, layer(x), atol=1e-6)
    assert torch.allclose(packed, nn.functional.gelu(nn.functional.linear(x, layer.weight, layer.bias)), atol=1e-6)
