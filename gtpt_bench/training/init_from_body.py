"""Start from the weights of a body model: what the user says of it. The loading is body_weights.py. Torch-free."""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen


class InitFromBody(Frozen):
    """Weights of a 17-keypoint GTPT that training starts from, where they fit; the rest starts at random.

    Source: spec/ablations.md §3.11, the published WholeBody recipe.
    """

    weights: str = Field(min_length=1)
    """Path of an official `.pth` or `.safetensors` file or of a checkpoint of this project; its EMA copy is taken.
    A relative path begins in the folder that the command runs in."""
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """Digest of the file, checked if given. Only with it does a run's signature name the weights and not the path."""
