"""From keypoint tokens to SimCC logits: plain.py (network in models/blocks) and gated.py (network in gated_net.py)."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.gtpt.head.gated import SplitGateHead, TwoHeads
from gtpt_bench.models.gtpt.head.plain import PlainHead

Head = Annotated[PlainHead | SplitGateHead | TwoHeads, Field(discriminator="kind"), BY_NAME]

__all__ = ["Head", "PlainHead", "SplitGateHead", "TwoHeads"]
