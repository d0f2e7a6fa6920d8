"""Loading weights: strict, safe, and clear about what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from gtpt_bench.errors import WeightsError
from gtpt_bench.models import create_model, load_official_weights
from gtpt_bench.models.weights import read_tensors
from tests.models import parity
from tests.models.test_gtpt_equals_the_official_models import expected


def official(**changes: Tensor | None) -> dict[str, Tensor]:
    """A released state dict of GTPT-T with single entries replaced, or left out if None."""
    numbers = expected("gtpt_t_coco")
    state = parity.official_state(numbers["keys"], numbers["shapes"], torch.zeros(1, 256, 128))
    state |= {key: value for key, value in changes.items() if value is not None}
    return {key: value for key, value in state.items() if key not in changes or changes[key] is not None}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_as_released_load(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    state = {key: value.clone() for key, value in official().items()}
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    model = create_model("gtpt_t_coco")
    load_official_weights(model, path)
    assert torch.equal(model.tokens.human_token, state["ema_features.human_token"])
    load_official_weights(model, path, twin="online")
    assert torch.equal(model.tokens.human_token, state["features.human_token"])


def test_training_checkpoints_with_prefix_load(tmp_path: Path) -> None:
    state = {f"module.{key}": value for key, value in official().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "checkpoint.pth")
    load_official_weights(create_model("gtpt_t_coco"), tmp_path / "checkpoint.pth")


def test_masks_and_counters_may_be_absent() -> None:
    state = {k: v for k, v in official().items() if not k.endswith(("mask", "num_batches_tracked"))}
    load_official_weights(create_model("gtpt_t_coco"), state)


def test_missing_and_unexpected_keys_and_shapes_are_named() -> None:
    model = create_model("gtpt_t_coco")
    with pytest.raises(WeightsError, match=r"missing: tokens\.human_token"):
        load_official_weights(model, official(**{"ema_features.human_token": None}))
    with pytest.raises(WeightsError, match=r"unexpected: ema_features\.stranger"):
        load_official_weights(model, official(**{"ema_features.stranger": torch.zeros(1)}))
    with pytest.raises(WeightsError, match=r"other shape: .*\[1, 1, 64\] instead of \[1, 1, 128\]"):
        load_official_weights(model, official(**{"ema_features.human_token": torch.zeros(1, 1, 64)}))


def test_weights_of_another_model_are_refused_and_change_nothing() -> None:
    model = create_model("gtpt_s_coco")
    before = model.tokens.human_token.clone()
    with pytest.raises(WeightsError, match="does not fit the model"):
        load_official_weights(model, official())
    assert torch.equal(model.tokens.human_token, before)


def test_a_file_without_the_wanted_twin_says_so() -> None:
    online = {key: value for key, value in official().items() if not key.startswith("ema_")}
    with pytest.raises(WeightsError, match="no ema weights"):
        load_official_weights(create_model("gtpt_t_coco"), online)


def test_what_a_gtpt_here_saved_loads_again(tmp_path: Path) -> None:
    saved, model = create_model("gtpt_t_coco"), create_model("gtpt_t_coco")
    torch.save(saved.state_dict(), tmp_path / "own.pth")
    load_official_weights(model, tmp_path / "own.pth")
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in saved.state_dict().items())
    part = {key: value for key, value in saved.state_dict().items() if key != "position"}
    with pytest.raises(WeightsError, match=r"does not fit the model; missing: position$"):
        load_official_weights(model, part)


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        ("gtpt_t_coco", "tokenpose_s_v1", "its names look like those of tokenpose_s_v1 \\(tokenpose\\)$"),
        ("ppt_s", "gtpt_t_coco", "its names look like those of gtpt_t_coco \\(gtpt\\)$"),
    ],
)
def test_names_of_another_family_are_told(model: str, given: str, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        load_official_weights(create_model(model), create_model(given).state_dict())


def test_released_and_unknown_names_are_told() -> None:
    with pytest.raises(WeightsError, match=r"its names are those of a released GTPT$"):
        load_official_weights(create_model("ppt_s"), official())
    with pytest.raises(WeightsError, match=r"its names are those of no model here$"):
        load_official_weights(create_model("gtpt_t_coco"), {"stranger": torch.zeros(1)})


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/gtpt_bench_was_here",)


def test_pickles_that_would_run_code_are_refused(tmp_path: Path) -> None:
    torch.save({"features.human_token": _Evil()}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match="needs code to be run"):
        load_official_weights(create_model("gtpt_t_coco"), tmp_path / "evil.pth")
    assert not Path("/tmp/gtpt_bench_was_here").exists()


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "not a readable"), (b"not torch", "not a readable"), (None, "does not exist")]
)
def test_broken_and_missing_files_are_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "weights.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        load_official_weights(create_model("gtpt_t_coco"), path)


def test_one_flipped_bit_among_the_weights_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"features.weight": torch.full((10,), 2.0)}, path)
    content = bytearray(path.read_bytes())
    content[content.index(torch.full((10,), 2.0).numpy().tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="its bytes are not those that were written"):
        read_tensors(path)


@pytest.mark.parametrize("form", ["plain pickle", "archive without checksums"])
def test_files_without_checksums_load(tmp_path: Path, form: str) -> None:
    path = tmp_path / "weights.pth"
    had = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"features.weight": torch.ones(3)}, path, _use_new_zipfile_serialization=form != "plain pickle")
    finally:
        torch.serialization.set_crc32_options(had)
    assert torch.equal(read_tensors(path)["features.weight"], torch.ones(3))
