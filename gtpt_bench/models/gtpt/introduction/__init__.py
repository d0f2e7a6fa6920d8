"""Keypoint introduction: when which keypoint tokens enter. NAME.py for config and cost, NAME_net.py for tokens."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.gtpt.introduction.all_at_start import AllAtStart
from gtpt_bench.models.gtpt.introduction.human_parts_sparse import HumanPartsSparse
from gtpt_bench.models.gtpt.introduction.human_sparse import HumanSparse
from gtpt_bench.models.gtpt.introduction.human_sparse_dense import HumanSparseDense
from gtpt_bench.models.gtpt.introduction.human_sparse_keep_human import HumanSparseKeepHuman
from gtpt_bench.models.gtpt.introduction.sparse_dense import SparseDense

Introduction = Annotated[
    HumanSparse | HumanSparseKeepHuman | HumanPartsSparse | AllAtStart | HumanSparseDense | SparseDense,
    Field(discriminator="kind"),
    BY_NAME,
]

__all__ = [
    "AllAtStart",
    "HumanPartsSparse",
    "HumanSparse",
    "HumanSparseDense",
    "HumanSparseKeepHuman",
    "Introduction",
    "SparseDense",
]
