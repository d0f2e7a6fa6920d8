"""Keypoint introduction: when which keypoint tokens enter. NAME.py for config and cost, NAME_net.py for tokens."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.models.gtpt.introduction.human_sparse import HumanSparse
from gtpt_bench.models.gtpt.introduction.human_sparse_dense import HumanSparseDense

Introduction = Annotated[HumanSparse | HumanSparseDense, Field(discriminator="kind")]

__all__ = ["HumanSparse", "HumanSparseDense", "Introduction"]
