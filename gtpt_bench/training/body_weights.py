"""Fill a network with the weights of a body model, as far as they fit. Config: init_from_body.py.

Source: spec/ablations.md §3.11: take the EMA entries, load non-strictly; part and dense tokens stay as they are.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import torch
from torch import Tensor, nn

from gtpt_bench.errors import WeightsError
from gtpt_bench.models.gtpt.official import from_official
from gtpt_bench.models.weights import read_safely, read_tensors
from gtpt_bench.training.checkpoint import FORMAT
from gtpt_bench.training.init_from_body import InitFromBody

NEEDED = "coarse."
"""The part that must fit whole: a trunk of another shape gives nothing worth starting from."""

logger = logging.getLogger(__name__)


def fill_from_body(model: nn.Module, source: InitFromBody) -> int:
    """Copy every tensor of the file whose name and shape the model has; how many they were.

    Raises:
        WeightsError: the file is unreadable or another one than its digest says, or the coarse encoder does not fit;
            nothing is copied then.
    """
    path = Path(source.weights)
    if source.sha256:
        check_digest(path, source.sha256)
    given, own = averaged_weights(path), model.state_dict()
    fitting = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
    lacking = [name for name in own if name.startswith(NEEDED) and name not in fitting]
    if lacking or not any(name.startswith(NEEDED) for name in fitting):
        found = f"{list(given[lacking[0]].shape)}" if lacking and lacking[0] in given else "nothing"
        needs = f"{lacking[0]} {list(own[lacking[0]].shape)}, found {found}" if lacking else f"tensors named {NEEDED}…"
        raise WeightsError(
            f"training.init_from_body: {path} does not fit the model's coarse encoder: "
            f"{len(lacking)} tensors differ, the first needs {needs}"
        )
    model.load_state_dict(fitting, strict=False)
    logger.info(
        "%s: %d of its %d tensors taken, %d of the model's stay",
        path,
        len(fitting),
        len(given),
        len(own) - len(fitting),
    )
    return len(fitting)


def averaged_weights(path: Path) -> dict[str, Tensor]:
    """The moving average in a checkpoint of this project or in an official file, under our names.

    Raises:
        WeightsError: unreadable, or neither of the two.
    """
    content = read_safely(path)
    if isinstance(content, dict) and content.get("format") == FORMAT:
        state = content.get("ema")
        if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
            raise WeightsError(f"{path} is an incomplete checkpoint: it lacks ema")
        return state
    return from_official(read_tensors(path), twin="ema", source=str(path))


def check_digest(path: Path, expected: str) -> None:
    """Refuse a file that is not the one with this SHA-256.

    Raises:
        WeightsError: missing, or another digest; says both.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"weight file {path} cannot be read: {error.strerror or error}") from error
    if found != expected:
        raise WeightsError(f"{path} has SHA-256 {found}, but training.init_from_body.sha256 is {expected}")
