"""Tokenizers: image to image tokens. One file a tokenizer for its config and cost, NAME_net.py for its network."""

from typing import Annotated

from pydantic import Field

from gtpt_bench.models.gtpt.tokenizer.pyramid import PyramidTokenizer
from gtpt_bench.models.gtpt.tokenizer.shuffle import ShuffleTokenizer
from gtpt_bench.models.gtpt.tokenizer.u_shuffle import UShuffleTokenizer

Tokenizer = Annotated[ShuffleTokenizer | UShuffleTokenizer | PyramidTokenizer, Field(discriminator="kind")]

__all__ = ["PyramidTokenizer", "ShuffleTokenizer", "Tokenizer", "UShuffleTokenizer"]
