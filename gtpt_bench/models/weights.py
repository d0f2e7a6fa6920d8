"""Reading weight files safely and filling networks strictly: tensors only, nothing missing, nothing left over."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gtpt_bench.errors import WeightsError

NOT_LEARNED = "num_batches_tracked"
"""Integer BatchNorm counters: the only entries that a weight file may lack."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """State dict of a `.pth`, `.pt` or `.safetensors` file, on the CPU.

    A dictionary under `state_dict` (a training checkpoint) is unwrapped, and a `module.` prefix of data-parallel
    training is dropped.

    Raises:
        WeightsError: the file is missing, broken, not a state dict, or a pickle that would run code.
    """
    content = read_safely(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not content:
        raise WeightsError(f"{path} holds no state dict (a dictionary from names to tensors)")
    strangers = [str(key) for key, value in content.items() if not isinstance(value, Tensor)]
    if strangers:
        raise WeightsError(f"{path} holds no state dict: not a tensor: {_some(strangers)}")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def read_safely(path: Path) -> Any:
    """Content of a weight file without ever running code from it.

    Raises:
        WeightsError: as in `read_tensors`, or its bytes are not those that were written.
    """
    if not path.is_file():
        raise WeightsError(f"weight file {path} {'is a folder' if path.is_dir() else 'does not exist'}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        _check_bytes(path)
        return content
    except WeightsError:
        raise
    except pickle.UnpicklingError as error:
        if "unsupported global" in str(error).lower():  # a name outside torch's list of harmless ones
            raise WeightsError(
                f"{path} needs code to be run when it is opened and is refused; save only tensors in it"
            ) from error
        raise WeightsError(
            f"{path} is not a readable weight file: it is neither a zip archive nor a plain pickle"
        ) from error
    except Exception as error:  # torch.load and safetensors raise many kinds for a broken file
        raise WeightsError(f"{path} is not a readable weight file: {_first_line(error)}") from error


def _check_bytes(path: Path) -> None:
    """Compare an archive with its checksums, which PyTorch writes and does not look at.

    A plain pickle has none, and in an archive that was saved without them all are 0.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        has_checksums = any(entry.CRC for entry in archive.infolist())
        damaged = archive.testzip() if has_checksums else None
    if damaged is not None:
        raise WeightsError(f"{path} is damaged: its bytes are not those that were written")


def fill_strictly(model: nn.Module, state: Mapping[str, Tensor], *, source: str) -> None:
    """Copy tensors into the model's parameters and buffers of the same name.

    Raises:
        WeightsError: names missing or left over, or other shapes; nothing is copied then.
    """
    own = model.state_dict()
    missing = [key for key in own if key not in state and not key.endswith(NOT_LEARNED)]
    unexpected = [key for key in state if key not in own]
    shapes = [
        f"{key} {list(state[key].shape)} instead of {list(own[key].shape)}"
        for key in own
        if key in state and own[key].shape != state[key].shape
    ]
    problems = [
        f"{title}: {_some(names)}"
        for title, names in (("missing", missing), ("unexpected", unexpected), ("other shape", shapes))
        if names
    ]
    if problems:
        raise WeightsError(f"{source} does not fit the model; " + "; ".join(problems))
    model.load_state_dict(dict(state), strict=False)


def _some(names: list[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
