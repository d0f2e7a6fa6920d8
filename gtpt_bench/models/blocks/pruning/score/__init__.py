"""What ranks image tokens where some are dropped. One file a score; each is a config that can rank.

A score names itself by `kind`, says what it needs (`needs_human`, `needs_truth`) and gives
`scores(candidates) -> [B, N]`, higher is better. Nothing here has parameters or MACs of its own.
"""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.blocks.pruning.score.attention import AttentionMax, AttentionMean
from gtpt_bench.models.blocks.pruning.score.feature_norm import FeatureNorm
from gtpt_bench.models.blocks.pruning.score.human import HumanOnly
from gtpt_bench.models.blocks.pruning.score.oracle import Oracle
from gtpt_bench.models.blocks.pruning.score.random import Random
from gtpt_bench.models.blocks.pruning.score.softmax_pool import SoftmaxPool

Score = Annotated[
    SoftmaxPool | AttentionMean | AttentionMax | HumanOnly | Random | FeatureNorm | Oracle,
    Field(discriminator="kind"),
    BY_NAME,
]

ScoreWithoutHuman = Annotated[
    SoftmaxPool | AttentionMean | AttentionMax | Random | FeatureNorm | Oracle, Field(discriminator="kind"), BY_NAME
]
"""For networks without a human token."""

__all__ = [
    "AttentionMax",
    "AttentionMean",
    "FeatureNorm",
    "HumanOnly",
    "Oracle",
    "Random",
    "Score",
    "ScoreWithoutHuman",
    "SoftmaxPool",
]
