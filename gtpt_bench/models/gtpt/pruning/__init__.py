"""How many image tokens each layer of a GTPT keeps (config.py); which ones, and what becomes of the others, is the same
for all networks: models/blocks/pruning."""

from gtpt_bench.models.gtpt.pruning.config import Pruning, kept

__all__ = ["Pruning", "kept"]
