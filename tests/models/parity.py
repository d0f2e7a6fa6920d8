"""Deterministic weights, input and targets of the parity numbers, and the project's own small copy of the answers.

`python -m tests.models.parity ../shared/parity` makes tests/models/fixtures/*.npz from the full files: every
logit a hundredth apart, kept tokens as places in the patch grid, losses, gradient norms, official key names.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtpt_bench.models import create_model, load_official_weights
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.kept import watch_kept_tokens

FIXTURES = Path(__file__).parent / "fixtures"
MODELS = {"gtpt_t_coco": "gtpt_t_human", "gtpt_b_coco": "gtpt_b_human", "gtpt_s_wholebody": "gtpt_s_wholebody"}
EVERY = 61
"""Logits that are kept: one in so many, over all persons, keypoints and bins."""


def official_state(keys: NDArray[np.str_], shapes: NDArray[np.str_], position: Tensor) -> dict[str, Tensor]:
    """A state dict under official names, each tensor drawn from its own name (parity/README.md)."""
    state = {}
    for key, shape in zip(map(str, keys), shapes, strict=True):
        size = tuple(int(length) for length in str(shape).split("x") if length)
        if key.endswith("pos_embedding"):
            state[key] = position
        elif key.endswith("mask"):
            state[key] = torch.zeros(size, dtype=torch.bool)
        elif key.endswith("num_batches_tracked"):
            state[key] = torch.zeros((), dtype=torch.int64)
        else:
            state[key] = torch.from_numpy(np.asarray(_filled(key, size), dtype=np.float32))
    return state


def _filled(key: str, size: tuple[int, ...]) -> NDArray[np.float64]:
    r = np.asarray(np.random.RandomState(zlib.crc32(key.encode())).standard_normal(size))
    if key.endswith("running_var"):
        return 1 + 0.1 * np.abs(r)
    if key.endswith("running_mean"):
        return 0.1 * r
    if key.endswith("bias"):
        return 0.05 * r
    if key.endswith("weight"):
        return 1 + 0.1 * r if len(size) == 1 else r * 1.5 / np.sqrt(np.prod(size[1:]))
    return r


def images() -> Tensor:
    """Two random pictures, `[2, 3, 256, 192]`."""
    return torch.from_numpy(np.random.RandomState(0).standard_normal((2, 3, 256, 192)).astype(np.float32))


def targets(num_keypoints: int) -> tuple[SimccLogits, Tensor]:
    """Random target distributions and weights, as the parity numbers were computed with."""
    random = np.random.RandomState(1)
    x, y = (_softmax(3 * random.standard_normal((2, num_keypoints, bins))) for bins in (384, 512))
    weights = random.rand(2, num_keypoints) > 0.2
    return SimccLogits(*(torch.from_numpy(t.astype(np.float32)) for t in (x, y))), torch.from_numpy(weights).float()


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values - values.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def sampled(values: NDArray[np.float32] | Tensor) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32).reshape(-1)[::EVERY]


def make_fixture(name: str, source: Path) -> None:
    """The small copy of one model's numbers; what was left out is checked against the full file while at it."""
    full = np.load(source / f"{MODELS[name]}.npz")
    listed = json.loads((source / f"{MODELS[name]}.json").read_text())
    made, weights = targets(full["pred_x"].shape[1])
    assert np.abs(made.x.numpy() - full["target_x"]).max() < 1e-6
    assert np.abs(made.y.numpy() - full["target_y"]).max() < 1e-6
    assert np.array_equal(weights.numpy(), full["target_weight"][..., 0])
    arrays = {
        "keys": np.asarray([key for key, _, _ in listed]),
        "shapes": np.asarray(["x".join(map(str, shape)) for _, shape, _ in listed]),
        "loss": full["loss"],
        "grad_norm_keys": full["grad_norm_keys"],
        "grad_norms": full["grad_norms"],
        **kept_in_grid(name, full, listed),
    }
    for key in ("pred_x", "pred_y", "train_pred_x", "train_entire_pred_x"):
        arrays[key], arrays[f"{key}_largest"] = sampled(full[key]), np.abs(full[key]).max()
    np.savez_compressed(FIXTURES / f"{name}.npz", **arrays)


def kept_in_grid(name: str, full: Any, listed: list[Any]) -> dict[str, NDArray[np.int64]]:
    """Kept tokens as places in the patch grid, sorted.

    The full file gives places in the sequence at hand, whose order is that of the official selection: best first,
    except at the split of the COCO models, where it is the order of `torch.topk(sorted=False)`. Our scores tell
    these orders; that the sets agree afterwards is left to the test.
    """
    model = create_model(name).eval()
    keys, shapes = (
        np.asarray(column) for column in zip(*[(k, "x".join(map(str, s))) for k, s, _ in listed], strict=True)
    )
    load_official_weights(model, official_state(keys, shapes, model.position.detach()))
    split_orders: list[Tensor] = []
    for cut in model.fine.split.cuts:
        cut.register_forward_hook(
            lambda module, args, out: split_orders.append(
                softmax_pool(args[0].image_logits).topk(args[1], sorted=False).indices
            )
        )
    with torch.no_grad(), watch_kept_tokens(model) as kept:
        model(images())
    coarse, num_groups = kept[0].grid_index, len(model.config.groups)
    at_split = [coarse.gather(1, order) for order in split_orders]
    if name.endswith("wholebody"):
        at_split = [k.grid_index for k in kept[1 : 1 + num_groups]]
        fine = [full[f"kept_{1 + group}"] for group in range(num_groups)]
        places = {}
    else:
        fine = [full["kept_2"][:, group] for group in range(num_groups)]
        places = {
            f"kept_split_{g}": coarse.gather(1, torch.tensor(full["kept_1"][:, g].astype(int)))
            for g in range(num_groups)
        }
    for group in range(num_groups):
        places[f"kept_fine_{group}"] = at_split[group].gather(1, torch.tensor(fine[group].astype(int)))
    return {"kept_coarse": full["kept_0"]} | {key: np.sort(value.numpy(), 1) for key, value in places.items()}


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for model in MODELS:
        make_fixture(model, Path(sys.argv[1]))
