"""How scores become a choice. One file a selection; each is a config that can choose."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.blocks.pruning.selection.gumbel_topk import GumbelTopK
from gtpt_bench.models.blocks.pruning.selection.topk import TopK

Selection = Annotated[TopK | GumbelTopK, Field(discriminator="kind"), BY_NAME]

__all__ = ["GumbelTopK", "Selection", "TopK"]
