"""Token pruning: how many image tokens each layer keeps (config.py), which ones (score/, selection/), and what becomes
of the others (dropped/). cut_net.py puts the three together at each place that prunes."""

from gtpt_bench.models.gtpt.pruning.config import Pruning, kept

__all__ = ["Pruning", "kept"]
