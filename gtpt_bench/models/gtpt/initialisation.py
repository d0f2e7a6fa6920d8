"""How a GTPT starts from scratch; torch-free, the drawing of numbers is in initialisation_net.py.

Source: spec/gtpt.md §12, spec/ablations.md S1 and S9.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen


class Initialisation(Frozen):
    """The defaults are the authors'. With them all sparse tokens ask nearly the same at first and attention is nearly
    uniform, which long training overcomes; the tiny models, with minutes to learn in, start further apart.
    """

    token_std: float = Field(0.02, gt=0)
    """Standard deviation of the learnable keypoint tokens."""
    query_key_gain: float = Field(1.0, gt=0)
    """Factor on the framework's default weights of queries and keys; logits of attention grow with its square."""
    linear: Literal["default", "trunc_normal"] = "default"
    """Linear layers: the framework's uniform start (as released), or truncated normal 0.02 and zero bias."""
    part_tokens: Literal["random", "joints"] = "random"
    """`joints`: each part token starts as the body token it hangs on: face as nose, hands as wrists, feet as ankles."""
