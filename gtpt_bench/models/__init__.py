"""Models by name.

    from gtpt_bench.models import create_model, list_models, load_official_weights

    model = create_model("gtpt_s_coco", pruning={"keep_rates": (1, 0.7, 0.3, 0.1)})
    load_official_weights(model, "gtpt_s_coco.pth")

Importing this package does not import torch; building a network does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from gtpt_bench.errors import InputError, WeightsError
from gtpt_bench.models.catalogue import ModelConfig, list_models, model_config
from gtpt_bench.models.gtpt.config import GTPTConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gtpt_bench.models.gtpt.model import GTPT

__all__ = [
    "ModelConfig",
    "build_model",
    "create_model",
    "empty_model",
    "list_models",
    "load_official_weights",
    "model_config",
]


def create_model(name: str, **changes: Any) -> Any:
    """A network by name, freshly initialised, in training mode; keyword arguments change its parts.

    Args:
        changes: a part's name and its new value; a mapping is merged into the part:
            `create_model("gtpt_s_coco", pruning={"keep_rates": (1, 0.7, 0.3, 0.1)})`.

    Raises:
        InputError: unknown name.
        pydantic.ValidationError: the change names no part, or its value is not allowed.
    """
    return build_model(model_config(name, changes))


@overload
def build_model(config: GTPTConfig) -> GTPT: ...
@overload
def build_model(config: ModelConfig) -> Any: ...
def build_model(config: ModelConfig) -> Any:
    """The network that a config describes: an `nn.Module` with its config as `config`.

    Raises:
        InputError: it is too large to be given memory; `empty_model` gives it none.
    """
    _check_memory(config)
    if not isinstance(config, GTPTConfig):
        return config.build()
    from gtpt_bench.models.gtpt.model import GTPT

    return GTPT(config)


def _check_memory(config: ModelConfig) -> None:
    if not config.counted_only:
        return
    import torch

    if torch.get_default_device().type != "meta":
        raise InputError(
            f"a {config.family} of this size has gigabytes of weights and is only counted, without memory: "
            "`measure --only cost`, counted_only in an audit, empty_model in Python"
        )


def empty_model(config: ModelConfig) -> Any:
    """The same with shapes but without memory, to be counted: the largest peer has gigabytes of weights."""
    import torch

    with torch.device("meta"):
        return build_model(config)


def load_official_weights(
    model: nn.Module,
    source: str | Path | Mapping[str, Tensor],
    *,
    twin: Literal["ema", "online"] = "ema",
) -> None:
    """Fill `model` from its authors' weights, or from those of a model here under our names, strictly.

    Args:
        source: a `.pth` file as released, a `.safetensors` file, or a state dict with the official key names; of
            GTPT also what `torch.save(model.state_dict(), file)` wrote.
        twin: which of the two copies in a GTPT's released file to take; the authors evaluate the EMA copy. Others
            have one.

    Raises:
        WeightsError: unreadable or unsafe file, or keys or shapes that do not fit; says which, and of which family of
            models the keys are where they are another's.
    """
    from gtpt_bench.models.gtpt.official import from_official, is_official
    from gtpt_bench.models.weights import fill_strictly, read_tensors
    from gtpt_bench.models.whose_weights import whose_names

    state, name = (
        (read_tensors(Path(source)), str(source)) if isinstance(source, str | Path) else (source, "the state dict")
    )
    own, is_gtpt = model.state_dict().keys(), isinstance(getattr(model, "config", None), GTPTConfig)
    num_own, num_official = len(own & state.keys()), sum(map(is_official, state)) if is_gtpt else 0
    try:
        released = is_gtpt and num_official >= num_own
        fill_strictly(model, from_official(state, twin=twin, source=name) if released else state, source=name)
    except WeightsError as error:
        if max(num_own, num_official) > 0.8 * len(state):  # of its own kind, but another size or not whole
            raise
        raise WeightsError(f"{error}; {whose_names(state)}") from error
