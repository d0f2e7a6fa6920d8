"""A model starts as its config says: the authors' way by default, further apart in the tiny models."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.models.catalogue import model_config
from gtpt_bench.models.gtpt.model import GTPT


def started(**initialisation: float) -> GTPT:
    torch.manual_seed(0)
    return GTPT(model_config("gtpt_t_coco", {f"initialisation.{key}": v for key, v in initialisation.items()}))


def test_tokens_have_the_authors_spread_by_default() -> None:
    assert float(started().tokens.body_tokens.std().detach()) == pytest.approx(0.02, rel=0.1)


def test_tokens_take_the_configured_spread() -> None:
    assert float(started(token_std=0.5).tokens.body_tokens.std().detach()) == pytest.approx(0.5, rel=0.1)


def test_gain_scales_queries_and_keys_but_not_values() -> None:
    plain, scaled = (
        model.coarse.layers[0].attention.qkv.weight.detach() for model in (started(), started(query_key_gain=3.0))
    )
    width = plain.shape[1]
    assert torch.allclose(scaled[: 2 * width], 3 * plain[: 2 * width])
    assert torch.equal(scaled[2 * width :], plain[2 * width :])


def test_convolutions_of_the_released_tokenizers_start_small() -> None:
    first = started().tokenizer.features.first[0].weight
    assert float(first.std().detach()) == pytest.approx(0.001, rel=0.1)
