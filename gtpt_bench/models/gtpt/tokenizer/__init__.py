"""Tokenizers: image to image tokens. One file a tokenizer for its config and cost, NAME_net.py for its network."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.frozen import BY_NAME
from gtpt_bench.models.gtpt.tokenizer.convnext import ConvNextBatchNormTokenizer, ConvNextV2Tokenizer
from gtpt_bench.models.gtpt.tokenizer.hrnet import HRNetTokenizer
from gtpt_bench.models.gtpt.tokenizer.linear import LinearTokenizer
from gtpt_bench.models.gtpt.tokenizer.pyramid import PyramidTokenizer
from gtpt_bench.models.gtpt.tokenizer.resnet import ResNetTokenizer
from gtpt_bench.models.gtpt.tokenizer.shuffle import ShuffleTokenizer
from gtpt_bench.models.gtpt.tokenizer.u_shuffle import UShuffleTokenizer

Tokenizer = Annotated[
    ShuffleTokenizer
    | UShuffleTokenizer
    | ResNetTokenizer
    | HRNetTokenizer
    | ConvNextV2Tokenizer
    | ConvNextBatchNormTokenizer
    | LinearTokenizer
    | PyramidTokenizer,
    Field(discriminator="kind"),
    BY_NAME,
]

__all__ = [
    "ConvNextBatchNormTokenizer",
    "ConvNextV2Tokenizer",
    "HRNetTokenizer",
    "LinearTokenizer",
    "PyramidTokenizer",
    "ResNetTokenizer",
    "ShuffleTokenizer",
    "Tokenizer",
    "UShuffleTokenizer",
]
