"""Ablation and efficiency benchmarking suite for GTPT (ECCV 2024).

Kept empty on purpose: importing the package must cost nothing, so that the command line starts at once.
"""

__version__ = "0.1.0"
