"""The layers after the split: what groups exchange (exchange.py), whose weights they use (weights.py), and how their
feed-forward net is regularised (config.py)."""

from gtpt_bench.models.gtpt.fine_layers.config import FineLayers

__all__ = ["FineLayers"]
