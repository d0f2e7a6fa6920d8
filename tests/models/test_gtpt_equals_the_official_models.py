"""The network against numbers of the official models under deterministic weights (fixtures; see parity.py)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtpt_bench.models import create_model, load_official_weights
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.official import our_key
from gtpt_bench.training.losses import global_perceived_loss
from tests.models import parity

SHARED = Path(__file__).parents[2].parent / "shared" / "parity"

pytestmark = pytest.mark.parametrize("name", parity.MODELS)


@cache
def expected(name: str) -> Any:
    return np.load(parity.FIXTURES / f"{name}.npz")


def loaded(name: str, twin: str) -> Any:
    model = create_model(name)
    state = parity.official_state(expected(name)["keys"], expected(name)["shapes"], model.position.detach())
    load_official_weights(model, state, twin=twin)  # type: ignore[arg-type]
    return model


def assert_close(name: str, key: str, values: torch.Tensor) -> None:
    largest = expected(name)[f"{key}_largest"]
    assert np.abs(parity.sampled(values.detach()) - expected(name)[key]).max() < 1e-4 * largest


def test_evaluation_logits(name: str) -> None:
    with torch.no_grad():
        logits = loaded(name, "ema").eval()(parity.images())
    assert_close(name, "pred_x", logits.x)
    assert_close(name, "pred_y", logits.y)


def test_kept_tokens(name: str) -> None:
    model = loaded(name, "ema").eval()
    with torch.no_grad(), watch_kept_tokens(model) as kept:
        model(parity.images())
    coarse, split, fine = kept[0], kept[1:4], kept[4:]
    assert (coarse.layer, coarse.group, coarse.at_split) == (3, None, False)
    assert all(k.at_split and k.layer == 6 for k in split)
    assert all(not k.at_split and k.layer == 9 for k in fine)
    found = {"kept_coarse": coarse}
    found |= {f"kept_split_{k.group}": k for k in split} | {f"kept_fine_{k.group}": k for k in fine}
    compared = [key for key in expected(name).files if key.startswith("kept_")]
    assert len(compared) in (4, 7)  # the whole-body file does not tell what the split keeps
    for key in compared:
        np.testing.assert_array_equal(np.sort(found[key].grid_index.numpy(), axis=1), expected(name)[key])


def test_training_logits_loss_and_gradients(name: str) -> None:
    model = loaded(name, "online").train()
    logits = model(parity.images())
    assert_close(name, "train_pred_x", logits.pruned.x[:1])
    assert_close(name, "train_entire_pred_x", logits.full.x[:1])
    targets, weights = parity.targets(len(model.config.keypoint_set))
    loss = global_perceived_loss(logits, targets, weights)
    assert float(loss.detach()) == pytest.approx(float(expected(name)["loss"]), rel=1e-5)
    loss.backward()
    assert_gradient_norms(name, dict(model.named_parameters()))


def assert_gradient_norms(name: str, parameters: dict[str, torch.nn.Parameter]) -> None:
    norms = dict(zip(map(str, expected(name)["grad_norm_keys"]), expected(name)["grad_norms"], strict=True))
    trained = {key for key, parameter in parameters.items() if parameter.requires_grad}
    assert {our_key(key) for key in norms} == trained
    largest = max(norms.values())
    for key, norm in norms.items():
        own = float(parameters[our_key(key) or ""].grad.norm())  # type: ignore[union-attr]
        assert abs(own - norm) <= max(1e-3 * max(own, norm), 1e-4 * largest), key


def test_complete_logits_where_the_full_files_are_at_hand(name: str) -> None:
    path = SHARED / f"{parity.MODELS[name]}.npz"
    if not path.exists():
        pytest.skip("../shared/parity is not here; the fixtures hold one logit in 61")
    full = np.load(path)
    keys = [key for key, _, _ in json.loads(path.with_suffix(".json").read_text())]
    assert keys == list(map(str, expected(name)["keys"]))
    with torch.no_grad():
        logits = loaded(name, "ema").eval()(parity.images())
    for own, official in ((logits.x, full["pred_x"]), (logits.y, full["pred_y"])):
        assert np.abs(own.numpy() - official).max() < 1e-4 * np.abs(official).max()
