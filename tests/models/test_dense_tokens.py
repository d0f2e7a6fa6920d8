"""How dense tokens are made of part tokens and what was learned for them (ablations.md §3.3, `dense_token_init`)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.introduction.dense_tokens import Learned, PartAdd, PartScale, PartSigmoidScale
from gtpt_bench.models.gtpt.introduction.dense_tokens_net import DenseTokenNet
from tests.models.small import WHOLE_BODY, Recorded, built, pictures, shapes

DENSE = {"body_tokens": (1, 17, 16), "dense_tokens.embedding": (1, 116, 16)}
PART = {"part_tokens": (1, 5, 16)}
HUMAN = {"human_token": (1, 1, 16)}
SCALE = {"dense_tokens.scale": (116, 16)}


@pytest.mark.parametrize(
    ("kind", "dense_tokens", "expected"),
    [
        ("human_sparse_dense", "part_add", DENSE | PART | HUMAN),
        ("human_sparse_dense", "learned", DENSE | HUMAN),
        ("sparse_dense", "part_add", DENSE | PART),
        ("sparse_dense", "learned", DENSE),
        ("sparse_dense", "part_scale", DENSE | PART | SCALE),
        ("sparse_dense", "part_sigmoid_scale", DENSE | PART | SCALE),
        ("all_at_start", None, {"body_tokens": (1, 17, 16), "dense_tokens": (1, 116, 16)}),
    ],
)
def test_learnable_tokens_of_the_whole_body(kind: str, dense_tokens: str | None, expected: dict[str, Any]) -> None:
    introduction = {"kind": kind} | ({"dense_tokens": {"kind": dense_tokens}} if dense_tokens else {})
    assert shapes(built(WHOLE_BODY, {"introduction": introduction}).tokens) == expected


GENERATOR = torch.Generator().manual_seed(0)
EMBEDDING = torch.randn(1, 3, 4, dtype=torch.float64, generator=GENERATOR)
PART_TOKENS = torch.randn(2, 2, 4, dtype=torch.float64, generator=GENERATOR)
GAMMA = torch.randn(3, 4, dtype=torch.float64, generator=GENERATOR)
GROWN = PART_TOKENS[:, [0, 0, 1]]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Learned(), EMBEDDING.expand(2, -1, -1)),
        (PartAdd(), EMBEDDING + GROWN),
        (PartScale(), EMBEDDING + GAMMA * GROWN),
        (PartSigmoidScale(), EMBEDDING + GAMMA.sigmoid() * GROWN),
    ],
)
def test_a_dense_token_is_its_embedding_plus_its_share_of_the_part_token(config: Any, expected: Tensor) -> None:
    net = DenseTokenNet(config, part_sizes=(2, 1), width=4).double()
    with torch.no_grad():
        net.embedding.copy_(EMBEDDING)
        if net.scale is not None:
            assert set(net.scale.flatten().tolist()) == {config.scale_start} <= {0.0, 1.0}
            net.scale.copy_(GAMMA)
    torch.testing.assert_close(net(PART_TOKENS), expected)


@pytest.mark.parametrize(("kind", "start", "slope"), [("part_scale", 1.0, 1.0), ("part_sigmoid_scale", 0.0, 0.25)])
def test_the_scale_starts_where_the_authors_start_it_and_learns(kind: str, start: float, slope: float) -> None:
    model = built(WHOLE_BODY, {"introduction.dense_tokens": {"kind": kind}})
    dense = model.tokens.dense_tokens
    assert (dense.scale == start).all()
    parts = torch.randn(1, 5, 16).double()
    dense(parts).sum().backward()  # the derivative by γ is the part token, times σ' = 1/4 for the sigmoid at 0
    torch.testing.assert_close(dense.scale.grad[:68], slope * parts[0, :1].expand(68, -1))
    dense.scale.grad = None
    model.train()(pictures(WHOLE_BODY)).pruned.x.square().sum().backward()
    assert (dense.scale.grad.abs().amax(-1) > 0).all()


def test_dense_tokens_grow_at_the_split_out_of_part_tokens_as_the_coarse_layers_left_them() -> None:
    model = built(WHOLE_BODY)
    recorded = Recorded(model, model.coarse, model.fine.split)
    parts, x = model.coarse.end(recorded.outputs[model.coarse]).keypoints[:, :5], recorded.outputs[model.fine.split].x
    embedding = model.tokens.dense_tokens.embedding.detach()
    torch.testing.assert_close(x[:, 5 : 5 + 68], parts[:, :1] + embedding[:, :68])  # the face, behind five joints
    second = 5 + 100 + 6
    torch.testing.assert_close(x[:, second : second + 21], parts[:, 1:2] + embedding[:, 68:89])  # the left hand


@pytest.mark.parametrize(
    ("kind", "extra"),
    [("part_add", 0), ("learned", -5 * 192), ("part_scale", 116 * 192), ("part_sigmoid_scale", 116 * 192)],
)
def test_parameters_at_full_size(kind: str, extra: int) -> None:
    """Part tokens are 5, dense tokens 116, each of 192 channels; 5,502,240 as released (gtpt.md §13)."""
    config = model_config("gtpt_s_wholebody", {"introduction.dense_tokens": {"kind": kind}})
    assert gtpt_cost(config).params == 5_502_240 + extra
